"""Image files in and out: pixel values, alpha, colour profile and orientation survive, or an error says why not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from PIL import Image

from restore.images.formats import FORMATS, Format, format_of
from restore.images.picture import ImageFileError, Picture, upright
from restore.images.writes import write_whole

MAX_PIXELS = 2**29
"""Larger pictures are refused before they are decoded: a small file can claim to be any size."""

MAX_BYTES = 2**33
"""Larger files are refused before they are read: the largest picture, uncompressed, is half of that."""


def decode(data: bytes, name: str | Path = "image", max_pixels: int = MAX_PIXELS) -> Picture:
    """Make a picture of the bytes of a PNG, JPEG, TIFF, WebP, AVIF, GIF or BMP file.

    Palettes are expanded, 1-bit images become 8-bit, CMYK becomes sRGB through its own profile (`note` says so).

    Args:
        data: The whole file, whose content tells its format.
        name: What errors call it.
        max_pixels: Larger pictures are refused before they are decoded.

    Raises:
        ImageFileError: It is no image, cut short, animated or paged, float, or has too many pixels.
    """
    for one in FORMATS:
        if one.codec.reads(data):
            return one.codec.decode(data, Path(name), max_pixels)
    raise ImageFileError(Path(name), "not an image that can be read")


def encode(picture: Picture, name: str | Path) -> bytes:
    """Make the bytes of a file of a picture.

    PNG, TIFF, WebP, AVIF and BMP are written without loss; JPEG at quality 95 without chroma subsampling, which moves
    the pixels by about half a level on average. BMP knows no orientation, so there the pixels themselves are turned.

    Args:
        picture: Its EXIF survives in all formats but TIFF and BMP; of it TIFF keeps the orientation.
        name: Its suffix chooses the format; errors call it so.

    Raises:
        ImageFileError: The format is not written, or cannot hold the picture.
    """
    path = Path(name)
    into = check_format(picture, path)
    if not into.orientation:
        picture = replace(picture, pixels=upright(picture.pixels, picture.orientation))
    return into.codec.encode(picture, path)


def read_picture(path: str | Path, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES) -> Picture:
    """Read an image file by its content, whatever its name, as `decode` does.

    Args:
        path: The file.
        max_pixels: Larger pictures are refused before they are decoded.
        max_bytes: Larger files are refused before they are read.

    Raises:
        ImageFileError: It is missing or too large, or as for `decode`.
    """
    path = Path(path)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ImageFileError(path, "a pipe or a device, not a file")  # reading may wait for ever
        size = path.stat().st_size
        if size > max_bytes:
            raise ImageFileError(path, f"{size} bytes are more than {max_bytes}")
        data = path.read_bytes()
    except OSError as error:
        raise ImageFileError.of(path, error) from error
    return decode(data, path, max_pixels)


def read_rgb(path: str | Path) -> Float32[np.ndarray, "h w 3"]:
    """Read an image for training: upright RGB in [0, 1], gray repeated, alpha dropped, 16 bits kept.

    Raises:
        ImageFileError: As `read_picture`.
    """
    return read_picture(path).as_rgb()


def read_size(path: str | Path) -> tuple[int, int] | None:
    """Width and height of an image in pixels, as stored, by what its file begins with; None if that is broken."""
    if not Path(path).is_file():
        return None
    try:
        with Image.open(path, formats=[one.name.upper() for one in FORMATS]) as image:
            return image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def check_format(picture: Picture, path: Path) -> Format:
    """Refuse to lose anything silently.

    Returns:
        The format that the suffix of `path` stands for.

    Raises:
        ImageFileError: It is not written, or cannot hold the picture.
    """
    into = format_of(path)
    if into is None or not into.written:
        raise ImageFileError(path, f"{path.suffix or 'a name without suffix'} is not written; use .png or .tif")
    lost = into.lacks(picture)
    if lost:
        raise ImageFileError(path, f"{into.name} cannot hold {lost}; use .png or .tif")
    return into


def write_picture(picture: Picture, path: str | Path, overwrite: bool = False) -> None:
    """Write a picture whole or not at all, as `encode` does, and make its folder if need be.

    Args:
        picture: What to write.
        path: Its suffix chooses the format.
        overwrite: Replace a file that exists.

    Raises:
        ImageFileError: The format is not written, or cannot hold the picture.
        WriteError: The file exists, or the place cannot be written.
    """
    write_whole(encode(picture, path), Path(path), overwrite)
