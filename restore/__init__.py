"""Restoration of damaged images: fill what is missing, clean what is noisy."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restore.inference.restorer import Restorer
    from restore.observation import Observation

__all__ = ["Observation", "Restorer"]


def __getattr__(name: str) -> Any:
    """Import what users need when it is asked for: PyTorch takes seconds, and `restore --help` can do without."""
    if name == "Restorer":
        from restore.inference.restorer import Restorer

        return Restorer
    if name == "Observation":
        from restore.observation import Observation

        return Observation
    raise AttributeError(f"module 'restore' has no attribute {name!r}")
