"""What other images of a set tell of a hole: found in any pose, laid over the image, and trusted as far as they fit."""

from restore.inference.alike.batch import fill_all_alike
from restore.inference.alike.expected import Alike, fill_alike

__all__ = ["Alike", "fill_alike", "fill_all_alike"]
