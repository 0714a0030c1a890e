"""How a synthetic scene becomes a photograph: light, depth of field and exposure."""

import numpy as np
import torch
from jaxtyping import Float
from kornia.filters import gaussian_blur2d
from torch import Tensor
from torch.nn import functional

from restore.data.colours import squash


def draw_shadows(rng: np.random.Generator, nearness: Float[Tensor, "1 1 h w"]) -> Float[Tensor, "1 1 h w"]:
    """Darken what lies on one side of something nearer: soft shadows, from ranks in depth alone.

    Args:
        rng: The source of randomness.
        nearness: Rank of the leaf in front, 0 the farthest, 1 the nearest.

    Returns:
        A factor for the light of each pixel, in (0, 1].
    """
    height, width = nearness.shape[-2:]
    reach = 6
    x, y = rng.integers(0, 2 * reach + 1, 2)
    moved = functional.pad(nearness, (reach, reach, reach, reach), mode="replicate")[..., y : y + height, x : x + width]
    above = blur(moved, rng.uniform(1, 4)) - nearness
    return torch.exp(-rng.exponential(1.0) * above.clamp_min(0))


def add_near_layer(
    rng: np.random.Generator,
    image: Float[Tensor, "1 3 h w"],
    near: Float[Tensor, "1 3 h w"],
    alpha: Float[Tensor, "1 1 h w"],
) -> Float[Tensor, "1 3 h w"]:
    """Lay leaves of another distance over an image; the lens is focused on one of the two.

    Args:
        rng: The source of randomness.
        image: What is far.
        near: RGB of what is near.
        alpha: Where something near is, in [0, 1].
    """
    defocus = rng.exponential(1.5)
    layer = torch.cat([near * alpha, alpha], 1)
    if rng.random() < 0.4:
        image = blur(image, defocus)
    else:
        layer = blur(layer, defocus)
    return layer[:, :3] + (1 - layer[:, 3:]) * image


def blur(image: Float[Tensor, "1 c h w"], sigma: float) -> Float[Tensor, "1 c h w"]:
    """Blur with a Gaussian, as a lens out of focus does.

    Args:
        image: Any channels.
        sigma: Standard deviation, in pixels.
    """
    sigma = max(sigma, 0.2)
    side = 2 * int(3 * sigma + 0.5) + 1
    return gaussian_blur2d(image, (side, side), (sigma, sigma), border_type="replicate")


def expose(rng: np.random.Generator, image: Float[Tensor, "1 3 h w"]) -> Float[Tensor, "1 3 h w"]:
    """Bring brightness and contrast to what cameras aim for: a standard deviation of luminance around 0.2.

    Args:
        rng: The source of randomness.
        image: Light, in any units.

    Returns:
        RGB in [0, 1].
    """
    gain = min(0.24 * rng.lognormal(0, 0.3) / (float(image.mean(1).std()) + 1e-3), 4)
    mean = image.mean((2, 3), keepdim=True)
    cast = mean - mean.mean()
    return squash(rng.normal(0.46, 0.15) + cast + gain * (image - mean))
