"""The images that users hold (NumPy, PIL, tensors) and the one layout that is worked on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

Array = NDArray[Any]

WHITE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}
"""The value of full intensity of the integer types; 1 for floats."""

WITH_ALPHA = ("LA", "RGBA")
"""The modes of PIL images with an alpha channel."""


def to_array(image: Any) -> tuple[Array, Callable[[Array], Any]]:
    """View an image as an array of shape (h, w) or (h, w, 3), and tell how to turn such an array back.

    Args:
        image: A NumPy array (h, w) or (h, w, 3); a tensor (h, w), (1, h, w) or (3, h, w); or a PIL image of mode L,
            RGB, LA, RGBA (whose alpha channel is kept as it is) or I;16, whose `info` is kept. Type uint8, uint16 or
            floating point.

    Raises:
        ValueError: The shape, the type or the mode is another.
    """
    if isinstance(image, Image.Image):
        return _from_pil(image)
    if isinstance(image, Tensor):
        return _from_tensor(image)
    if not isinstance(image, np.ndarray):
        raise ValueError(f"an image is a NumPy array, a PIL image or a tensor, not {type(image).__name__}")  # noqa: TRY004
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or image.size == 0:
        raise ValueError(f"an image has shape (h, w) or (h, w, 3), not {image.shape}")
    if image.dtype not in WHITE and not np.issubdtype(image.dtype, np.floating):
        raise ValueError(f"an image holds uint8, uint16 or floating point, not {image.dtype}")
    return image, lambda array: array


def alpha_of(image: Any) -> UInt8[np.ndarray, "h w"] | None:
    """The opacity of a PIL image, 0 to 255; None for all other images."""
    has_alpha = isinstance(image, Image.Image) and image.mode in WITH_ALPHA
    return np.asarray(image.getchannel("A")) if has_alpha else None


def with_alpha(image: Image.Image, alpha: UInt8[np.ndarray, "h w"]) -> Image.Image:
    """A PIL image of mode L, RGB, LA or RGBA with this opacity."""
    changed = image.copy()
    changed.putalpha(Image.fromarray(alpha))
    return changed


def _from_pil(image: Image.Image) -> tuple[Array, Callable[[Array], Image.Image]]:
    if image.mode not in ("L", "RGB", "I;16", *WITH_ALPHA):
        raise ValueError(f"a PIL image of mode {image.mode!r} is not supported: convert it to RGB or L")
    array, alpha = np.asarray(image), alpha_of(image)

    def back(array: Array) -> Image.Image:
        restored = Image.fromarray(array)
        restored = restored if alpha is None else with_alpha(restored, alpha)
        restored.info = dict(image.info)
        return restored

    if alpha is not None:
        array = array[..., 0] if image.mode == "LA" else array[..., :3]
    return array, back


def _from_tensor(image: Tensor) -> tuple[Array, Callable[[Array], Tensor]]:
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[0] not in (1, 3)):
        raise ValueError(f"an image tensor has shape (h, w), (1, h, w) or (3, h, w), not {tuple(image.shape)}")
    # NumPy has no bfloat16; float32 holds every value of the half types exactly.
    values = image.detach().cpu()
    values = values.float() if values.dtype in (torch.bfloat16, torch.float16) else values
    array, _ = to_array((values.movedim(0, -1).squeeze(-1) if values.ndim == 3 else values).numpy())

    def back(array: Array) -> Tensor:
        restored = torch.from_numpy(array)
        restored = restored if image.ndim == 2 else restored.movedim(-1, 0) if array.ndim == 3 else restored[None]
        return restored.to(image.device, image.dtype)

    return array, back


def to_pixels(array: Array) -> Tensor:
    """Pixels of shape (1, 3, h, w) in [0, 1] units, gray in all three channels; floats are not clipped."""
    pixels = torch.from_numpy(np.ascontiguousarray(array).astype(np.float32)) / WHITE.get(array.dtype, 1.0)
    pixels = pixels[..., None].expand(-1, -1, 3) if array.ndim == 2 else pixels
    return pixels.permute(2, 0, 1)[None]


def from_pixels(pixels: Tensor, like: Array) -> Array:
    """An array of another's type and number of channels from pixels (1, 3, h, w); integers are rounded."""
    array = pixels[0].permute(1, 2, 0).cpu().numpy()
    array = array.mean(-1) if like.ndim == 2 else array
    if like.dtype in WHITE:
        array = np.rint(array.clip(0, 1) * WHITE[like.dtype])
    return array.astype(like.dtype)
