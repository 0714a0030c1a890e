"""Data: folders of images, generated images, their augmentation, and the batches that training sees."""

from restore.data.augmentation import Augmentation
from restore.data.drawn import Drawn
from restore.data.folder import ImageFolder
from restore.data.ingredients import Ingredients
from restore.data.leaves import Leaves
from restore.data.module import Batch, RestorationData
from restore.data.objects import Objects

__all__ = ["Augmentation", "Batch", "Drawn", "ImageFolder", "Ingredients", "Leaves", "Objects", "RestorationData"]
