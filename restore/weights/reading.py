"""Safetensors files of weights, in one piece or in parts, read without PyTorch or for it."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from restore.errors import FileError
from restore.weights import INDEX, weights_path

Framework = Literal["np", "pt"]
"""Whose tensors are read, as safetensors calls them: NumPy's or PyTorch's."""


def read_description(weights: Path | str) -> tuple[Path, Any]:
    """Where weights lie, and what they say of their network, of which nothing is checked; no tensor is read.

    Args:
        weights: `default` for those that come with the package, or a safetensors file; for weights in parts, their
            index, or the name of the whole.

    Raises:
        FileError: There is no such file, or it does not say what network it is of.
    """
    path = weights_path(weights)
    if not path.is_file():
        raise FileError(path, "no such weights file")
    metadata = _read_index(path)[0] if path.name.endswith(INDEX) else _read_file(path, "np", [])[0]
    try:
        return path, json.loads(metadata["network"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise FileError(path, "does not say what network its weights belong to") from error


def read_weights(weights: Path | str, framework: Framework) -> tuple[Path, Any, dict[str, Any]]:
    """The same, and the tensors as they are.

    Args:
        weights: As for `read_description`.
        framework: Whose tensors.

    Raises:
        FileError: There is no such file, or it does not say what network it is of, or a part of it is missing.
    """
    path, description = read_description(weights)
    tensors = read_tensors(path, framework)
    # Called so until confidence in pixels was told from the precision of numbers; the default weights are from before.
    return path, description, {name.replace("precision_embed", "confidence_embed"): x for name, x in tensors.items()}


def read_tensors(path: Path, framework: Framework) -> dict[str, Any]:
    """Read the tensors of a file, or, given an index, of its parts.

    Raises:
        FileError: A file is missing or cannot be read, or the parts are not what the index lists.
    """
    if not path.name.endswith(INDEX):
        return _read_file(path, framework)[1]
    _, wanted = _read_index(path)
    tensors: dict[str, Any] = {}
    for part in sorted(set(wanted.values())):
        if not part.is_file():
            raise FileError(path, f"its part {part.name} is missing")
        tensors |= _read_file(part, framework)[1]
    if tensors.keys() != wanted.keys():
        raise FileError(path, "its parts do not hold the tensors that it lists")
    return tensors


def _read_index(path: Path) -> tuple[dict[str, Any], dict[str, Path]]:
    """The metadata of weights in parts, and the part that each tensor is in."""
    try:
        index = json.loads(path.read_bytes())
        metadata, wanted = dict(index["metadata"]), dict(index["weight_map"])
        # Parts lie beside their index, wherever its names lead.
        return metadata, {name: path.with_name(Path(part).name) for name, part in wanted.items()}
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise FileError(path, "not an index of weights in parts") from error


def _read_file(
    path: Path, framework: Framework, names: Collection[str] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        with safe_open(path, framework=framework) as file:
            names = file.keys() if names is None else names
            return file.metadata() or {}, {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, TypeError) as error:  # the last: a type of numbers that NumPy has not
        hint = "; a training checkpoint becomes one with `restore export`" if path.suffix == ".ckpt" else ""
        raise FileError(path, f"not a safetensors file of weights{hint}") from error
