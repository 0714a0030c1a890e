"""Data: folders of images and their augmentation.

The batches that training sees are made by `restore.data.module`, which imports Lightning and so takes seconds.
"""

from restore.data.augmentation import Augmentation
from restore.data.folder import ImageFolder

__all__ = ["Augmentation", "ImageFolder"]
