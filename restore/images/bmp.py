"""BMP, which libvips does not know, by Pillow."""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile

from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

_FILE, _INFO, _V4, _V5 = 14, 40, 108, 124
"""Bytes of headers: of the file, and of its kinds of the picture."""

_COLOUR_SPACE, _PROFILE = 56, 112
"""Where in the newest header; the first up to the second says how colours are meant."""

_CALIBRATED, _SRGB, _EMBEDDED, _LINKED = bytes(4), b"BGRs", b"DEBM", b"KNIL"
_PERCEPTUAL = struct.pack("<I", 4)
_MASKS = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)


class Bmp:
    """The codec of BMP files; opacity and a colour profile are in the newest of its headers."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data.startswith(b"BM")

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture]:
        """Refuses what is broken or too large."""
        try:
            image = BmpImageFile(io.BytesIO(data))  # `Image.open` has a bound on pixels of its own
        except OSError as error:  # Pillow says it of a kind that it does not read
            raise ImageFileError(path, f"not an image that can be read: {error}") from error
        except (SyntaxError, ValueError) as error:
            raise ImageFileError(path, "not an image that can be read") from error
        if image.width * image.height > max_pixels:
            raise ImageFileError(path, f"{image.width} x {image.height} pixels are more than {max_pixels}")
        try:
            alpha = np.array(image.getchannel("A")) if image.mode == "RGBA" else None
            pixels = np.array(image.convert("L" if image.mode in {"1", "L"} else "RGB"))
        except (OSError, ValueError) as error:  # Pillow says either of pixels that do not fit their header
            raise ImageFileError(path, f"broken or cut short: {error}") from error
        return (Picture(pixels, alpha, metadata=_metadata(data), note=_note(image, data)),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Make a file's bytes of a picture."""
        (picture,) = pages
        said = picture.metadata
        own: bytes = said.own_of("BMP") or b""
        told = struct.pack("<ii", *(round(value) for value in said.resolution or (0, 0)))
        array = picture.array
        if array.ndim == 3 and array.shape[2] == 2:  # BMP has no gray with opacity
            array = array[..., [0, 0, 0, 1]]
        buffer = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(array)).save(buffer, "BMP")
        data = buffer.getvalue()
        if picture.alpha is None and said.profile is None and not own:
            return data[:38] + told + data[46:]
        kind, masks = (0, bytes(16)) if picture.alpha is None else (3, struct.pack("<4I", *_MASKS))
        meant = own[: _PROFILE - _COLOUR_SPACE] or (_EMBEDDED if said.profile else _SRGB) + bytes(48) + _PERCEPTUAL
        profile = said.profile or own[_PROFILE - _COLOUR_SPACE :]
        pixels = data[_FILE + _INFO :]  # behind a palette, where there is one
        (start,) = struct.unpack_from("<I", data, 10)
        header = struct.pack("<I", _V5) + data[18:30] + struct.pack("<I", kind) + data[34:38] + told + data[46:54]
        header += masks + meant + struct.pack("<III", _V5 + len(pixels) if profile else 0, len(profile), 0)
        length = _FILE + len(header) + len(pixels) + len(profile)
        return struct.pack("<2sIII", b"BM", length, 0, start + _V5 - _INFO) + header + pixels + profile


def _note(image: Image.Image, data: bytes) -> str:
    bits = struct.unpack_from("<H", data, _FILE + (14 if _header_size(data) >= _INFO else 10))[0]
    if bits == 16:
        return "16-bit colour becomes 24-bit"
    if image.mode == "P":
        return "its palette becomes full colour"
    return "1-bit gray becomes 8-bit" if image.mode == "1" else ""


def _header_size(data: bytes) -> int:
    return int(struct.unpack_from("<I", data, _FILE)[0])


def _metadata(data: bytes) -> Metadata:
    """What the header says; `own` is how colours are meant, and behind it the name of a profile that is elsewhere."""
    size, own, profile, resolution, colour = _header_size(data), b"", None, None, ""
    if size >= _INFO:  # Pillow makes up 96 dpi where nothing is told
        across, down = struct.unpack_from("<ii", data, _FILE + 24)
        resolution = (float(across), float(down)) if across > 0 and down > 0 else None
    if size >= _V4:
        own = data[_FILE + _COLOUR_SPACE : _FILE + min(size, _PROFILE)].ljust(_PROFILE - _COLOUR_SPACE, b"\0")
        space = own[:4]
        if size >= _V5 and space in {_EMBEDDED, _LINKED}:
            start, length = struct.unpack_from("<II", data, _FILE + _PROFILE)
            held = data[_FILE + start :][:length]
            profile, own = (held or None, own) if space == _EMBEDDED else (None, own + held)
        if space == _LINKED or (space == _CALIBRATED and any(own[4:52])):
            colour = "a profile in another file" if space == _LINKED else "endpoints and gamma"
    return Metadata(profile=profile, resolution=resolution, source="BMP", own=own, colour=colour)
