"""BMP, which libvips does not know, by Pillow."""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile

from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture


class Bmp:
    """The codec of BMP files; they hold pixels and nothing else."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data.startswith(b"BM")

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture]:
        """Refuses what is broken or too large."""
        try:
            image = BmpImageFile(io.BytesIO(data))  # `Image.open` has a bound on pixels of its own
        except (OSError, SyntaxError, ValueError) as error:
            raise ImageFileError(path, "not an image that can be read") from error
        if image.width * image.height > max_pixels:
            raise ImageFileError(path, f"{image.width} x {image.height} pixels are more than {max_pixels}")
        try:
            alpha = np.array(image.getchannel("A")) if image.mode == "RGBA" else None
            pixels = np.array(image.convert("L" if image.mode in {"1", "L"} else "RGB"))
        except (OSError, ValueError) as error:  # Pillow says either of pixels that do not fit their header
            raise ImageFileError(path, f"broken or cut short: {error}") from error
        # Pillow makes up 96 dpi where nothing is told.
        across, down = struct.unpack_from("<ii", data, 38) if struct.unpack_from("<I", data, 14)[0] >= 40 else (0, 0)
        resolution = (float(across), float(down)) if across > 0 and down > 0 else None
        note = "its palette becomes full colour" if image.mode == "P" else ""
        note = "1-bit gray becomes 8-bit" if image.mode == "1" else note
        metadata = Metadata(profile=_profile(data), resolution=resolution, source="BMP")
        return (Picture(pixels, alpha, metadata=metadata, note=note),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Make a file's bytes of a picture."""
        (picture,) = pages
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(picture.pixels)).save(buffer, "BMP")
        told = [round(value) for value in picture.metadata.resolution or (0, 0)]
        return buffer.getvalue()[:38] + struct.pack("<ii", *told) + buffer.getvalue()[46:]


def _profile(data: bytes) -> bytes | None:
    """The colour profile that the newest header may point to."""
    if len(data) < 138 or struct.unpack_from("<I", data, 14)[0] < 124 or data[70:74] != b"DEBM":
        return None
    start, size = struct.unpack_from("<II", data, 126)
    return data[14 + start :][:size] or None
