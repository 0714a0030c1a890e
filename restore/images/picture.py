"""What an image file holds: its pixels as they are stored, and what else it says that a copy should keep."""

from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float32, Shaped

from restore.errors import FileError
from restore.images.exif import with_orientation
from restore.images.metadata import Metadata

_FLIPS = {2: (1,), 3: (0, 1), 4: (0,), 6: (1,), 7: (0, 1), 8: (0,)}
_INVERSE = {6: 8, 8: 6}


class ImageFileError(FileError):
    """An image file that cannot be read, or a picture that its format cannot hold."""


@dataclass(frozen=True)
class Picture:
    """The content of an image file, or of one page of it.

    All arrays have the same type: uint8 and uint16 span their ranges, float32 is [0, 1].

    Args:
        pixels: Gray or RGB, in the stored layout: not yet turned upright by the orientation.
        alpha: Opacity, 0 to the largest value of its type.
        extra: Channels that mean something else (a selection, near infrared): nothing looks at them, nothing changes
            them.
        metadata: What else the file says.
        note: What reading had to change, for the user to know; empty in most cases.
        jpeg_quality: Of a JPEG file, 1 to 100 as libjpeg counts it, by its quantisation tables.
    """

    pixels: Shaped[np.ndarray, "h w *channels"]
    alpha: Shaped[np.ndarray, "h w"] | None = None
    extra: Shaped[np.ndarray, "h w extra"] | None = None
    metadata: Metadata = field(default_factory=Metadata)
    note: str = ""
    jpeg_quality: int | None = None

    @property
    def white(self) -> int:
        """The value of full intensity: 255, 65535, or 1 of floats."""
        return int(np.iinfo(self.pixels.dtype).max) if self.pixels.dtype.kind == "u" else 1

    @property
    def orientation(self) -> int:
        """How a viewer turns the picture, as EXIF numbers it: 1 (not at all) to 8."""
        return self.metadata.orientation

    @property
    def array(self) -> Shaped[np.ndarray, "h w *channels"]:
        """The pixels with alpha, where there is one, as their last channel."""
        return self.pixels if self.alpha is None else np.dstack([self.pixels, self.alpha])

    def with_array(self, array: Shaped[np.ndarray, "h w *channels"]) -> "Picture":
        """The same picture with other pixels, and with the alpha that lies beside them.

        Args:
            array: As `array`, of the same shape and type.
        """
        before = self.array
        assert (array.dtype, array.shape) == (before.dtype, before.shape), f"{array.dtype} {array.shape}"
        if self.alpha is None:
            return replace(self, pixels=array)
        pixels = array[..., 0] if self.pixels.ndim == 2 else array[..., :3]
        return replace(self, pixels=pixels, alpha=array[..., -1])

    def turned(self) -> "Picture":
        """The same picture with its pixels upright, so that no viewer has to turn them."""
        alpha, extra = (None if x is None else upright(x, self.orientation) for x in (self.alpha, self.extra))
        exif = None if self.metadata.exif is None else with_orientation(self.metadata.exif, 1)
        metadata = replace(self.metadata, orientation=1, exif=exif)
        return replace(self, pixels=upright(self.pixels, self.orientation), alpha=alpha, extra=extra, metadata=metadata)

    def as_rgb(self) -> Float32[np.ndarray, "h w 3"]:
        """Upright RGB in [0, 1]: gray is repeated, alpha dropped."""
        pixels = upright(self.pixels, self.orientation)
        pixels = pixels if pixels.ndim == 3 else pixels[..., None].repeat(3, axis=2)
        return np.ascontiguousarray(pixels, dtype=np.float32) / np.float32(self.white)


def upright(array: Shaped[np.ndarray, "h w *channels"], orientation: int) -> Shaped[np.ndarray, "hh ww *channels"]:
    """Turn stored pixels the way a viewer shows them."""
    return np.flip(array.swapaxes(0, 1) if orientation >= 5 else array, _FLIPS.get(orientation, ()))


def upright_place(
    row: Shaped[np.ndarray, "..."], column: Shaped[np.ndarray, "..."], shape: tuple[int, int], orientation: int
) -> tuple[Shaped[np.ndarray, "..."], Shaped[np.ndarray, "..."]]:
    """Where a viewer shows pixels of stored places.

    Args:
        row: Of each pixel, as stored.
        column: Of each pixel, as stored.
        shape: Height and width, as stored.
        orientation: As EXIF numbers it.

    Returns:
        Rows and columns.
    """
    place, extent = ([column, row], shape[::-1]) if orientation >= 5 else ([row, column], shape)
    for axis in _FLIPS.get(orientation, ()):
        place[axis] = extent[axis] - 1 - place[axis]
    return place[0], place[1]


def as_stored(array: Shaped[np.ndarray, "h w *channels"], orientation: int) -> Shaped[np.ndarray, "hh ww *channels"]:
    """Turn what a viewer shows the way it is stored: the inverse of `upright`."""
    return upright(array, _INVERSE.get(orientation, orientation))
