"""The level of noise that a user tells of each pixel, in whichever way."""

from typing import Any

import numpy as np
from jaxtyping import Float32

from restore.images.arrays import UserImage
from restore.images.planes import sigma_plane
from restore.inference.noise import Noise, brightness_of
from restore.noise_profile import NoiseProfile


def told_levels(sigma: Any, given: UserImage) -> Float32[np.ndarray, "#n #h #w"]:
    """The level of each pixel, in [0, 1] units.

    Args:
        sigma: A noise profile, the `Noise` of one image or a list of those of a batch, or what
            `restore.images.planes.sigma_plane` takes.
        given: The images.

    Raises:
        UserError: It has another shape than the images, or lies outside [0, 1].
    """
    if isinstance(sigma, NoiseProfile):
        each = zip(given.pixels, given.hidden, strict=True)
        return sigma_plane(np.stack([sigma.sigma(brightness_of(*one)) for one in each]), given.shape)
    noises = [sigma] if isinstance(sigma, Noise) else sigma
    if isinstance(noises, list) and noises and isinstance(noises[0], Noise):
        return sigma_plane(np.stack([noise.sigma for noise in noises]), given.shape)
    return sigma_plane(sigma, given.shape)
