"""Configs of trainings: those that come with the package are known by their names, others by their paths."""

from pathlib import Path

from restore.errors import FileError, UserError

_INSTALLED = Path(__file__).with_name("configs")
FOLDER = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parents[1] / "configs"
"""Where they are: in an installed package within it, in a checkout beside it."""

BASE = FOLDER / "base.yaml"
"""What all trainings share: read before any config, which replaces what it says otherwise."""

SWEEP = FOLDER / "sweep.yaml"
"""A search of W&B's over settings."""


def config_names() -> list[str]:
    """The names of the trainings that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml") if path not in (BASE, SWEEP))


def find_config(config: str, beside: Path = Path()) -> Path:
    """The file of a config.

    Args:
        config: A name, such as `inpaint`, or a path.
        beside: The folder that a path is relative to.

    Raises:
        UserError: There is no such config.
    """
    if config in config_names():
        return FOLDER / f"{config}.yaml"
    path = beside / config
    if path.is_file():
        try:
            path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FileError(path, "not a config, which is a YAML file") from error
        return path
    if Path(config).suffix or Path(config).name != config:
        raise FileError(path, "no such config")
    raise UserError(f"no config is called {config!r}; there are {', '.join(config_names())}, or give a file")
