"""Squares of one size, cut from images of any size."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from restore.data.cutting import cut
from restore.data.supervision import Supervision
from restore.seeding import seeded_generator


class Crop(NamedTuple):
    """One square of an image or, collated, a batch of them.

    Args:
        image: RGB in [0, 1]; of a pair, one below the other.
        key: What the data set was asked for, which says the image and the epoch.
    """

    image: Float[Tensor, "*n c h w"]
    key: Int[Tensor, "*n"]


class DamagedCrop(NamedTuple):
    """One square of an image with its damage or, collated, a batch of them.

    Args:
        image: What it is compared with, RGB in [0, 1].
        degraded: The pixels as observed.
        sigma: Standard deviation of the noise of each pixel, `inf` in holes, NaN where nobody knows it.
        key: Its place in the data set.
    """

    image: Float[Tensor, "*n 3 h w"]
    degraded: Float[Tensor, "*n 3 h w"]
    sigma: Float[Tensor, "*n 1 h w"]
    key: Int[Tensor, "*n"]


class Crops(Dataset[Crop]):
    """A square from each image, at a place that follows from the seed, the epoch and the index.

    The epoch is part of the key, since a worker process that lives through several epochs is told nothing but keys:
    key `index + epoch * len(crops)` is image `index` as cut in that epoch. So the crops are the same for every number
    of workers, and after a resume. Images smaller than the square go on as their own reflection.

    Args:
        images: `(c, h, w)`, in [0, 1], of any sizes.
        size: Side of the squares, in pixels.
        seed: Seed of the places.
        centred: Whether to cut from the middle of each image instead of anywhere.
    """

    def __init__(self, images: Dataset[Tensor], size: int, seed: int = 0, centred: bool = False) -> None:
        self.images = images
        self.size = size
        self.seed = seed
        self.centred = centred

    def __len__(self) -> int:
        return len(self.images)  # type: ignore[arg-type]  # torch's Dataset does not declare its length

    def __getitem__(self, key: int) -> Crop:
        epoch, index = divmod(key, len(self))
        image = self.images[index]
        spare = torch.tensor(image.shape[1:]) - self.size
        place = torch.full((2,), 0.5)
        if not self.centred:
            place = torch.rand(2, generator=seeded_generator("crop", self.seed, epoch, index))
        # Whole numbers from 0 to `spare`, both included; `spare` is negative where the image is smaller.
        top, left = (place * (spare.abs() + 1)).long().mul(spare.sign()).tolist()
        return Crop(cut(image, top, left, self.size), torch.tensor(key))


class DamagedCrops(Dataset[DamagedCrop]):
    """Crops whose damage follows from the seed and the index alone: for validation and test.

    Args:
        crops: What to damage.
        supervision: What is shown of them, drawn and done on the CPU, one image at a time.
        seed: Seed of the damage.
        draws: How often each crop comes, all of them first once, then once more, always with other damage.
    """

    def __init__(self, crops: Crops, supervision: Supervision, seed: int = 0, draws: int = 1) -> None:
        self.crops = crops
        self.supervision = supervision
        self.seed = seed
        self.draws = draws

    def __len__(self) -> int:
        return self.draws * len(self.crops)

    def __getitem__(self, index: int) -> DamagedCrop:
        crop = self.crops[index % len(self.crops)]
        image, observation = self.supervision(crop.image[None], seeded_generator("damage", self.seed, index))
        return DamagedCrop(image[0], observation.degraded[0], observation.sigma[0], torch.tensor(index))
