"""Images without end: worlds drawn by a seed, and a file that keeps what was drawn."""

from restore.synthetic.graphics import Graphics
from restore.synthetic.leaves import Leaves
from restore.synthetic.on_disk import OnDisk
from restore.synthetic.parts import Parts
from restore.synthetic.tilings import Tilings

__all__ = ["Graphics", "Leaves", "OnDisk", "Parts", "Tilings"]
