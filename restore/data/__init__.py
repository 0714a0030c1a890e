"""Data: folders of images, generated images and their augmentation.

The batches that training sees are made by `restore.data.module`, which imports Lightning and so takes seconds.
"""

from restore.data.augmentation import Augmentation
from restore.data.folder import ImageFolder
from restore.data.ingredients import Ingredients
from restore.data.leaves import Leaves
from restore.data.objects import Objects
from restore.data.on_disk import OnDisk

__all__ = ["Augmentation", "ImageFolder", "Ingredients", "Leaves", "Objects", "OnDisk"]
