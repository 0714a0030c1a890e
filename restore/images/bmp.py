"""BMP, which libvips does not know, by Pillow."""

import io
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile

from restore.images.picture import ImageFileError, Picture


class Bmp:
    """The codec of BMP files; they hold pixels and nothing else."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data.startswith(b"BM")

    def decode(self, data: bytes, path: Path, max_pixels: int) -> Picture:
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
        return Picture(pixels, alpha)

    def encode(self, picture: Picture, path: Path) -> bytes:  # noqa: ARG002 (it cannot fail)
        """Make a file's bytes of a picture."""
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(picture.pixels)).save(buffer, "BMP")
        return buffer.getvalue()
