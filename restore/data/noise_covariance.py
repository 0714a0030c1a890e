"""The covariance of one image's noise between neighbours and channels, to learn from and to judge by."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

BLOCK = 16
"""Side, in pixels, of the blocks among which the flattest are sought."""

SHARE = 0.05
"""Share of the blocks that are taken for flat."""

REACH = 6
"""The farthest neighbours, in pixels, that are taken to share noise."""

ENDS = 0.15
"""Correlation below which neighbours are taken to share no noise; texture alone gives flat blocks a part of it."""

TILE = 128
"""Side, in pixels, of the square of noise that is drawn."""

LEAST = 0.05
"""Of the mean variance, what noise has at least at any brightness."""

DARK, BRIGHT = 0.03, 0.97
"""Means between which a block is taken not to be clipped."""


@dataclass(frozen=True)
class NoiseCovariance:
    """The noise of one image in training without clean ones: what is drawn, and what the proof expects.

    Noise like it is added to the image itself in `Recorrupted`, and taken off the error it is judged by: where it is
    stronger than that of the image, a training seems to pay that does not. `restore.noise_profile.NoiseProfile`, by
    which a network is told of noise, does not do here: what it comes from (`restore.inference.noise_floor`) goes
    too high in textured photographs whose noise is correlated.

    What is found over the true level, geometric means, here and there: 1.06 and 1.30 of noise of 20 of 255 blurred by
    3 x 3 pixels, on twelve photographs of CBSD68; 1.15 and 1.06 of white noise of 15 on these; 0.49 and 0.71 of cameras
    (41 crops of PolyU).

    Args:
        covariance: Of the noise of two channels, the second down and right of the first by up to `REACH` pixels either
            way, where it has the mean level; in [0, 1] units, squared.
        constant: Variance in black, over the mean one.
        slope: How much that grows up to white, over the mean variance.
    """

    covariance: Float[Tensor, "3 3 k k"]
    constant: float
    slope: float

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise, over all channels, in [0, 1] units."""
        return float(self.covariance[:, :, REACH, REACH].diagonal().mean().clamp_min(0).sqrt())

    @property
    def correlation(self) -> Float[Tensor, "k k"]:
        """Of the noise with that of neighbours in the same channel; 1 in the middle, which is a pixel itself."""
        own = self.covariance.diagonal(dim1=0, dim2=1).mean(-1)
        return own / own[REACH, REACH].clamp_min(1e-12)

    @property
    def ends(self) -> int:
        """From how many pixels on neighbours in a row or a column share no noise: 1 for white noise."""
        along = torch.maximum(self.correlation[REACH, REACH:].abs(), self.correlation[REACH:, REACH].abs())
        return 1 + int((along[1:] > ENDS).nonzero().max()) + 1 if (along[1:] > ENDS).any() else 1

    def at_most(self, sigma: float) -> "NoiseCovariance":
        """The same noise, or weaker, so that its standard deviation is no more than so much."""
        return replace(self, covariance=self.covariance * min(1.0, sigma / max(self.sigma, 1e-12)) ** 2)

    def draw(self, generator: torch.Generator) -> Float[Tensor, "3 t t"]:
        """Draw a square of `TILE` pixels of Gaussian noise of the mean level, on the CPU; it has no seam to itself."""
        padded = torch.zeros(3, 3, TILE, TILE)
        padded[..., : 2 * REACH + 1, : 2 * REACH + 1] = self.covariance
        spectrum = torch.fft.rfft2(padded.roll((-REACH, -REACH), (2, 3))).permute(2, 3, 0, 1)
        values, vectors = torch.linalg.eigh((spectrum + spectrum.mH) / 2)
        root = vectors * values.clamp_min(0).sqrt()[..., None, :] @ vectors.mH
        white = torch.fft.rfft2(torch.randn(3, TILE, TILE, generator=generator)).permute(1, 2, 0)
        # Covariances are of a channel with another one further on: the conjugate of what a filter multiplies by.
        noise: Tensor = torch.fft.irfft2((root.conj() @ white[..., None])[..., 0].permute(2, 0, 1), s=(TILE, TILE))
        return noise


def gain(
    image: Float[Tensor, "n 3 h w"], constant: Float[Tensor, "n 1 h w"], slope: Float[Tensor, "n 1 h w"]
) -> Float[Tensor, "n 1 h w"]:
    """By what the noise of each pixel is stronger than the mean, as its surroundings tell, noisy as they may be.

    Args:
        image: RGB in [0, 1].
        constant: As in `NoiseCovariance`, of each pixel.
        slope: Likewise.
    """
    smooth: Tensor = torch.nn.functional.avg_pool2d(image.mean(1, keepdim=True), 5, 1, 2, count_include_pad=False)
    return (constant + slope * smooth.clamp(0, 1)).clamp_min(LEAST).sqrt()


