"""NumPy arrays, PIL images and tensors as values with channels last, and back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Shaped
from numpy.typing import NDArray
from PIL import Image

from restore.errors import UserError
from restore.images.tensors import is_tensor

Array = NDArray[Any]

WHITE = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}
"""The value of full intensity, and of opacity, of the integer types; 1 for floats."""

_FLOATS = {np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)}
_MODES = ("L", "LA", "RGB", "RGBA", "I;16", "I;16B")
_REMEDIES = {
    "b": "for black and white, give image.astype(np.uint8) * 255",
    "i": "scale it to floats in [0, 1], as image / 4095 for 12 bits, or give .astype(np.uint16) if its white is 65535",
    "f": "give .astype(np.float64)",
    "c": "restore its real and imaginary parts one by one",
}
_REMEDIES["u"] = _REMEDIES["i"]
_PIL_REMEDIES = {
    "1": 'convert it by .convert("L")',
    "I": "give np.asarray(image), scaled to floats in [0, 1]",
    "F": "give np.asarray(image), in [0, 1]",
}


@dataclass(frozen=True)
class Held:
    """Values of an image or a batch as a user holds it.

    Args:
        array: The values, alpha last.
        back: Gives the user's kind with the values of such an array.
        is_batch: Whether the user holds a batch.
    """

    array: Shaped[np.ndarray, "n h w c"]
    back: Callable[[Array], Any]
    is_batch: bool = False


def held(image: Any) -> Held:
    """Look at an image, without a copy where that is possible.

    Raises:
        UserError: Its kind, shape or type is none of those that `restore.images.arrays.UserImage` lists.
    """
    if isinstance(image, Image.Image):
        return _from_pil(image)
    if is_tensor(image):
        return _from_tensor(image)
    if isinstance(image, np.ma.MaskedArray):
        raise UserError("a masked array: give its .data, and what it masks as hole")
    if isinstance(image, np.ndarray):
        return _from_numpy(np.asarray(image))
    raise UserError(f"an image is a NumPy array, a PIL image or a tensor, not {type(image).__name__}")


def _from_numpy(image: Array) -> Held:
    if image.ndim not in (2, 3, 4) or (image.ndim > 2 and image.shape[-1] not in (1, 2, 3, 4)) or image.size == 0:
        shapes = "(h, w), (h, w, 1 to 4) or, for a batch, (n, h, w, 1 to 4)"
        first = image.ndim > 2 and image.shape[-3] in (1, 2, 3, 4) and image.size > 0
        hint = "; channels come last: np.moveaxis(image, -3, -1)" if first else ""
        raise UserError(f"an image has shape {shapes}, not {image.shape}{hint}")
    if image.dtype.newbyteorder("=") not in {*WHITE, *_FLOATS}:
        hint = "".join(f": {_REMEDIES[kind]}" for kind in _REMEDIES if kind == image.dtype.kind)
        raise UserError(f"an image holds uint8, uint16, float16, float32 or float64, not {image.dtype}{hint}")
    native = image.astype(image.dtype.newbyteorder("="), copy=False)
    array = native if image.ndim == 4 else np.atleast_3d(native)[None]
    return Held(array, lambda array: array.reshape(image.shape).astype(image.dtype, copy=False), image.ndim == 4)


def _from_pil(image: Image.Image) -> Held:
    if image.mode not in _MODES or "transparency" in image.info:
        kind = "with a transparent colour" if image.mode in _MODES else f"of mode {image.mode!r}"
        remedy = _PIL_REMEDIES.get(image.mode, 'convert it, as by .convert("RGB") or .convert("RGBA")')
        raise UserError(f"a PIL image {kind} is not supported: {remedy}")
    given = _from_numpy(np.asarray(image))

    def back(array: Array) -> Image.Image:
        restored = Image.fromarray(given.back(array))
        restored.info = dict(image.info)
        return restored

    return Held(given.array, back)


def _from_tensor(image: Any) -> Held:
    import torch

    if image.ndim not in (2, 3, 4) or (image.ndim > 2 and image.shape[-3] not in (1, 2, 3, 4)) or image.numel() == 0:
        shapes = "(h, w), (1 to 4, h, w) or, for a batch, (n, 1 to 4, h, w)"
        last = image.ndim > 2 and image.shape[-1] in (1, 2, 3, 4) and image.numel() > 0
        hint = "; channels come first: image.movedim(-1, -3)" if last else ""
        raise UserError(f"an image tensor has shape {shapes}, not {tuple(image.shape)}{hint}")
    if image.layout != torch.strided or image.device.type == "meta":
        raise UserError("an image tensor has values, one for each pixel: give .to_dense() of a sparse one")
    # NumPy has no bfloat16; float32 holds every value of the half types exactly.
    values = image.detach().cpu()
    values = values.float() if values.dtype in (torch.bfloat16, torch.float16) else values
    given = _from_numpy((values[None] if image.ndim == 2 else values).resolve_conj().movedim(-3, -1).numpy())

    def back(array: Array) -> torch.Tensor:
        return torch.from_numpy(array).movedim(-1, -3).reshape(image.shape).to(image.device, image.dtype)

    return Held(given.array, back, image.ndim == 4)
