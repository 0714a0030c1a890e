"""Noise as cameras make it: on the mosaic of the sensor, before all that turns its signal into an image."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from restore.degradations.compression import aligned, jpeg
from restore.degradations.degradation import Degradation, with_error
from restore.degradations.interval import Interval
from restore.degradations.level import local_level
from restore.degradations.mosaic import colour_sites, demosaic
from restore.errors import UserError, check_share
from restore.fill import push_pull_fill
from restore.observation import Observation

SCALES = (1.0, 1.5, 2.0)
"""How much finer than the image the sensor may be."""

READ_SLOPE, READ_OFFSET, READ_SPREAD = 2.18, 1.20, 0.26
"""Of the logarithm of the variance of the read noise, by that of the shot noise (Brooks et al. 2019)."""

SMOOTHED = (1.3, 2.2)
"""Largest standard deviations of the cameras' own smoothing of noise in brightness and in colour, px."""


class Shot(NamedTuple):
    """How each photograph of a batch comes about.

    Args:
        gains: White balance, red, green and blue.
        crosstalk: What the camera takes from each channel of the mean of all, so that colours are vivid, in [0, 1).
        gamma: Exponent of the tone curve, about 2.2.
        contrast: Whether the tone curve is S-shaped beside it.
        shot: Variance of the noise by signal, at white, in linear light.
        read: Variance of the noise at black.
        scale: Index in `SCALES`.
        phase: Of the mosaic.
        corrected: As for `demosaic`.
        sharp: Whether the scene has detail as fine as the mosaic, and its moiré, rather than noise alone.
        smoothing: Standard deviations of the smoothing of brightness and of colour, px.
        quality: Of the JPEG file; 0 for none.
        field: White noise of variance one, on as many sites as the finest sensor has.
    """

    gains: Float[Tensor, "n 3 1 1"]
    crosstalk: Float[Tensor, "n 1 1 1"]
    gamma: Float[Tensor, "n 1 1 1"]
    contrast: Bool[Tensor, "n 1 1 1"]
    shot: Float[Tensor, "n 1 1 1"]
    read: Float[Tensor, "n 1 1 1"]
    scale: Int[Tensor, " n"]
    phase: Int[Tensor, "n 2"]
    corrected: Bool[Tensor, " n"]
    sharp: Bool[Tensor, "n 1 1 1"]
    smoothing: Float[Tensor, "n 2"]
    quality: Float[Tensor, " n"]
    field: Float[Tensor, "n 1 hh ww"]


class CameraNoise(Degradation[Shot]):
    """A photograph in poor light: Poisson and Gaussian noise on a Bayer mosaic, in linear light, then developed.

    The image is taken back to linear light and to the sensor's own colours, given the noise that photons and
    electronics add, interpolated from the mosaic, smoothed a little as cameras do, turned into an image by white
    balance, colour matrix and tone curve, scaled down, rounded to 8 bits and perhaps stored as JPEG: so the noise has
    more of itself in the shadows, differs between channels and goes along with that of its neighbours. After Brooks et
    al., "Unprocessing images for learned raw denoising" (2019, arXiv 1811.11127), of which are also the ranges of
    gains and noise, and Zhang et al. (2022, arXiv 2203.13278). What is clean passes the same development: where a
    sensor is finer than the image, the difference that the noise makes is scaled down, and added to the image.

    The sigma told is the root mean square of that difference around each pixel, over all channels.

    Args:
        shot_min: Smallest variance of the noise at white, in linear light, as a share of white; more than 0.
        shot_max: Largest. The logarithm is drawn uniformly.
        quality_min: Smallest quality of JPEG files, 1..100.
        quality_max: Largest.
        compressed: Share of the images that are stored as JPEG, in [0, 1].

    Raises:
        UserError: If a range is empty, or something leaves its limits.
    """

    def __init__(
        self,
        shot_min: float = 1e-4,
        shot_max: float = 1.2e-2,
        quality_min: float = 70.0,
        quality_max: float = 98.0,
        compressed: float = 0.5,
    ) -> None:
        self.shot = Interval("shot", shot_min, shot_max, ceiling=1.0)
        if shot_min == 0:
            raise UserError(f"shot_min must be more than 0, got {shot_min}")
        self.quality = Interval("quality", quality_min, quality_max, floor=1.0, ceiling=100.0)
        check_share(compressed=compressed)
        self.compressed = compressed

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Shot:
        """Draw a camera, its settings and the noise of its sensor for each image."""
        device = generator.device
        shape = (n, 1, 1, 1)

        def rand(*shape: int) -> Tensor:
            return torch.rand(shape, generator=generator, device=device)

        low, high = torch.tensor([self.shot.low, self.shot.high], device=device).log()
        log_shot = low + (high - low) * rand(*shape)
        spread = READ_SPREAD * torch.randn(shape, generator=generator, device=device)
        red, blue = 1.4 + rand(*shape), 1.3 + 0.9 * rand(*shape)
        scale = (4 * rand(n)).long().sub(1).clamp_min(0)  # half of them 1
        largest = [int(SCALES[-1] * extent) for extent in (height, width)]
        strength = rand(n, 2)
        return Shot(
            gains=torch.cat([red, torch.ones_like(red), blue], 1),
            crosstalk=0.5 * rand(*shape),
            gamma=1.9 + 0.6 * rand(*shape),
            contrast=rand(*shape) < 0.5,
            shot=log_shot.exp(),
            read=(READ_SLOPE * log_shot + READ_OFFSET + spread).exp(),
            scale=scale,
            phase=torch.randint(2, (n, 2), generator=generator, device=device),
            corrected=rand(n) < 0.5,
            sharp=rand(*shape) < 0.3,
            smoothing=strength * torch.tensor(SMOOTHED, device=device) * (rand(n, 1) < 0.8),
            quality=self.quality.draw((n,), generator) * (rand(n) < self.compressed),
            field=torch.randn((n, 1, *largest), generator=generator, device=device),
        )

    def degrade(self, observation: Observation, parameters: Shot) -> Observation:
        """Photograph what is visible."""
        hole = observation.hole
        clean = push_pull_fill(observation.degraded, hole)
        parameters = Shot(*(p.to(clean.device) for p in parameters))
        noisy = torch.empty_like(clean)
        for k, scale in enumerate(SCALES):
            index = (parameters.scale == k).nonzero().squeeze(1)
            if len(index):
                noisy[index] = _photograph(clean[index], Shot(*(p[index] for p in parameters)), scale)
        noisy = (255 * noisy).round().clamp(0, 255) / 255
        stored = parameters.quality > 0
        if stored.any():
            noisy[stored] = jpeg(noisy[stored], aligned(parameters.quality[stored]))
        return with_error(observation, noisy, local_level(noisy - clean, hole))


