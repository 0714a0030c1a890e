"""Noise that neighbours share, by a network that knows only white noise: pixels that lie apart, worked on apart."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from restore.observation import Observation, mirrored

LEFT = 0.5
"""The sigma that is told where the sub-images have been put together again, as a multiple of the first."""


def restore_in_sub_images(
    restore: Callable[[Observation], Float[Tensor, "n 3 h w"]], observation: Observation, stride: int
) -> Float[Tensor, "n 3 h w"]:
    """Restore the images of every so manieth pixel apart, put them together, and restore once more, lightly.

    In such a sub-image the noise of neighbours is independent again (Zhou et al. 2019, "When AWGN-based denoiser meets
    real noises", arXiv 1904.03485). Beside each other they form a checkerboard, which the second pass removes.

    Args:
        restore: As `Restorer.restore`.
        observation: What to restore.
        stride: The distance in pixels at which the correlation of the noise has ended; 1 for a single pass.
    """
    height, width = observation.sigma.shape[-2:]
    if stride == 1 or min(height, width) < 2 * stride:
        return restore(observation)
    rows, columns = (mirrored(0, size + -size % stride, size) for size in (height, width))
    both = observation.degraded, observation.sigma
    parts = Observation(*(_apart(x[..., rows, :][..., columns], stride) for x in both))
    if parts.hole.flatten(1).all(1).any():  # of which nothing is seen
        return restore(observation)
    together = functional.pixel_shuffle(_joined(restore(parts), stride), stride)[..., :height, :width]
    return restore(Observation(together, observation.sigma * LEFT))


def _apart(x: Float[Tensor, "n c h w"], stride: int) -> Float[Tensor, "parts c hh ww"]:
    """Every so manieth pixel, as images of their own."""
    n, c = x.shape[:2]
    shuffled = functional.pixel_unshuffle(x, stride)
    return shuffled.view(n, c, stride**2, *shuffled.shape[-2:]).transpose(1, 2).reshape(-1, c, *shuffled.shape[-2:])


def _joined(parts: Float[Tensor, "parts c hh ww"], stride: int) -> Float[Tensor, "n channels hh ww"]:
    """Back from `_apart`, as channels to be shuffled."""
    _, c, height, width = parts.shape
    return parts.view(-1, stride**2, c, height, width).transpose(1, 2).reshape(-1, c * stride**2, height, width)
