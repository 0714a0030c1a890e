"""Plain values: as JSON that every reader takes, nested settings as one level, a time in words."""

import json
import math
import os
from collections.abc import Iterable, Mapping
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


def shown(text: str) -> str:
    """A text with names of files that are no UTF-8, as any encoding can hold it."""
    return os.fsencode(text).decode("utf-8", "replace")


def flat(settings: Any, key: str = "") -> dict[str, Any]:
    """Nested settings as one level, with dots between the names; the entries of lists are numbered.

    Args:
        settings: Dictionaries and lists of plain values; empty ones are values.
        key: What stands before every name.
    """
    parts: Iterable[tuple[Any, Any]]
    match settings:
        case dict() if settings:
            parts = settings.items()
        case list() if settings:
            parts = enumerate(settings)
        case _:
            return {key: settings} if key else {}
    found: dict[str, Any] = {}
    for part, value in parts:
        found |= flat(value, f"{key}.{part}" if key else str(part))
    return found


def duration(seconds: float) -> str:
    """In seconds, in minutes, or in hours where it is many."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
