"""Formats that libvips reads and writes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from restore.images.forks import check_fork
from restore.images.picture import PROFILE, ImageFileError, Picture

_KEPT_FIELDS = frozenset({PROFILE, "exif-data", "xmp-data", "iptc-data", "orientation", "resolution-unit"})
_KEPT_PREFIXES = ("exif-ifd0-", "exif-ifd2-", "exif-ifd3-", "png-comment-")
_INTERPRETATIONS = {(2, False): "b-w", (2, True): "grey16", (3, False): "srgb", (3, True): "rgb16"}


@dataclass(frozen=True)
class Libvips:
    """The codec of one format.

    Args:
        loader: What reads it, in libvips' words: `png` for `pngload`.
        suffix: What chooses its writer; empty if it is not written.
        options: Of its writer.
    """

    loader: str
    suffix: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        found = pyvips.vips_lib.vips_foreign_find_load_buffer(pyvips.ffi.from_buffer(data), len(data))
        if found == pyvips.ffi.NULL:
            pyvips.vips_lib.vips_error_clear()  # or the next error would say this too
            return False
        loader: str = pyvips.nickname_find(pyvips.type_from_name(pyvips.ffi.string(found).decode()))
        return loader.partition("load")[0] == self.loader

    def decode(self, data: bytes, path: Path, max_pixels: int) -> Picture:
        """Refuses what is broken, animated or paged, of another type than 8 and 16 bits, or too large."""
        check_fork()
        try:
            image = pyvips.Image.new_from_buffer(data, "", access="sequential", fail_on="error")
        except pyvips.Error as error:
            raise ImageFileError(path, "not an image that can be read") from error
        if image.width * image.height > max_pixels:
            raise ImageFileError(path, f"{image.width} x {image.height} pixels are more than {max_pixels}")
        # An animated PNG says so before its pixels; libvips would show its first frame and keep silent.
        is_apng = self.loader == "png" and b"acTL" in data[: data.find(b"IDAT")]
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

    def encode(self, picture: Picture, path: Path) -> bytes:
        """Refuses what is too large for the format."""
        interpretation = _INTERPRETATIONS[picture.pixels.ndim, picture.white > 255]
        image = pyvips.Image.new_from_array(np.ascontiguousarray(picture.array), interpretation=interpretation)
        image = image.copy(xres=picture.resolution[0], yres=picture.resolution[1])
        types = {bytes: pyvips.GValue.blob_type, str: pyvips.GValue.refstr_type, int: pyvips.GValue.gint_type}
        # The EXIF thumbnail shows the picture as it was, what was removed from it included: an empty one replaces it.
        for name, value in {**picture.metadata, "jpeg-thumbnail-data": b""}.items():
            image.set_type(types[type(value)], name, value)
        try:
            return bytes(image.write_to_buffer(self.suffix, **self.options))
        except pyvips.Error as error:
            raise ImageFileError(path, f"cannot be written: {_first_line(error)}") from error


def _first_line(error: pyvips.Error) -> str:
    return str(error.detail).strip().partition("\n")[0]
