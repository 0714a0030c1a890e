"""What a user says of each pixel beside its colour, a hole or a noise level: (n, h, w) whatever it comes as."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Shaped
from PIL import Image

from restore.errors import UserError
from restore.images.tensors import is_tensor

Shape = tuple[int, int, int]
"""Images, height and width."""


def hole_plane(hole: Any, shape: Shape) -> Bool[np.ndarray, "n h w"]:
    """Where images are to be filled.

    Args:
        hole: An array, a tensor or a PIL image of mode 1 or L. Boolean, True = fill; or numbers of which no two
            readings are possible: 0 and 1, or 0 and 255 (0 and 65535 of 16 bits). Of shape (h, w), (h, w, 1) or
            (1, h, w), the same for all images, or (n, h, w), (n, 1, h, w) or (n, h, w, 1).
        shape: Of the images.

    Raises:
        UserError: It has another shape, or other values.
    """
    if isinstance(hole, Image.Image) and hole.mode not in ("1", "L"):
        raise UserError(f'a hole as a PIL image has mode 1 or L, not {hole.mode!r}: convert it by .convert("L")')
    array = _array(hole, "a hole")
    plane = _fitted(array, shape, "the hole")
    return np.broadcast_to(plane if plane.dtype == np.bool_ else _as_bool(plane), shape)


def sigma_plane(sigma: Any, shape: Shape) -> Float32[np.ndarray, "#n #h #w"]:
    """The noise level of pixels, in [0, 1] units.

    Args:
        sigma: One number for all, one for each image (n,), or one for each pixel in the shapes of a hole.
        shape: Of the images.

    Raises:
        UserError: It has another shape, or lies outside [0, 1].
    """
    array = _array(sigma, "sigma")
    each = array.ndim == 0 or array.shape == shape[:1]
    plane = array.reshape(-1, 1, 1) if each else _fitted(array, shape, "sigma")
    if not (np.isfinite(plane).all() and (plane >= 0).all()):
        raise UserError("sigma lies in [0, inf) for denoising; holes are a matter of `inpaint` or `restore`")
    if plane.max() > 1:
        raise UserError(f"sigma is in the units of an image in [0, 1], not {plane.max():g}: for levels, sigma / 255")
    return plane.astype(np.float32)


def _array(given: Any, what: str) -> Shaped[np.ndarray, "*size"]:
    try:
        array = given.detach().cpu().numpy() if is_tensor(given) else np.asarray(given)
    except (TypeError, ValueError) as error:  # rows of different lengths; tensors of types that NumPy lacks
        raise UserError(f"{what} is no array: {error}") from error
    if array.dtype.kind not in "bfiu":
        raise UserError(f"{what} is made of numbers, not of {array.dtype}")
    return array


def _fitted(array: Shaped[np.ndarray, "*size"], shape: Shape, what: str) -> Shaped[np.ndarray, "#n h w"]:
    count, *size = shape
    for n in dict.fromkeys((count, 1)):
        shapes = [(n, *size), (n, 1, *size), (n, *size, 1), *([tuple(size), (*size, 1)] if n == 1 else [])]
        if array.shape in shapes:
            return array.reshape(n, *size)
    raise UserError(f"{what} has size {array.shape}, the image {tuple(size) if count == 1 else shape}")


def _as_bool(plane: Shaped[np.ndarray, "n h w"]) -> Bool[np.ndarray, "n h w"]:
    top = plane.max()
    known = (1, 255, 65535) if plane.dtype == np.uint16 else (1, 255)
    if ((plane == 0) | (plane == top)).all() and (top == 0 or top in known):
        return plane.astype(np.bool_)
    values = np.unique(plane)
    if not np.isfinite(values).all():
        raise UserError("a hole is boolean, True where the image is to be filled: this one holds NaN or infinity")
    if len(values) <= 4 and top < 128 and plane.dtype.kind != "f":
        shown = ", ".join(map(str, values))
        raise UserError(f"a hole is boolean, True where the image is to be filled: of {shown}, pass hole == {top}")
    half = "127" if top > 1 else "0.5"
    soft = [value for value in values if value not in (0, *known)] or values
    shown = " … ".join(f"{value:.3g}" for value in dict.fromkeys((soft[0], soft[-1])))
    raise UserError(f"a hole is boolean, and this one has soft values, {shown}: pass hole > {half}")
