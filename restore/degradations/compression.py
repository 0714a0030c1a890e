"""Damage by lossy compression."""

import torch
from jaxtyping import Float
from kornia.enhance import jpeg_codec_differentiable
from torch import Tensor

from restore.degradations.degradation import Degradation
from restore.degradations.interval import Interval
from restore.fill import push_pull_fill
from restore.observation import Observation


class JpegCompression(Degradation[Tensor]):
    """What a JPEG file of the image would hold: quantised 8 x 8 blocks, halved chroma, 8 bits, clipped to [0, 1].

    The error is no white noise, but one number for each image tells its level: the root mean square error over the
    visible pixels joins sigma in quadrature. Holes are filled smoothly before they are compressed, so that neither what
    they hid nor a hard edge of theirs rings into the pixels beside them.

    The codec approximates rounding by a polynomial (Reich et al., "Differentiable JPEG: the devil is in the details",
    2024, arXiv 2309.06978), and its errors are about 8 % smaller than those of libjpeg at the same quality.

    Args:
        quality_min: Smallest quality, 1..100 as libjpeg counts it.
        quality_max: Largest quality.

    Raises:
        UserError: If the range is empty or leaves 1..100.
    """

    def __init__(self, quality_min: float, quality_max: float) -> None:
        self.quality = Interval("quality", quality_min, quality_max, floor=1.0, ceiling=100.0)

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Float[Tensor, " n"]:  # noqa: ARG002
        """Draw the quality of each image."""
        return self.quality.draw((n,), generator)

    def degrade(self, observation: Observation, parameters: Float[Tensor, " n"]) -> Observation:
        """Compress and decompress each image at its own quality."""
        hole = observation.hole
        filled = push_pull_fill(observation.degraded, hole)
        decoded = self.compress(filled.clamp(0, 1), parameters.to(filled))
        error = torch.where(hole, 0, decoded - filled).square().mean(1, keepdim=True).sum((2, 3), keepdim=True)
        rms = (error / (~hole).sum((2, 3), keepdim=True).clamp_min(1)).sqrt()
        return Observation(
            torch.where(hole, 0, decoded), torch.where(hole, torch.inf, torch.hypot(observation.sigma, rms))
        )

    def compress(self, image: Float[Tensor, "n 3 h w"], quality: Float[Tensor, " n"]) -> Float[Tensor, "n 3 h w"]:
        """What comes back of images in [0, 1], as multiples of 1 / 255."""
        # The codec pads to multiples of 16 by repeating the border, as JPEG encoders do, and crops again.
        decoded = jpeg_codec_differentiable(image, quality)
        return (decoded.clamp(0, 1) * 255).round() / 255
