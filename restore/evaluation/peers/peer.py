"""What a peer is: a method of others that says what it needs and what it can treat."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.util import find_spec
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from restore.evaluation.noise import ESTIMATOR, estimated, noise_level, noisy
from restore.fill import push_pull_fill
from restore.observation import Observation


class Peer(ABC):
    """A method to compare with: a function of the observations that it can treat, and adapts to itself.

    What it returns may leave [0, 1] and differ from what is known: `restore.evaluation.methods.restored_by` sees to it.

    Attributes:
        name: Unique among the peers.
        needs: The modules of others that it imports, each with the line that installs it.
    """

    name: str
    needs: ClassVar[Mapping[str, str]] = {}

    def unavailable(self) -> str | None:
        """Why it cannot be used here and what to install, in one line; None if it can be used.

        Nothing is imported, so that asking costs nothing.
        """
        for module, install in self.needs.items():
            if find_spec(module) is None:
                return f"{self.name} needs {module}, which is not installed here: {install}"
        return None

    @abstractmethod
    def treats(self, observation: Observation) -> bool:
        """Whether it can do anything about an observation."""

    @abstractmethod
    def __call__(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Restore an observation that it can treat."""


class Fill(Peer):
    """Fills holes where all the rest is known; what a hole holds does not matter."""

    def treats(self, observation: Observation) -> bool:
        """Whether there are holes, and nothing else."""
        return bool(observation.hole.any()) and not bool(noisy(observation).any())

    def __call__(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Fill each image of the batch."""
        degraded = torch.where(observation.hole, 0, observation.degraded)
        pairs = zip(degraded, observation.hole[:, 0].numpy(), strict=True)
        return torch.stack([_image(self.fill(_pixels(image), hole)) for image, hole in pairs])

    @abstractmethod
    def fill(self, degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
        """Fill the hole of an RGB image in [0, 1], which is black in it."""


class SigmaMapDenoiser(Peer):
    """Removes noise, knowing the sigma of every pixel: as it is told, or else by an estimate of its own.

    Args:
        scale: What sigma is multiplied by, more than 0. Estimates look at what neighbours differ by, which is less than
            the noise where they share it.
    """

    needs = ESTIMATOR

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        if scale != 1:
            self.name = f"{self.name}:{scale:g}"

    def scaled(self, scale: float) -> "SigmaMapDenoiser":
        """The same method with another scale."""
        return type(self)(scale)

    def treats(self, observation: Observation) -> bool:
        """Whether there is noise."""
        return bool(noisy(observation).any())

    def __call__(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Remove noise."""
        told = self.told(observation)
        return self.remove(Observation(told.degraded, told.sigma * self.scale))

    def told(self, observation: Observation) -> Observation:
        """The same with an estimate of each sigma that nobody knows."""
        return estimated(observation)

    @abstractmethod
    def remove(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Remove the noise of an observation whose sigmas are all known."""


class Denoiser(SigmaMapDenoiser):
    """Removes noise of one known level: the root mean square of the sigmas, where there is noise.

    Holes are filled smoothly before, for it knows of none.
    """

    def remove(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Remove the noise of each image of the batch."""
        filled = push_pull_fill(observation.degraded, observation.hole)
        pairs = zip(filled, noise_level(observation).flatten().tolist(), strict=True)
        return torch.stack([_image(self.denoise(_pixels(image), sigma)) if sigma else image for image, sigma in pairs])

    @abstractmethod
    def denoise(self, degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
        """Remove noise of a sigma above 0, in [0, 1] units, from RGB that may leave [0, 1]."""


def _pixels(image: Float[Tensor, "3 h w"]) -> Float[ndarray, "h w 3"]:
    return np.ascontiguousarray(image.permute(1, 2, 0).numpy())


def _image(pixels: Float[ndarray, "h w 3"]) -> Float[Tensor, "3 h w"]:
    return torch.from_numpy(np.ascontiguousarray(pixels, np.float32)).permute(2, 0, 1)
