"""The images that users hold (NumPy, PIL, tensors) and the one layout that is worked on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped

from restore.images.kinds import WHITE, Array, held
from restore.images.planes import Shape, hole_plane
from restore.images.ranges import check_floats


@dataclass(frozen=True)
class UserImage:
    """An image as a user holds it, or a batch: its colours as networks take them, and back as they came.

    =============== =========== ======================= =========== =============== ===============
    ..              gray        gray and alpha          RGB         RGB and alpha   batch
    =============== =========== ======================= =========== =============== ===============
    NumPy array     (h, w), or  (h, w, 2)               (h, w, 3)   (h, w, 4)       (n, h, w, 1..4)
                    (h, w, 1)
    tensor          (h, w), or  (2, h, w)               (3, h, w)   (4, h, w)       (n, 1..4, h, w)
                    (1, h, w)
    PIL image       L, I;16,    LA                      RGB         RGBA            (none)
                    I;16B
    =============== =========== ======================= =========== =============== ===============

    ============================================== ==========================================================
    values                                         taken as, or refused with
    ============================================== ==========================================================
    uint8, uint16                                  0 to the largest of the type
    float16, float32, float64; bfloat16 of tensors [0, 1], not clipped: noise may leave it
                                                   (`restore.images.ranges` says how far)
    any byte order and memory layout, read-only    as they are; what comes back has the same byte order
    floats in 0..255 or -1..1                      refused: divide by 255; (image + 1) / 2
    NaN, inf                                       taken in a hole or where alpha is 0, else refused: make it hole
    bool                                           refused: .astype(np.uint8) * 255
    int8 to int64, uint32, uint64                  refused, as white could be anything: scale to floats
    complex; longdouble                            refused: the parts one by one; .astype(np.float64)
    PIL modes P, CMYK, YCbCr, ...; a transparent   refused: .convert("RGB") or .convert("RGBA")
    colour
    PIL modes 1; I, F                              refused: .convert("L"); np.asarray(image) scaled to floats
    masked arrays; lists; sparse tensors; nothing  refused
    at all (a size of 0)
    ============================================== ==========================================================

    What is refused could not be given back in the same kind, or means what nobody can tell. A PIL image keeps its
    `info`: colour profile, EXIF, resolution.

    What is fully transparent is `unseen`: its colours are mostly meaningless and must not bleed into what is seen.

    Args:
        array: The values as they are held, alpha last.
        hole: True where the image is to be filled: the values there do not matter, and what is filled is opaque.
        back: Gives the user's kind of image with the values of such an array.
        is_batch: Whether the user holds a batch, be it of one.
    """

    array: Shaped[np.ndarray, "n h w c"]
    hole: Bool[np.ndarray, "n h w"]
    back: Callable[[Array], Any]
    is_batch: bool

    @classmethod
    def of(cls, image: Any, hole: Any = None) -> "UserImage":
        """Look at an image, without a copy where that is possible.

        Args:
            image: As in the tables.
            hole: As `restore.images.planes.hole_plane` takes it; nowhere if not given.

        Raises:
            UserError: The image is none of those in the tables, or the hole does not fit it.
        """
        own = held(image)
        shape = own.array.shape[0], own.array.shape[1], own.array.shape[2]
        plane = np.broadcast_to(False, shape) if hole is None else hole_plane(hole, shape)
        given = cls(own.array, plane, own.back, own.is_batch)
        if given.array.dtype.kind == "f":
            check_floats(given.array, given._colours, ~given.hidden)
        return given

    @property
    def shape(self) -> Shape:
        """Number of images, height and width in pixels."""
        return self.array.shape[0], self.array.shape[1], self.array.shape[2]

    @property
    def unseen(self) -> Bool[np.ndarray, "n h w"]:
        """True where the image is fully transparent."""
        return self.array[..., -1] <= 0 if self._has_alpha else np.broadcast_to(False, self.shape)

    @property
    def hidden(self) -> Bool[np.ndarray, "n h w"]:
        """True where nothing is known of the image: unseen, or a hole."""
        hidden: Bool[np.ndarray, "n h w"] = self.unseen | self.hole
        return hidden

    @property
    def pixels(self) -> Float[np.ndarray, "n 3 h w"]:
        """The colours in [0, 1] units, gray in all three channels; in double precision if the image is."""
        colours = self.array[..., : self._colours]
        dtype = np.float64 if colours.dtype.itemsize == 8 else np.float32
        pixels = colours.astype(dtype, order="C")
        np.divide(pixels, self._white, out=pixels)
        count, height, width = self.shape
        return np.broadcast_to(np.moveaxis(pixels, -1, 1), (count, 3, height, width))

    def with_pixels(self, pixels: Float[np.ndarray, "n 3 h w"]) -> Any:
        """The image with other colours, in the user's kind; integers are rounded.

        Args:
            pixels: Where the image is unseen and no hole, they are not used.
        """
        if self._colours == 1:  # a mean would round, also that of three equal values
            is_gray = (pixels == pixels[:, :1]).all(1, keepdims=True)
            pixels = np.where(is_gray, pixels[:, :1], pixels.mean(1, keepdims=True))
        colours = np.moveaxis(pixels, 1, -1)
        if self.array.dtype in WHITE:
            colours = colours.clip(0, 1)
            colours *= self._white
            np.rint(colours, out=colours)
        array = self.array.copy()
        if self._has_alpha:
            array[self.hole, -1] = self._white
        shown = (self.hole | ~self.unseen)[..., None]
        np.copyto(array[..., : self._colours], colours, casting="unsafe", where=shown)
        return self.back(array)

    @property
    def _has_alpha(self) -> bool:
        return self.array.shape[-1] in (2, 4)

    @property
    def _colours(self) -> int:
        return 1 if self.array.shape[-1] <= 2 else 3

    @property
    def _white(self) -> int:
        return WHITE.get(self.array.dtype, 1)
