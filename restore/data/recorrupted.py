"""Noisy images alone, with noise like their own to add to them: what any noise is learned from."""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from restore.data.cutting import cut
from restore.data.folder import ImageFolder
from restore.data.noise_covariance import NoiseCovariance, gain, measure_covariance, spread
from restore.data.supervision import Example, Supervision, untold
from restore.seeding import seeded_generator

ALPHA = 0.5
"""What part of as much noise again is added to what is shown; the inverse of it is taken from the truth."""

VARIED = 1.25
"""The largest factor between noise in training and as it is measured, in either direction."""

MEASURED = 16
"""Of so many images of a folder the noise is measured to say what it is like."""

SURE = 0.25
"""The share of these whose noise is at most as strong as any is taken to be: what is texture looks like more noise."""


class Likeness(NamedTuple):
    """Noise like that of an image: what that is like, and a square of it."""

    covariance: NoiseCovariance
    noise: Float[Tensor, "3 t t"]

    @classmethod
    def of(cls, image: Float[Tensor, "3 h w"], generator: torch.Generator, most: float = math.inf) -> "Likeness | None":
        """Measure the noise of an image and draw some like it; `None` where it cannot be measured.

        Args:
            image: RGB in [0, 1].
            generator: Draws on the CPU.
            most: The standard deviation, in [0, 1] units, that the noise has at most.
        """
        covariance = measure_covariance(image)
        if covariance is None:
            return None
        covariance = covariance.at_most(most)
        return cls(covariance, covariance.draw(generator))


class WithNoise(ImageFolder):
    """Images of eight channels, as of `with_noise`: below a noisy image noise like its own, so that both turn alike.

    An image whose noise cannot be measured has none below it, and teaches nothing: what is shown is the truth. Where
    all of an image has texture, that would count as noise: so none is stronger than in the quietest quarter of the
    folder. Noise that is too weak makes a judge who asks for more; what is too strong, one who is too easily pleased.
    `ImageFolder` has the rest.

    Args:
        folder: Of noisy images, as of one device at one sensitivity.
        names: Of those that count; all, unless said otherwise.
        most: The standard deviation, in [0, 1] units, that noise has at most; measured if not given.
    """

    def __init__(self, folder: str | Path, names: Sequence[str] | None = None, most: float | None = None) -> None:
        super().__init__(folder, names)
        self._likeness: dict[str, Likeness | None] = {}
        self._most = most

    @property
    def most(self) -> float:
        """The standard deviation, in [0, 1] units, that noise has at most."""
        if self._most is None:
            levels = [covariance.sigma for covariance in measured(ImageFolder(self.folder, self.names))]
            self._most = float(torch.tensor(levels).quantile(SURE)) if levels else math.inf
        return self._most

    def only(self, names: Sequence[str]) -> "WithNoise":
        """The same folder with these of its images alone."""
        return WithNoise(self.folder, names, self.most)

    def read(self, name: str) -> Float[Tensor, "8 h w"]:
        """Read an image, and noise like its own, which is always the same.

        Raises:
            ImageFileError: It cannot be read.
        """
        image = super().read(name)
        if name not in self._likeness:
            self._likeness[name] = Likeness.of(image, seeded_generator("noise", name), self.most)
        return with_noise(image, self._likeness[name])


def with_noise(image: Float[Tensor, "3 h w"], like: Likeness | None) -> Float[Tensor, "8 h w"]:
    """An image, noise like its own below it, and below that its variance in black and how much that grows up to white.

    Noise of mean level, that is; what it is at each pixel, `shaped` tells.
    """
    height, width = image.shape[-2:]
    if like is None:
        return torch.cat([image, image.new_zeros(5, height, width)])
    constant, slope = (
        image.new_full((1, height, width), value) for value in (like.covariance.constant, like.covariance.slope)
    )
    return torch.cat([image, spread(like.noise, height, width), constant, slope])


