"""What an image file holds: its pixels as they are stored, and what else it says that a copy should keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float32, Shaped, UInt

from restore.errors import FileError

PROFILE = "icc-profile-data"
"""libvips' name of a colour profile."""

_FLIPS = {2: (1,), 3: (0, 1), 4: (0,), 6: (1,), 7: (0, 1), 8: (0,)}
_INVERSE = {6: 8, 8: 6}


class ImageFileError(FileError):
    """An image file that cannot be read, or a picture that its format cannot hold."""


@dataclass(frozen=True)
class Picture:
    """The content of an image file.

    Args:
        pixels: Gray or RGB, in the stored layout: not yet turned upright by the orientation.
        alpha: Opacity, 0 to the largest value of its type.
        metadata: ICC profile, EXIF, XMP, IPTC, orientation and text, under libvips' names.
        resolution: Pixels per millimetre, horizontal and vertical.
        note: What reading had to change, for the user to know; empty in most cases.
    """

    pixels: UInt[np.ndarray, "h w *channels"]
    alpha: UInt[np.ndarray, "h w"] | None = None
    metadata: Mapping[str, bytes | str | int] = field(default_factory=dict)
    resolution: tuple[float, float] = (1.0, 1.0)
    note: str = ""

    @property
    def white(self) -> int:
        """The largest value of a pixel: 255 or 65535."""
        return int(np.iinfo(self.pixels.dtype).max)

    @property
    def orientation(self) -> int:
        """How a viewer turns the picture, as EXIF numbers it: 1 (not at all) to 8."""
        return int(self.metadata.get("orientation", 1))

    @property
    def array(self) -> UInt[np.ndarray, "h w *channels"]:
        """The pixels with alpha, where there is one, as their last channel."""
        return self.pixels if self.alpha is None else np.dstack([self.pixels, self.alpha])

    def with_array(self, array: UInt[np.ndarray, "h w *channels"]) -> "Picture":
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

    def as_rgb(self) -> Float32[np.ndarray, "h w 3"]:
        """Upright RGB in [0, 1]: gray is repeated, alpha dropped."""
        pixels = upright(self.pixels, self.orientation)
        pixels = pixels if pixels.ndim == 3 else pixels[..., None].repeat(3, axis=2)
        return np.ascontiguousarray(pixels, dtype=np.float32) / np.float32(self.white)


def upright(array: Shaped[np.ndarray, "h w *channels"], orientation: int) -> Shaped[np.ndarray, "hh ww *channels"]:
    """Turn stored pixels the way a viewer shows them."""
    return np.flip(array.swapaxes(0, 1) if orientation >= 5 else array, _FLIPS.get(orientation, ()))


def as_stored(array: Shaped[np.ndarray, "h w *channels"], orientation: int) -> Shaped[np.ndarray, "hh ww *channels"]:
    """Turn what a viewer shows the way it is stored: the inverse of `upright`."""
    return upright(array, _INVERSE.get(orientation, orientation))
