"""The world of dead leaves: opaque shapes of all sizes that hide one another."""

from restore.synthetic.leaves.dataset import Leaves

__all__ = ["Leaves"]