def _photograph(clean: Float[Tensor, "n 3 h w"], shot: Shot, scale: float) -> Float[Tensor, "n 3 h w"]:
    """What a sensor of `scale` times the resolution makes of an image, scaled down to its size again."""
    height, width = (int(scale * extent) for extent in clean.shape[-2:])
    scene = clean.clamp(0, 1)
    if scale != 1:
        scene = functional.interpolate(scene, (height, width), mode="bicubic", align_corners=False).clamp(0, 1)
    light = _to_light(scene, shot)
    signal = _desaturated(light, shot.crosstalk) / shot.gains
    sites = colour_sites(shot.phase, height, width)
    exact = torch.where(sites, signal, 0).sum(1, keepdim=True)
    noise = (shot.shot * exact.clamp_min(0) + shot.read).sqrt() * shot.field[..., :height, :width]
    error = demosaic(torch.where(shot.sharp, exact + noise, noise), sites, shot.corrected)
    error = error - torch.where(shot.sharp, signal, 0)
    noisy = light + _saturated(_smoothed(error, shot.smoothing) * shot.gains, shot.crosstalk)
    difference = _to_image(noisy, shot) - scene
    if scale != 1:
        difference = functional.interpolate(
            difference, clean.shape[-2:], mode="bilinear", align_corners=False, antialias=True
        )
    return clean + difference


def _to_light(image: Tensor, shot: Shot) -> Tensor:
    """Undo the tone curve: from [0, 1] to linear light in [0, 1]."""
    flat = 0.5 - torch.sin(torch.asin(1 - 2 * image) / 3)
    return torch.where(shot.contrast, flat, image).clamp(0, 1) ** shot.gamma


def _to_image(light: Tensor, shot: Shot) -> Tensor:
    """The tone curve: from linear light, clipped, to [0, 1]."""
    image = light.clamp(0, 1) ** (1 / shot.gamma)
    return torch.where(shot.contrast, image.square() * (3 - 2 * image), image)


def _desaturated(light: Tensor, crosstalk: Tensor) -> Tensor:
    """The colours that a sensor sees, whose filters let some of all light through."""
    return torch.lerp(light, light.mean(1, keepdim=True), crosstalk)


def _saturated(signal: Tensor, crosstalk: Tensor) -> Tensor:
    """The inverse of `_desaturated`, which makes more of the noise too."""
    gray = signal.mean(1, keepdim=True)
    return gray + (signal - gray) / (1 - crosstalk)


def _smoothed(noise: Float[Tensor, "n 3 h w"], deviation: Float[Tensor, "n 2"]) -> Float[Tensor, "n 3 h w"]:
    """Blur brightness and colour of noise, each by a Gaussian of its own for each image."""
    gray = noise.mean(1, keepdim=True)
    return blurred(gray, deviation[:, :1]) + blurred(noise - gray, deviation[:, 1:])


def blurred(planes: Float[Tensor, "n c h w"], deviation: Float[Tensor, "n 1"]) -> Float[Tensor, "n c h w"]:
    """Each image through a Gaussian of its own standard deviation, px, of at most 2.5; 0 leaves it as it is."""
    n, c, height, width = planes.shape
    radius = 5
    place = torch.arange(-radius, radius + 1, device=planes.device)
    kernel = torch.exp(-0.5 * (place / deviation.clamp_min(0.05)).square())
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(c, 0)
    flat = functional.pad(planes.reshape(1, n * c, height, width), (radius,) * 4, mode="replicate")
    flat = functional.conv2d(flat, kernel[:, None, :, None], groups=n * c)
    return functional.conv2d(flat, kernel[:, None, None, :], groups=n * c).view(n, c, height, width)
