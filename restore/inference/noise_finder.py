"""The noise of images, as a network tells it, or as the images themselves do."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from jaxtyping import Bool, Float, Float32

from restore.inference.backend import Backend
from restore.inference.memory import full_memory_is_a_memory_error, with_smaller_tiles
from restore.inference.noise import Noise
from restore.inference.observed import Observed
from restore.inference.tiling import Tiling, blend, windows


def find_noise(
    backend: Backend,
    tiling: Tiling,
    degraded: Float[np.ndarray, "n 3 h w"],
    hole: Bool[np.ndarray, "n 1 h w"],
    jpeg_quality: int | None = None,
) -> list[Noise]:
    """The noise of each image of a batch.

    Args:
        backend: Tells the level at each pixel, if it can; if not, it is estimated from the flattest patches.
        tiling: How large images are looked at.
        degraded: Values in [0, 1] units.
        hole: Where nothing was observed, so that the values do not matter.
        jpeg_quality: Of the files that the images came from, if that is known.

    Raises:
        MemoryError: The device is too small for the smallest tiles.
    """
    levels = _told(backend, tiling, degraded, hole) if backend.tells_noise else [None] * len(degraded)
    return [
        Noise.of(pixels, hidden[0], jpeg_quality, level)
        for pixels, hidden, level in zip(degraded, hole, levels, strict=True)
    ]


def _told(
    backend: Backend, tiling: Tiling, degraded: Float[np.ndarray, "n 3 h w"], hole: Bool[np.ndarray, "n 1 h w"]
) -> Iterator[Float32[np.ndarray, "h w"]]:
    """The level at each pixel of each image, tile by tile; 0 where nothing is seen of an image."""
    for image, hidden in zip(degraded[:, None], hole[:, None], strict=True):
        if hidden.all():
            yield np.zeros(hidden.shape[-2:], np.float32)
        else:
            yield with_smaller_tiles(partial(_of_image, backend, image, hidden), tiling)


def _of_image(
    backend: Backend, image: Float[np.ndarray, "1 3 h w"], hidden: Bool[np.ndarray, "1 1 h w"], tiling: Tiling
) -> Float32[np.ndarray, "h w"]:
    height, width = hidden.shape[-2:]
    cover = tiling.cover(np.ones((height, width), bool))
    tiles = (_of_tile(backend, Observed.hide(image[..., *one], hidden[..., *one])) for one in windows(cover))
    with full_memory_is_a_memory_error():
        level: np.ndarray = np.concatenate([levels for _, levels in blend(cover, width, tiles)], 1)[0]
    return level


def _of_tile(backend: Backend, tile: Observed) -> Float32[np.ndarray, "1 t u"]:
    height, width = tile.sigma.shape[-2:]
    return backend.sigma(tile.padded(backend.multiple).in_single_precision())[0, :, :height, :width]
