"""Plain values: as JSON that every reader takes, and nested settings as one level."""

import json
import math
from collections.abc import Mapping
from typing import Any


def as_json(values: Mapping[str, Any]) -> bytes:
    """JSON knows neither NaN nor infinity: null stands for both.

    Raises:
        TypeError: There is something else than plain values.
    """
    return (json.dumps(_finite(values), indent=1, allow_nan=False) + "\n").encode()


def _finite(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {key: _finite(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_finite(inner) for inner in value]
    return value


def flat(settings: Any, key: str = "") -> dict[str, Any]:
    """Nested settings as one level, with dots between the names; the entries of lists are numbered.

    Args:
        settings: Dictionaries and lists of plain values; empty ones are values.
        key: What stands before every name.
    """
    if isinstance(settings, list):
        settings = {str(i): value for i, value in enumerate(settings)}
    if not isinstance(settings, dict) or not settings:
        return {key: settings}
    return {
        name: value
        for part, values in settings.items()
        for name, value in flat(values, f"{key}.{part}" if key else str(part)).items()
    }