def spread(noise: Float[Tensor, "3 t t"], height: int, width: int) -> Float[Tensor, "3 h w"]:
    """Repeat a square of noise over a whole image."""
    size = noise.shape[-1]
    return noise.repeat(1, -(-height // size), -(-width // size))[:, :height, :width]


def measure_covariance(image: Float[Tensor, "3 h w"]) -> NoiseCovariance | None:
    """Measure the noise of an image by its flattest blocks, from each of which a plane is taken away.

    What texture they have counts as noise.

    Args:
        image: RGB in [0, 1].

    Returns:
        `None` where there are no such blocks: the image is too small, or clipped everywhere.
    """
    height, width = (size // BLOCK * BLOCK for size in image.shape[-2:])
    if not (height and width):
        return None
    parts = image[:, :height, :width].unfold(1, BLOCK, BLOCK).unfold(2, BLOCK, BLOCK)
    blocks = parts.permute(1, 2, 0, 3, 4).flatten(0, 1)
    mean = blocks.mean((1, 2, 3))
    is_telling = (mean > DARK) & (mean < BRIGHT)
    if not is_telling.any():
        return None
    blocks, mean = blocks[is_telling], mean[is_telling]
    detail = blocks[..., ::2, ::2] - blocks[..., ::2, 1::2] - blocks[..., 1::2, ::2] + blocks[..., 1::2, 1::2]
    constant, slope = _by_brightness(mean, detail.square().mean((1, 2, 3)))
    # All blocks as if they were of one level, so that what is left once noise is averaged away tells how flat they are.
    residual = _without_plane(blocks) / (constant + slope * mean).clamp_min(LEAST).sqrt()[:, None, None, None]
    coarse = torch.nn.functional.avg_pool2d(residual, 4).square().mean((1, 2, 3))
    flat = coarse.argsort()[: max(4, round(SHARE * len(mean)))]
    return NoiseCovariance(_covariance(residual[flat]), constant, slope)


def _without_plane(blocks: Float[Tensor, "m 3 b b"]) -> Float[Tensor, "m 3 b b"]:
    along = torch.linspace(-1, 1, BLOCK, dtype=blocks.dtype)
    basis = torch.stack([torch.ones(BLOCK, BLOCK), along.expand(BLOCK, BLOCK), along[:, None].expand(BLOCK, BLOCK)])
    basis = basis / basis.square().sum((1, 2), keepdim=True).sqrt()
    parts = torch.einsum("mcij,kij->mck", blocks, basis)
    return blocks - torch.einsum("mck,kij->mcij", parts, basis)


def _covariance(residual: Float[Tensor, "m 3 b b"]) -> Float[Tensor, "3 3 k k"]:
    """Mean over all pairs of pixels of a block that lie so far apart, fading out towards `REACH`."""
    size = 2 * BLOCK
    spectrum = torch.fft.fft2(residual, s=(size, size))
    products = torch.einsum("mihw,mjhw->ijhw", spectrum.conj(), spectrum)
    summed = torch.fft.ifft2(products).real.roll((REACH, REACH), (2, 3))[..., : 2 * REACH + 1, : 2 * REACH + 1]
    lags = torch.arange(-REACH, REACH + 1).abs()
    pairs = len(residual) * (BLOCK - lags)[:, None] * (BLOCK - lags)
    fade = torch.cos(lags / (REACH + 1) * torch.pi / 2).square()
    return torch.mul(summed / pairs, fade[:, None] * fade)


def _by_brightness(mean: Float[Tensor, " m"], power: Float[Tensor, " m"]) -> tuple[float, float]:
    """A line through what the power of the finest detail is at least, at each brightness; 1 on average of the blocks.

    Texture adds to it, so that of each brightness a low one counts; none says less than half of what the lowest says.
    """
    order = mean.argsort()
    groups = order.tensor_split(max(1, min(6, len(mean) // 24)))
    x = torch.stack([mean[group].mean() for group in groups])
    y = torch.stack([power[group].quantile(SHARE) for group in groups])
    if len(groups) < 3 or x.max() - x.min() < 0.15 or not y.min() > 0:
        return 1.0, 0.0
    weight = y.square().reciprocal()  # a line through what is relative; texture in a group then counts less, too
    centre = (weight * x).sum() / weight.sum()
    level = (weight * y).sum() / weight.sum()
    slope = (weight * (x - centre) * (y - level)).sum() / (weight * (x - centre).square()).sum()
    slope = slope.clamp(-0.9 * level / (1 - centre), level / centre)
    constant = level - slope * centre
    typical = (constant + slope * mean).mean()
    return float(constant / typical), float(slope / typical)
