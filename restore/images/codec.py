"""Image files in and out: pixel values, alpha, colour profile and orientation survive, or an error says why not."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from jaxtyping import Float32, Shaped, UInt
from PIL import Image

from restore.errors import FileError
from restore.images.writes import write_whole

MAX_PIXELS = 2**29
"""Larger pictures are refused before they are decoded: a small file can claim to be any size."""


@dataclass(frozen=True)
class _Format:
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    sixteen_bit: bool = False
    alpha: bool = True


_WRITTEN = {
    ".png": _Format("PNG", sixteen_bit=True),
    ".jpg": _Format("JPEG", {"Q": 95, "subsample_mode": "off"}, alpha=False),
    ".tif": _Format("TIFF", {"compression": "deflate", "predictor": "horizontal"}, sixteen_bit=True),
    ".webp": _Format("WebP", {"lossless": True, "exact": True}),
    ".avif": _Format("AVIF", {"lossless": True}),
    ".bmp": _Format("BMP", alpha=False),
}
_WRITTEN |= {".jpeg": _WRITTEN[".jpg"], ".tiff": _WRITTEN[".tif"]}

IMAGE_SUFFIXES = frozenset({*_WRITTEN, ".gif"})
"""What a folder is searched for, in lower case. A GIF can be read but not written: 256 colours are too few."""

_LOADERS = frozenset({"png", "jpeg", "tiff", "webp", "gif", "heif"})
_KEPT_FIELDS = frozenset({"icc-profile-data", "exif-data", "xmp-data", "iptc-data", "orientation", "resolution-unit"})
_KEPT_PREFIXES = ("exif-ifd0-", "exif-ifd2-", "exif-ifd3-", "png-comment-")
_INTERPRETATIONS = {(2, False): "b-w", (2, True): "grey16", (3, False): "srgb", (3, True): "rgb16"}


class ImageFileError(FileError):
    """An image file that cannot be read, or a picture that its format cannot hold."""


@dataclass(frozen=True)
class Picture:
    """The pixels of an image file as they are stored, and what else its file says that a copy should keep.

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


def upright(array: Shaped[np.ndarray, "h w *channels"], orientation: int) -> Shaped[np.ndarray, "hh ww *channels"]:
    """Turn stored pixels the way a viewer shows them."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    flips = {2: (1,), 3: (0, 1), 4: (0,), 6: (1,), 7: (0, 1), 8: (0,)}
    return np.flip(array, flips.get(orientation, ()))


def read_picture(path: str | Path) -> Picture:
    """Read an image by its content, whatever its name: PNG, JPEG, TIFF, WebP, AVIF, GIF or BMP.

    Palettes are expanded, 1-bit images become 8-bit, CMYK becomes sRGB through its own profile (`note` says so).

    Raises:
        ImageFileError: It is missing, no image, cut short, animated or paged, float, or has too many pixels.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImageFileError.of(path, error) from error
    return _read_bmp(data, path) if data.startswith(b"BM") else _read_vips(data, path)


def read_rgb(path: str | Path) -> Float32[np.ndarray, "h w 3"]:
    """Read an image for training: upright RGB in [0, 1], gray repeated, alpha dropped, 16 bits kept as precision.

    Raises:
        ImageFileError: As `read_picture`.
    """
    picture = read_picture(path)
    pixels = upright(picture.pixels, picture.orientation)
    pixels = pixels if pixels.ndim == 3 else pixels[..., None].repeat(3, axis=2)
    return np.ascontiguousarray(pixels, dtype=np.float32) / np.float32(picture.white)


def check_format(picture: Picture, path: Path) -> None:
    """Refuse to lose anything silently.

    Raises:
        ImageFileError: The format that the suffix of `path` stands for cannot hold the picture.
    """
    written = _WRITTEN.get(path.suffix.lower())
    if written is None:
        raise ImageFileError(path, f"{path.suffix or 'a name without suffix'} is not written; use .png or .tif")
    lost = {
        "16 bits": picture.white > 255 and not written.sixteen_bit,
        "an alpha channel": picture.alpha is not None and not written.alpha,
        "a colour profile": "icc-profile-data" in picture.metadata and written.name == "BMP",
    }
    what = " and ".join(name for name, is_lost in lost.items() if is_lost)
    if what:
        raise ImageFileError(path, f"{written.name} cannot hold {what}; use .png or .tif")


def have_one_format(one: Path, other: Path) -> bool:
    """Whether the suffixes of two names stand for one format, as .jpg and .jpeg do."""
    return _WRITTEN.get(one.suffix.lower()) is _WRITTEN.get(other.suffix.lower())


