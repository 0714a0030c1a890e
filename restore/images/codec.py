"""Image files in and out: pixel values, alpha, colour profile and orientation survive, or an error says why not."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32
from PIL import Image

from restore.images.formats import FORMATS, Format, format_of
from restore.images.picture import ImageFileError, Picture
from restore.images.unread import is_camera_raw, why_unread
from restore.images.writes import write_whole

MAX_PIXELS = 2**29
"""Larger pictures are refused before they are decoded: a small file can claim to be any size."""

MAX_BYTES = 2**33
"""Larger files are refused before they are read: the largest picture, uncompressed, is half of that."""


def decode(data: bytes, name: str | Path = "image", max_pixels: int = MAX_PIXELS) -> Picture:
    """Make a picture of the bytes of a file with a single image, as `decode_pages` does.

    Raises:
        ImageFileError: It has several pages, or as for `decode_pages`.
    """
    return _single(decode_pages(data, name, max_pixels), Path(name))


def decode_pages(data: bytes, name: str | Path = "image", max_pixels: int = MAX_PIXELS) -> tuple[Picture, ...]:
    """Make a picture of each page of the bytes of a file in one of the `FORMATS`; all formats but TIFF have one.

    Palettes are expanded, 1-bit images become 8-bit, CMYK becomes sRGB through its own profile (`note` says so).

    Args:
        data: The whole file, whose content tells its format.
        name: What errors call it.
        max_pixels: Larger pictures are refused before they are decoded.

    Raises:
        ImageFileError: It is no image, cut short, animated, of a type that is not restored, or has too many pixels.
    """
    path = Path(name)
    if not is_camera_raw(data, path):
        for one in FORMATS:
            if one.codec.reads(data):
                return one.codec.decode(data, path, max_pixels)
    raise ImageFileError(path, why_unread(data, path))


def encode(picture: Picture | tuple[Picture, ...], name: str | Path, quality: int | None = None) -> bytes:
    """Make the bytes of a file of a picture, or of the pages of one.

    All formats but JPEG are written without loss; JPEG, at quality 95 without chroma subsampling, moves the pixels by
    about half a level on average. Where the format knows no orientation, the pixels themselves are turned.

    Args:
        picture: What it says survives, where the format can hold it: all of it in the format that it was read from.
        name: Its suffix chooses the format; errors call it so.
        quality: Of JPEG, 1 to 100.

    Raises:
        ImageFileError: The format is not written, or cannot hold the picture.
    """
    path = Path(name)
    pages = picture if isinstance(picture, tuple) else (picture,)
    into = check_format(pages, path)
    if not into.orientation:
        pages = tuple(page.turned() for page in pages)
    return into.codec.encode(pages, path, quality)


def read_picture(path: str | Path, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES) -> Picture:
    """Read an image file by its content, whatever its name, as `decode` does.

    Args:
        path: The file.
        max_pixels: Larger pictures are refused before they are decoded.
        max_bytes: Larger files are refused before they are read.

    Raises:
        ImageFileError: It is missing or too large, has several pages, or as for `decode_pages`.
    """
    return _single(read_pages(path, max_pixels, max_bytes), Path(path))


def read_pages(path: str | Path, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES) -> tuple[Picture, ...]:
    """Read all pages of an image file, as `decode_pages` does.

    Raises:
        ImageFileError: It is missing or too large, or as for `decode_pages`.
    """
    return decode_pages(read_bytes(Path(path), max_bytes), path, max_pixels)


def read_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The content of a file.

    Raises:
        ImageFileError: It is missing, none, or too large.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ImageFileError(path, "a pipe or a device, not a file")  # reading may wait for ever
        size = path.stat().st_size
        if size > max_bytes:
            raise ImageFileError(path, f"{size} bytes are more than {max_bytes}")
        return path.read_bytes()
    except OSError as error:
        raise ImageFileError.of(path, error) from error


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
    names = {one.name.upper().replace(" ", "") for one in FORMATS}
    Image.init()
    try:
        with Image.open(path, formats=sorted(names & Image.OPEN.keys())) as image:
            return image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def check_format(picture: Picture | tuple[Picture, ...], path: Path) -> Format:
    """Refuse to change silently how a picture looks.

    Returns:
        The format that the suffix of `path` stands for.

    Raises:
        ImageFileError: It is not written, or cannot hold the picture.
    """
    into = format_of(path)
    if into is None or not into.written:
        raise ImageFileError(path, f"{path.suffix or 'a name without suffix'} is not written; use .png or .tif")
    pages = picture if isinstance(picture, tuple) else (picture,)
    lost = into.lacks(*pages)
    if lost:
        able = [one.suffixes[0] for one in FORMATS if one.written and one.lossless and not one.lacks(*pages)]
        raise ImageFileError(path, f"{into.name} cannot hold {lost}" + (f"; use {able[0]}" if able else ""))
    return into


def write_picture(
    picture: Picture | tuple[Picture, ...], path: str | Path, overwrite: bool = False, quality: int | None = None
) -> None:
    """Write a picture, or the pages of one, whole or not at all, as `encode` does, and make its folder if need be.

    Args:
        picture: What to write.
        path: Its suffix chooses the format.
        overwrite: Replace a file that exists.
        quality: Of JPEG, 1 to 100.

    Raises:
        ImageFileError: The format is not written, or cannot hold the picture.
        WriteError: The file exists, or the place cannot be written.
    """
    write_whole(encode(picture, path, quality), Path(path), overwrite)


def _single(pages: tuple[Picture, ...], path: Path) -> Picture:
    if len(pages) > 1:
        raise ImageFileError(path, f"has {len(pages)} pages; one image is needed here")
    return pages[0]
