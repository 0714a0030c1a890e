"""The noise of images, as a network tells it, or as the images themselves do."""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from restore.inference.backend import Backend
from restore.inference.devices import full_memory_is_a_memory_error
from restore.inference.noise import Noise
from restore.inference.tiling import Tiling
from restore.networks.patches import SizeRule
from restore.observation import Observation


def find_noise(
    backend: Backend,
    tiling: Tiling,
    degraded: Float[Tensor, "n 3 h w"],
    hole: Bool[Tensor, "n 1 h w"],
    jpeg_quality: int | None = None,
) -> list[Noise]:
    """The noise of each image of a batch.

    Args:
        backend: Tells the level at each pixel, if it can; if not, it is estimated from the flattest patches.
        tiling: How large images are looked at.
        degraded: Values in [0, 1] units, on any device.
        hole: Where nothing was observed, so that the values do not matter.
        jpeg_quality: Of the files that the images came from, if that is known.

    Raises:
        MemoryError: The device is too small for a tile.
    """
    levels = _told(backend, tiling, degraded, hole) if backend.tells_noise else [None] * len(degraded)
    return [
        Noise.of(pixels.cpu(), hidden[0].cpu(), jpeg_quality, level)
        for pixels, hidden, level in zip(degraded, hole, levels, strict=True)
    ]


def _told(
    backend: Backend, tiling: Tiling, degraded: Float[Tensor, "n 3 h w"], hole: Bool[Tensor, "n 1 h w"]
) -> Iterator[Float[Tensor, "h w"]]:
    """The level at each pixel of each image, tile by tile; 0 where nothing is seen of an image."""
    height, width = hole.shape[-2:]
    windows = tiling.windows(height, width)
    for image, hidden in zip(degraded[:, None], hole[:, None], strict=True):
        if hidden.all():
            yield torch.zeros(height, width)
            continue
        observation = Observation.hide(image, hidden)
        with torch.no_grad(), full_memory_is_a_memory_error():
            tiles = (_of_tile(backend, observation[..., *window]) for window in windows)
            bands = [levels.cpu() for _, levels in tiling.blend(height, width, tiles)]
        yield torch.cat(bands, 2)[0, 0]


def _of_tile(backend: Backend, tile: Observation) -> Float[Tensor, "n 1 t u"]:
    rule = SizeRule(backend.multiple)
    shown = Observation(*(x.to(backend.device, torch.float32) for x in (tile.degraded, tile.sigma)))
    return rule.crop(backend.sigma(rule.pad(shown)), *shown.sigma.shape[-2:])