def shaped(images: Float[Tensor, "n 8 h w"], brightness: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """The noise of images as `with_noise` gives them, as strong as it is where a picture is so bright."""
    noise, constant, slope = images[:, 3:6], images[:, 6:7], images[:, 7:8]
    return noise * gain(brightness, constant, slope)


class Recorrupted(Supervision):
    """Noise like its own is added to an image that is shown, and other noise like it to the truth.

    Recorrupted-to-Recorrupted (Pang et al. 2021, DOI 10.1109/CVPR46437.2021.00208): of Gaussian noise `n` and noise
    `z` like it, `n + a z` and `n - z / a` have nothing in common, so that the second image teaches as much as another
    shot in `Paired`. As neighbours share `z` as they share `n`, that holds for noise with a grain as well. Where `z` is
    weaker than `n`, less is removed than could be.

    Args:
        alpha: How much is added to what is shown, more than 0; the inverse of it is taken from the truth.
    """

    has_likeness = True

    def __init__(self, alpha: float = ALPHA) -> None:
        self.alpha = alpha

    def __call__(
        self,
        images: Float[Tensor, "n 8 h w"],
        generator: torch.Generator,  # noqa: ARG002 (nothing is drawn)
    ) -> Example:
        """Add the noise that comes with the images."""
        noisy = images[:, :3]
        noise = shaped(images, noisy)
        return Example(noisy - noise / self.alpha, untold(noisy + self.alpha * noise))

    def target_noise(self, example: Example) -> Float[Tensor, " n"]:
        """That of the image, and of what was added to it."""
        noise = (example.observation.degraded - example.image) / (self.alpha + 1 / self.alpha)
        return noise.square().mean((1, 2, 3)) * (1 + self.alpha**-2)


class NoiseTransfer(Supervision):
    """Clean images of another kind get noise like that of noisy images, which `Recorrupted` judges what comes of it by.

    What is learned from recorrupted images hardly rises above their noise in some hundred steps; from clean ones of
    any kind, it does at once.

    Args:
        clean: Clean images `(3, h, w)`, RGB in [0, 1], such as `restore.synthetic.Leaves`.
        varied: By what factor, at least 1, noise is stronger or weaker than it is in the noisy images at most.
    """

    has_likeness = True

    def __init__(self, clean: Dataset, varied: float = VARIED) -> None:
        self.clean = clean
        self.varied = varied

    @property
    def judge(self) -> Supervision:
        """Noisy images themselves."""
        return Recorrupted()

    def __call__(self, images: Float[Tensor, "n 8 h w"], generator: torch.Generator) -> Example:
        """Draw a clean image for each noisy one, and give it its noise; what leaves [0, 1] is cut off, as in files."""
        n, size = len(images), images.shape[-1]
        picks = torch.randint(len(self.clean), (n,), generator=generator, device=generator.device)  # type: ignore[arg-type]  # torch's Dataset does not declare its length
        clean = torch.stack([cut(self.clean[pick], 0, 0, size) for pick in picks.tolist()]).to(images)
        change = 2 * torch.rand((n, 1, 1, 1), generator=generator, device=generator.device).to(images) - 1
        noise = shaped(images, clean) * (change * math.log(self.varied)).exp()
        return Example(clean, untold((clean + noise).clamp(0, 1)))


def measured(images: Dataset[Tensor]) -> list[NoiseCovariance]:
    """What the noise of a few images is like, evenly spread over all; those of which it cannot be told are left out."""
    n = len(images)  # type: ignore[arg-type]  # torch's Dataset does not declare its length
    few = sorted({i * n // min(n, MEASURED) for i in range(min(n, MEASURED))})
    return [covariance for i in few if (covariance := measure_covariance(images[i][:3])) is not None]


def typical_end(covariances: Sequence[NoiseCovariance]) -> int:
    """From how many pixels on neighbours share no noise, as in most of some images: 1 for white noise."""
    return int(median(covariance.ends for covariance in covariances))
