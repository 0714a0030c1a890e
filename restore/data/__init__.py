"""Data: folders of images, generated images, their augmentation, and the batches that training sees."""

from restore.data.augmentation import Augmentation
from restore.data.folder import ImageFolder
from restore.data.leaves import Leaves
from restore.data.memory import InMemory
from restore.data.module import Batch, RestorationData

__all__ = ["Augmentation", "Batch", "ImageFolder", "InMemory", "Leaves", "RestorationData"]
