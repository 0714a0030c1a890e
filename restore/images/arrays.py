"""The images that users hold (NumPy, PIL, tensors) and the one layout that is worked on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from restore.errors import UserError

Array = NDArray[Any]

WHITE = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}
"""The value of full intensity, and of opacity, of the integer types; 1 for floats."""

_FLOATS = {np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)}
_MODES = ("L", "LA", "RGB", "RGBA", "I;16")


@dataclass(frozen=True)
class UserImage:
    """An image as a user holds it: its colours as networks take them, and back in the same kind, size and type.

    =============== =========== ======================= =========== ============================
    ..              gray        gray and alpha          RGB         RGB and alpha
    =============== =========== ======================= =========== ============================
    NumPy array     (h, w), or  (h, w, 2)               (h, w, 3)   (h, w, 4)
                    (h, w, 1)
    tensor          (h, w), or  (2, h, w)               (3, h, w)   (4, h, w)
                    (1, h, w)
    PIL image       L, I;16     LA                      RGB         RGBA
    =============== =========== ======================= =========== ============================

    Values are uint8 or uint16, which span their type's range, or floating point (NumPy's up to double precision; of
    tensors bfloat16 as well), which is [0, 1] and not clipped on the way in; PIL images are what their modes say. A PIL
    image keeps its `info`: colour profile, EXIF, resolution. All others (a palette, CMYK, one bit, a transparent
    colour) are refused, since what is restored could not be given back in the same kind.

    What is fully transparent is `unseen`: its colours are mostly meaningless and must not bleed into what is seen.

    Args:
        array: The values as they are held, (h, w, channels), alpha last.
        back: Gives the user's kind of image with the values of such an array.
    """

    array: Shaped[np.ndarray, "h w c"]
    back: Callable[[Array], Any]

    @classmethod
    def of(cls, image: Any) -> "UserImage":
        """Look at an image, without a copy where that is possible.

        Raises:
            UserError: Its kind, shape or type is none of those in the table.
        """
        if isinstance(image, Image.Image):
            return cls(*_from_pil(image))
        if isinstance(image, Tensor):
            return cls(*_from_tensor(image))
        if isinstance(image, np.ndarray):
            return cls(*_from_numpy(image))
        raise UserError(f"an image is a NumPy array, a PIL image or a tensor, not {type(image).__name__}")

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.array.shape[0], self.array.shape[1]

    @property
    def unseen(self) -> Bool[np.ndarray, "h w"]:
        """True where the image is fully transparent."""
        return self.array[..., -1] <= 0 if self._has_alpha else np.zeros(self.size, bool)

    @property
    def pixels(self) -> Float[Tensor, "1 3 h w"]:
        """The colours in [0, 1] units, gray in all three channels; in double precision if the image is."""
        colours = self.array[..., : self._colours]
        dtype = np.float64 if colours.dtype.itemsize == 8 else np.float32
        pixels = torch.from_numpy(colours.astype(dtype, order="C")).div_(self._white)
        return pixels.permute(2, 0, 1)[None].expand(-1, 3, -1, -1)

    def with_pixels(self, pixels: Float[Tensor, "1 3 h w"], filled: Bool[np.ndarray, "h w"] | None = None) -> Any:
        """The image with other colours, in the user's kind; integers are rounded.

        Args:
            pixels: Where the image is unseen and was not filled, they are not used.
            filled: True where the image becomes opaque; elsewhere its alpha stays.
        """
        if self._colours == 1:  # a mean would round, also that of three equal values
            is_gray = (pixels == pixels[:, :1]).all(1, keepdim=True)
            pixels = torch.where(is_gray, pixels[:, :1], pixels.mean(1, keepdim=True))
        colours = pixels[0].permute(1, 2, 0)
        if self.array.dtype in WHITE:
            colours = colours.clamp(0, 1).mul_(self._white).round_()
        array = self.array.copy()
        if self._has_alpha and filled is not None:
            array[filled, -1] = self._white
        shown = ~replace(self, array=array).unseen[..., None]
        np.copyto(array[..., : self._colours], colours.cpu().numpy(), casting="unsafe", where=shown)
        return self.back(array)

    @property
    def _has_alpha(self) -> bool:
        return self.array.shape[2] in (2, 4)

    @property
    def _colours(self) -> int:
        return 1 if self.array.shape[2] <= 2 else 3

    @property
    def _white(self) -> int:
        return WHITE.get(self.array.dtype, 1)


def _from_numpy(image: Array) -> tuple[Array, Callable[[Array], Array]]:
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (1, 2, 3, 4)) or image.size == 0:
        raise UserError(f"an image has shape (h, w) or (h, w, 1 to 4), not {image.shape}")
    if image.dtype.newbyteorder("=") not in {*WHITE, *_FLOATS}:
        raise UserError(f"an image holds uint8, uint16, float16, float32 or float64, not {image.dtype}")
    native = image.astype(image.dtype.newbyteorder("="), copy=False)
    return np.atleast_3d(native), lambda array: array.reshape(image.shape).astype(image.dtype, copy=False)


def _from_pil(image: Image.Image) -> tuple[Array, Callable[[Array], Image.Image]]:
    if image.mode not in _MODES or "transparency" in image.info:
        kind = "with a transparent colour" if image.mode in _MODES else f"of mode {image.mode!r}"
        raise UserError(f'a PIL image {kind} is not supported: convert it, as by .convert("RGB") or .convert("RGBA")')
    array, back = _from_numpy(np.asarray(image))

    def back_to_pil(array: Array) -> Image.Image:
        restored = Image.fromarray(back(array))
        restored.info = dict(image.info)
        return restored

    return array, back_to_pil


def _from_tensor(image: Tensor) -> tuple[Array, Callable[[Array], Tensor]]:
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[0] not in (1, 2, 3, 4)) or image.numel() == 0:
        raise UserError(f"an image tensor has shape (h, w) or (1 to 4, h, w), not {tuple(image.shape)}")
    # NumPy has no bfloat16; float32 holds every value of the half types exactly.
    values = image.detach().cpu()
    values = values.float() if values.dtype in (torch.bfloat16, torch.float16) else values
    array, _ = _from_numpy(np.atleast_3d(values.numpy() if image.ndim == 2 else values.movedim(0, -1).numpy()))

    def back(array: Array) -> Tensor:
        restored = torch.from_numpy(array).movedim(-1, 0)
        return restored.reshape(image.shape).to(image.device, image.dtype)

    return array, back
