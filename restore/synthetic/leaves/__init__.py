"""The world of dead leaves: opaque shapes of all sizes that hide one another."""

from restore.synthetic.leaves.dataset import Leaves
from restore.synthetic.leaves.ingredients import Ingredients

__all__ = ["Ingredients", "Leaves"]
