"""How a synthetic scene becomes a photograph: light, depth of field, exposure and the resolution of colour."""

import numpy as np
import torch
from jaxtyping import Float
from kornia.filters import gaussian_blur2d
from torch import Tensor
from torch.nn import functional


def draw_light(rng: np.random.Generator, size: int) -> Float[Tensor, "1 1 size size"]:
    """Light that falls unevenly on the whole scene, as a factor around one."""
    coarse = torch.from_numpy(rng.standard_normal((1, 1, 4, 4), dtype=np.float32))
    return torch.exp(min(rng.exponential(0.1), 0.25) * functional.interpolate(coarse, size=size, mode="bicubic"))


def draw_shadows(
    rng: np.random.Generator, nearness: Float[Tensor, "1 1 h w"], light: float
) -> Float[Tensor, "1 1 h w"]:
    """Darken what lies behind something nearer, on the side away from the light: from ranks in depth alone.

    Args:
        rng: The source of randomness.
        nearness: Rank of the leaf in front, 0 the farthest, 1 the nearest.
        light: Direction that the light comes from, in radians.

    Returns:
        A factor in (0, 1].
    """
    # Shadows are soft: half the resolution is enough.
    ranks = functional.interpolate(nearness, scale_factor=0.5, mode="area")
    height, width = ranks.shape[-2:]
    reach, distance = 4, rng.uniform(0, 4)
    x, y = (reach + round(distance * float(f(light))) for f in (np.cos, np.sin))
    moved = functional.pad(ranks, (reach, reach, reach, reach), mode="replicate")[..., y : y + height, x : x + width]
    shade = functional.interpolate(blur(moved, rng.uniform(0.5, 2)), size=nearness.shape[-2:], mode="bilinear")
    return torch.exp(-rng.exponential(1.0) * (shade - nearness).clamp_min(0))


def blur(image: Float[Tensor, "1 c h w"], sigma: float) -> Float[Tensor, "1 c h w"]:
    """Blur with a Gaussian, as a lens out of focus does; by less than a fifth of a pixel, not at all."""
    if sigma < 0.2:
        return image
    side = 2 * int(3 * sigma + 0.5) + 1
    return gaussian_blur2d(image, (side, side), (sigma, sigma), border_type="replicate")


def expose(rng: np.random.Generator, image: Float[Tensor, "1 3 h w"]) -> Float[Tensor, "1 3 h w"]:
    """Bring brightness and contrast to what cameras aim for: a standard deviation of luminance around 0.2."""
    gain = min(0.235 * rng.lognormal(0, 0.3) / (float(image.mean(1).std()) + 1e-3), 2)
    mean = image.mean((2, 3), keepdim=True)
    cast = mean - mean.mean()
    centred = 2 * (rng.normal(0.46, 0.15) + cast + gain * (image - mean)) - 1
    # What is near or beyond the ends of [0, 1] is bent softly into it, the middle left almost as it is.
    return 0.5 + 0.5 * centred / (1 + centred.square().square()).sqrt().sqrt()


def subsample_colour(image: Float[Tensor, "1 3 h w"]) -> Float[Tensor, "1 3 h w"]:
    """Halve the resolution of all but the brightness, as colour filter arrays and JPEG (4:2:0) do."""
    brightness = image.mean(1, keepdim=True)
    colour = functional.avg_pool2d(image - brightness, 2, ceil_mode=True)
    return brightness + functional.interpolate(colour, size=image.shape[-2:], mode="bilinear")
