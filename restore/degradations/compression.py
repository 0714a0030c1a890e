"""Damage by lossy compression."""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from kornia.color import rgb_to_ycbcr, ycbcr_to_rgb
from torch import Tensor
from torch.nn import functional

from restore.degradations.degradation import Degradation, with_error
from restore.degradations.interval import Interval
from restore.degradations.level import local_level
from restore.errors import check_share
from restore.fill import push_pull_fill
from restore.observation import Observation

BLOCK = 8
"""Side of the squares that JPEG transforms, px."""

LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMA = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
"""Steps of quantisation at quality 50, of ITU-T T.81, annex K."""


class Compression(NamedTuple):
    """How each image of a batch is compressed.

    Args:
        quality: 1..100, as libjpeg counts it.
        shift: Rows and columns, 0..15, by which the grid of blocks lies further up and to the left than the image.
        halved: Whether colour has half the resolution (4:2:0) rather than all of it (4:4:4).
    """

    quality: Float[Tensor, " n"]
    shift: Int[Tensor, "n 2"]
    halved: Bool[Tensor, " n"]


class JpegCompression(Degradation[Compression]):
    """What a JPEG file of the image would hold: quantised 8 x 8 blocks, halved chroma, 8 bits, clipped to [0, 1].

    The error is no white noise; its root mean square around each pixel joins sigma in quadrature. Holes are filled
    smoothly before they are compressed, so that neither what they hid nor a hard edge of theirs rings into the pixels
    beside them.

    Args:
        quality_min: Smallest quality, 1..100 as libjpeg counts it.
        quality_max: Largest quality.
        shifted: Share of the images whose blocks do not begin at the image's corner, since it was cut out, in [0, 1].
        full_colour: Share of the images whose colour keeps its resolution, in [0, 1].

    Raises:
        UserError: If the range is empty or leaves 1..100, or a share leaves [0, 1].
    """

    def __init__(self, quality_min: float, quality_max: float, shifted: float = 0.0, full_colour: float = 0.0) -> None:
        self.quality = Interval("quality", quality_min, quality_max, floor=1.0, ceiling=100.0)
        check_share(shifted=shifted, full_colour=full_colour)
        self.shifted = shifted
        self.full_colour = full_colour

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Compression:  # noqa: ARG002
        """Draw the quality of each image, and how it is compressed."""
        device = generator.device
        quality = self.quality.draw((n,), generator)
        if not (self.shifted or self.full_colour):  # nothing more to draw
            return Compression(quality, *_aligned(n, device))
        shift = torch.randint(2 * BLOCK, (n, 2), generator=generator, device=device)
        lots = torch.rand((2, n), generator=generator, device=device)
        return Compression(quality, shift * (lots[0] < self.shifted)[:, None], lots[1] >= self.full_colour)

    def degrade(self, observation: Observation, parameters: Compression) -> Observation:
        """Compress and decompress each image in its own way."""
        hole = observation.hole
        filled = push_pull_fill(observation.degraded, hole)
        parameters = Compression(*(p.to(filled.device) for p in parameters))
        decoded = self.compress(filled.clamp(0, 1), parameters)
        return with_error(observation, decoded, local_level(decoded - filled, hole))

    def compress(self, image: Float[Tensor, "n 3 h w"], parameters: Compression) -> Float[Tensor, "n 3 h w"]:
        """What comes back of images in [0, 1], as multiples of 1 / 255."""
        return jpeg(image, parameters)


def aligned(quality: Float[Tensor, " n"]) -> Compression:
    """Compression of whole images, as cameras and most programs do it: 4:2:0, blocks from the corner."""
    return Compression(quality, *_aligned(len(quality), quality.device))


def _aligned(n: int, device: torch.device) -> tuple[Int[Tensor, "n 2"], Bool[Tensor, " n"]]:
    return torch.zeros((n, 2), dtype=torch.int64, device=device), torch.ones(n, dtype=torch.bool, device=device)


def jpeg(image: Float[Tensor, "n 3 h w"], parameters: Compression) -> Float[Tensor, "n 3 h w"]:
    """Baseline JPEG as libjpeg writes and reads it, without the entropy coding, which changes no pixel.

    Args:
        image: RGB in [0, 1].
        parameters: On the image's device.

    Returns:
        RGB in [0, 1], multiples of 1 / 255.
    """
    height, width = image.shape[-2:]
    side = 2 * BLOCK
    rows, columns = (
        # As encoders do, the border is repeated until blocks of halved chroma are full.
        (torch.arange(-(-(extent + side - 1) // side) * side, device=image.device) - start[:, None]).clamp(
            0, extent - 1
        )
        for extent, start in zip((height, width), parameters.shift.T, strict=True)
    )
    batch = torch.arange(len(image), device=image.device)[:, None, None]
    padded = (image * 255).round().permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)
    channels = (255 * rgb_to_ycbcr(padded / 255)).round().clamp(0, 255) - 128
    halved = parameters.halved[:, None, None, None]
    scale = torch.where(parameters.quality < 50, 50 / parameters.quality, 2 - parameters.quality / 50).view(-1, 1, 1)
    luma, chroma = (_quantised_steps(table, scale) for table in (LUMA, CHROMA))
    small = functional.avg_pool2d(channels[:, 1:], 2).round()
    small = functional.interpolate(_through_blocks(small, chroma), scale_factor=2, mode="bilinear")
    colour = torch.where(halved, small, _through_blocks(channels[:, 1:], chroma)) if not halved.all() else small
    decoded = torch.cat([_through_blocks(channels[:, :1], luma), colour], 1).round().clamp(-128, 127) + 128
    pixels = (255 * ycbcr_to_rgb(decoded / 255)).round().clamp(0, 255) / 255
    down = torch.arange(height, device=image.device) + parameters.shift[:, :1]
    right = torch.arange(width, device=image.device) + parameters.shift[:, 1:]
    return pixels.permute(0, 2, 3, 1)[batch, down[:, :, None], right[:, None]].permute(0, 3, 1, 2).contiguous()


def _quantised_steps(table: tuple[tuple[int, ...], ...], scale: Float[Tensor, "n 1 1"]) -> Float[Tensor, "n 8 8"]:
    steps = torch.tensor(table, dtype=scale.dtype, device=scale.device)
    return (steps * scale + 0.5).floor().clamp(1, 255)


def _through_blocks(planes: Float[Tensor, "n c h w"], steps: Float[Tensor, "n 8 8"]) -> Float[Tensor, "n c h w"]:
    """Quantise the cosine transform of each block of 8 x 8."""
    n, c, h, w = planes.shape
    transform = _cosines().to(planes)
    blocks = planes.reshape(n, c, h // BLOCK, BLOCK, w // BLOCK, BLOCK).transpose(3, 4)
    steps = steps[:, None, None, None]
    quantised = (transform @ blocks @ transform.T / steps).round() * steps
    restored: Tensor = (transform.T @ quantised @ transform).transpose(3, 4).reshape(n, c, h, w)
    return restored


@cache
def _cosines() -> Float[Tensor, "8 8"]:
    """The orthonormal cosine transform of eight values."""
    k = torch.arange(BLOCK, dtype=torch.float64)
    transform = torch.cos(torch.pi / BLOCK * k[:, None] * (k + 0.5))
    orthonormal: Tensor = transform / transform.norm(dim=1, keepdim=True)
    return orthonormal
