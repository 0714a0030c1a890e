"""The weights that come with the package, which files weights are made of, and how these and graphs are read."""

import json
from importlib.resources import files
from pathlib import Path

DEFAULT = "default"
"""What those are called that come with the package."""

INDEX = ".index.json"
"""What follows the name of the whole in the name of the file that lists the parts."""


def weights_path(weights: str | Path) -> Path:
    """The file that weights are read from; for weights in parts, their index.

    Args:
        weights: `default` for those that come with the package, or a file.
    """
    path = Path(str(files("restore.weights") / "default.safetensors")) if weights == DEFAULT else Path(weights)
    index = path.with_name(path.name + INDEX)
    return index if index.is_file() and not path.exists() else path


def weight_files(weights: str | Path) -> list[Path]:
    """All files that weights which can be loaded are made of: one, or the index of their parts, and these."""
    path = weights_path(weights)
    if not path.name.endswith(INDEX):
        return [path]
    names = json.loads(path.read_bytes())["weight_map"].values()
    return [path, *sorted({path.with_name(Path(name).name) for name in names})]
