"""What a network is shown and what its prediction is compared with: damaged clean images, or noise as it came."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from restore.degradations.degradation import Degradation
from restore.errors import UserError
from restore.observation import Observation


class Example(NamedTuple):
    """What a network is shown, and what its prediction is compared with.

    Args:
        image: RGB in [0, 1]; it may be noisy itself.
        observation: Of the same scene. Its sigma is NaN where nobody knows how strong the noise is.
    """

    image: Float[Tensor, "n 3 h w"]
    observation: Observation


class Supervision(ABC):
    """Makes examples of images, batched, on their device.

    Args:
        is_exact: Whether the images hold noise that has to stay as it came: neither interpolated nor varied in light.
        has_likeness: Whether images come with noise like their own (`restore.data.recorrupted.WithNoise`).
    """

    is_exact: bool = True
    has_likeness: bool = False

    @abstractmethod
    def __call__(self, images: Float[Tensor, "n c h w"], generator: torch.Generator) -> Example:
        """Make one example of each image."""

    @property
    def judge(self) -> "Supervision":
        """What examples to judge by are made with."""
        return self

    def target_noise(self, example: Example) -> Float[Tensor, " n"]:
        """Estimate the variance of the noise in what a prediction is compared with, in [0, 1] units, squared.

        So much of the mean squared error is no fault of a network's.
        """
        return example.image.new_zeros(len(example.image))


class Damaged(Supervision):
    """Clean images are damaged, and are themselves the truth.

    Args:
        degradation: The damage.
    """

    is_exact = False

    def __init__(self, degradation: Degradation) -> None:
        self.degradation = degradation

    def __call__(self, images: Float[Tensor, "n 3 h w"], generator: torch.Generator) -> Example:
        """Damage the images."""
        return Example(images, self.degradation(images, generator))


class Paired(Supervision):
    """One image of each pair is shown, the other is the truth: a clean one, or one whose noise is another.

    Noise that has nothing to do with what a network sees moves no mean, so that networks learn from noisy targets what
    they would learn from clean ones (Noise2Noise, Lehtinen et al. 2018, arXiv 1803.04189).

    Args:
        misjudged: By what factor, at least 1, the level of the noise that a network is told is too high or too low at
            most; it is the root mean square of the difference between the two. Without, nobody knows the level.
        are_shots: Whether both images of a pair are equally noisy.

    Raises:
        UserError: The factor is less than 1.
    """

    def __init__(self, misjudged: float | None = None, are_shots: bool = False) -> None:
        if misjudged is not None and not misjudged >= 1:
            raise UserError(f"a level is misjudged by a factor of at least 1, not {misjudged}")
        self.misjudged = misjudged
        self.are_shots = are_shots

    def __call__(self, images: Float[Tensor, "n 6 h w"], generator: torch.Generator) -> Example:
        """Part the pairs."""
        noisy, other = images[:, :3], images[:, 3:]
        if self.misjudged is None:
            return Example(other, untold(noisy))
        level = (noisy - other).square().mean((1, 2, 3), keepdim=True).sqrt()
        wrong = 2 * torch.rand(level.shape, generator=generator, device=generator.device).to(level) - 1
        level = level * (wrong * math.log(self.misjudged)).exp()
        return Example(other, Observation(noisy, level.expand_as(noisy[:, :1])))

    def target_noise(self, example: Example) -> Float[Tensor, " n"]:
        """None of a clean image; half of what two shots differ by."""
        difference = (example.image - example.observation.degraded).square().mean((1, 2, 3))
        return difference / 2 if self.are_shots else torch.zeros_like(difference)


def untold(noisy: Float[Tensor, "n 3 h w"]) -> Observation:
    """An observation of noisy images, all of which are seen, but how strong the noise is nobody knows."""
    return Observation(noisy, torch.full_like(noisy[:, :1], torch.nan))
