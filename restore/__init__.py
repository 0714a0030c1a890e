"""Restoration of damaged images: fill what is missing, clean what is noisy."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restore.inference.observed import Observed
    from restore.inference.restorer import Restorer
    from restore.observation import Observation

__all__ = ["Observation", "Observed", "Restorer"]


def __getattr__(name: str) -> Any:
    """Import what users need when it is asked for: what it needs takes time; only `Observation` needs PyTorch."""
    if name == "Restorer":
        from restore.inference.restorer import Restorer

        return Restorer
    if name == "Observed":
        from restore.inference.observed import Observed

        return Observed
    if name == "Observation":
        from restore.observation import Observation

        return Observation
    raise AttributeError(f"module 'restore' has no attribute {name!r}")