def write_picture(picture: Picture, path: str | Path, overwrite: bool = False) -> None:
    """Write a picture whole or not at all, in the format of the suffix, and make its folder if need be.

    PNG, TIFF, WebP, AVIF and BMP are written without loss; JPEG at quality 95 without chroma subsampling, which moves
    the pixels by about half a level on average. BMP knows no orientation, so there the pixels themselves are turned.

    Args:
        picture: Its EXIF survives in all formats but TIFF and BMP; of it TIFF keeps the orientation.
        path: Its suffix chooses the format.
        overwrite: Replace a file that exists.

    Raises:
        ImageFileError: The file exists, the format cannot hold the picture, or the place cannot be written.
    """
    path = Path(path)
    check_format(picture, path)
    try:
        data = _to_bmp(picture) if path.suffix.lower() == ".bmp" else _to_vips(picture, path.suffix.lower())
    except pyvips.Error as error:
        raise ImageFileError(path, f"cannot be written: {_first_line(error)}") from error
    write_whole(data, path, overwrite)


def _read_bmp(data: bytes, path: Path) -> Picture:
    try:
        image = Image.open(io.BytesIO(data), formats=["BMP"])
        alpha = np.array(image.getchannel("A")) if image.mode == "RGBA" else None
        pixels = np.array(image.convert("L" if image.mode in {"1", "L"} else "RGB"))
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageFileError(path, f"broken or cut short: {error}") from error
    return Picture(pixels, alpha)


def _read_vips(data: bytes, path: Path) -> Picture:
    try:
        image = pyvips.Image.new_from_buffer(data, "", access="sequential", fail_on="error")
        if image.get("vips-loader").partition("load")[0] not in _LOADERS:
            raise ImageFileError(path, "not an image that can be read")
    except pyvips.Error as error:
        raise ImageFileError(path, "not an image that can be read") from error
    if image.width * image.height > MAX_PIXELS:
        raise ImageFileError(path, f"{image.width} x {image.height} pixels are more than {MAX_PIXELS}")
    # An animated PNG says so before its pixels; libvips would show its first frame and keep silent.
    is_apng = b"acTL" in data[: data.find(b"IDAT")] and data.startswith(b"\x89PNG")
    if is_apng or ("n-pages" in image.get_fields() and image.get("n-pages") > 1):
        raise ImageFileError(path, "has several frames or pages; only single images are restored")
    note = "CMYK is converted to sRGB, and stays so in the result" if image.interpretation == "cmyk" else ""
    try:
        if note:
            image = image.icc_transform("srgb", embedded=True, depth=16 if image.format == "ushort" else 8)
        known = image.interpretation in _INTERPRETATIONS.values() and image.format in {"uchar", "ushort"}
        if not known or image.bands > 4:
            kind = f"{image.interpretation} with {image.bands} channels of {image.format}"
            raise ImageFileError(path, f"only 8- and 16-bit gray, RGB and CMYK are understood, not {kind}")
        pixels = np.atleast_3d(image.numpy())
    except pyvips.Error as error:
        raise ImageFileError(path, f"broken or cut short: {_first_line(error)}") from error
    colours = pixels[..., :3] if image.bands >= 3 else pixels[..., 0]
    alpha = pixels[..., -1].copy() if image.bands in {2, 4} else None
    metadata = {n: image.get(n) for n in image.get_fields() if n in _KEPT_FIELDS or n.startswith(_KEPT_PREFIXES)}
    return Picture(colours.copy(), alpha, metadata, (image.xres, image.yres), note)


def _to_bmp(picture: Picture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(upright(picture.pixels, picture.orientation))).save(buffer, "BMP")
    return buffer.getvalue()


def _to_vips(picture: Picture, suffix: str) -> bytes:
    pixels = picture.pixels if picture.alpha is None else np.dstack([picture.pixels, picture.alpha])
    interpretation = _INTERPRETATIONS[picture.pixels.ndim, picture.white > 255]
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels), interpretation=interpretation)
    image = image.copy(xres=picture.resolution[0], yres=picture.resolution[1])
    types = {bytes: pyvips.GValue.blob_type, str: pyvips.GValue.refstr_type, int: pyvips.GValue.gint_type}
    # The EXIF thumbnail shows the picture as it was, what was removed from it included: an empty one replaces it.
    for name, value in {**picture.metadata, "jpeg-thumbnail-data": b""}.items():
        image.set_type(types[type(value)], name, value)
    return bytes(image.write_to_buffer(suffix, **_WRITTEN[suffix].options))


def _first_line(error: pyvips.Error) -> str:
    return str(error.detail).strip().partition("\n")[0]
