"""Data: folders of images, their augmentation, and what networks learn from them.

The batches that training sees are made by `restore.data.module`, which imports Lightning and so takes seconds.
"""

from restore.data.augmentation import Augmentation
from restore.data.folder import ImageFolder
from restore.data.recorrupted import NoiseTransfer, Recorrupted
from restore.data.supervision import Damaged, Paired, Supervision

__all__ = ["Augmentation", "Damaged", "ImageFolder", "NoiseTransfer", "Paired", "Recorrupted", "Supervision"]
