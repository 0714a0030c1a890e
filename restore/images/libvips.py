"""The pixels of most formats, by libvips; what a file says beside them is read and written by the formats' codecs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pyvips
from jaxtyping import Shaped

from restore.images.forks import check_fork
from restore.images.picture import ImageFileError, Picture

_INTERPRETATIONS = {(2, False): "b-w", (2, True): "grey16", (3, False): "srgb", (3, True): "rgb16"}
_TYPES = {"uchar", "ushort"}
_TAKEN = 8
"""Bytes that libvips takes for a pixel at the most; where it gets none for a frame, it ends the process."""

_ONE_AT_A_TIME = Lock()
_ERRORS = (pyvips.Error, UnicodeDecodeError)  # pyvips fails to say what is wrong where a broken file is cited in it


def has(operation: str) -> bool:
    """Whether this libvips was built with an operation, such as `jxlload_buffer`."""
    found = pyvips.type_find("VipsForeign", operation) != 0
    pyvips.vips_lib.vips_error_clear()
    return bool(found)


def open_image(loader: str, data: bytes, path: Path, max_pixels: int, **options: Any) -> pyvips.Image:
    """Read the header of a file, or of a page of it.

    Args:
        loader: As libvips calls it: `png` for `pngload_buffer`. Never left to libvips' own choice, which depends on
            how it was built.
        data: The whole file.
        path: What errors call it.
        max_pixels: Larger pictures are refused before they are decoded.
        options: Of the loader.

    Raises:
        ImageFileError: It cannot be read, or is too large.
        UserError: This process is a fork of one that has read images.
        MemoryError: There is no room for its pixels.
    """
    check_fork()
    try:
        image = getattr(pyvips.Image, f"{loader}load_buffer")(data, access="sequential", fail_on="error", **options)
    except _ERRORS as error:
        pyvips.vips_lib.vips_error_clear()
        raise ImageFileError(path, "not an image that can be read") from error
    if image.width * image.height > max_pixels:
        raise ImageFileError(path, f"{image.width} x {image.height} pixels are more than {max_pixels}")
    np.empty(_TAKEN * image.width * image.height, np.uint8)  # a MemoryError here, where libvips would end the process
    return image


def read_pixels(image: pyvips.Image, path: Path) -> Picture:
    """Decode an image into a picture that says nothing but its pixels; CMYK becomes sRGB, and the note says so.

    Raises:
        ImageFileError: It is broken, or neither 8- or 16-bit gray, RGB or CMYK.
    """
    note = "CMYK is converted to sRGB, and stays so in the result" if image.interpretation == "cmyk" else ""
    try:
        if note:
            image = image.icc_transform("srgb", embedded=True, depth=16 if image.format == "ushort" else 8)
        known = image.interpretation in _INTERPRETATIONS.values() and image.format in _TYPES
        if not known or image.bands > 4:
            kind = f"{image.interpretation} with {image.bands} channels of {image.format}"
            raise ImageFileError(path, f"only 8- and 16-bit gray, RGB and CMYK are understood, not {kind}")
        pixels = np.atleast_3d(image.numpy())
    except _ERRORS as error:
        raise ImageFileError(path, f"broken or cut short: {_first_line(error)}") from error
    colours = pixels[..., :3] if image.bands >= 3 else pixels[..., 0]
    alpha = pixels[..., -1].copy() if image.bands in {2, 4} else None
    return Picture(colours.copy(), alpha, note=note)


@contextmanager
def warnings() -> Iterator[list[str]]:
    """What libvips warns of meanwhile, filled in at the end; one thread at a time, since it has one place for all."""
    said: list[str] = []
    with _ONE_AT_A_TIME:
        pyvips.vips_lib.vips_error_clear()
        yield said
        said += pyvips.ffi.string(pyvips.vips_lib.vips_error_buffer()).decode("utf-8", "replace").splitlines()
        pyvips.vips_lib.vips_error_clear()


def write_pixels(
    array: Shaped[np.ndarray, "h w *channels"], suffix: str, path: Path, options: Mapping[str, Any]
) -> bytes:
    """Make a file of 8- or 16-bit pixels that says nothing beside them.

    Args:
        array: Gray or RGB, alpha last.
        suffix: What chooses the writer.
        path: What errors call it.
        options: Of the writer.

    Raises:
        ImageFileError: The format cannot hold it, for example because it is too large.
    """
    return encode_image(to_image(array), suffix, path, {**options, "keep": "none"})


def to_image(array: Shaped[np.ndarray, "h w *channels"]) -> pyvips.Image:
    """Pixels as libvips has them."""
    gray_or_rgb = 2 if array.ndim == 2 or array.shape[2] < 3 else 3
    interpretation = _INTERPRETATIONS[gray_or_rgb, array.dtype == np.uint16]
    return pyvips.Image.new_from_array(np.ascontiguousarray(array), interpretation=interpretation)


def encode_image(image: pyvips.Image, suffix: str, path: Path, options: Mapping[str, Any]) -> bytes:
    """Make a file of an image.

    Raises:
        ImageFileError: The format cannot hold it.
    """
    try:
        return bytes(image.write_to_buffer(suffix, **options))
    except _ERRORS as error:
        raise ImageFileError(path, f"cannot be written: {_first_line(error)}") from error


def _first_line(error: Any) -> str:
    pyvips.vips_lib.vips_error_clear()  # or it would be said of the next file too
    detail = error.object.decode("utf-8", "replace") if isinstance(error, UnicodeDecodeError) else error.detail
    lines = str(detail).strip().splitlines()
    return next((line for line in lines if "bad seek" not in line), "")  # libheif feels for the end of what it reads
