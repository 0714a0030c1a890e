"""PPM, PGM and PBM: plain numbers that NumPy reads (Pillow makes 8 bits of 16 where there is colour)."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

_GAP = rb"(?:\s|#[^\n\r]*[\n\r])+"
_SIZE = re.compile(rb"P([1-6])" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})")
_MAXVAL = re.compile(_GAP + rb"(\d{1,9})")
_COMMENT = re.compile(rb"#[^\n\r]*")


@dataclass(frozen=True)
class _Header:
    """What a file begins with; `start` is where its numbers do."""

    is_text: bool
    is_bits: bool
    shape: tuple[int, ...]
    maxval: int
    start: int


class Ppm:
    """The codec of PPM, PGM and PBM files, binary and as text; they hold pixels and nothing else."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return re.match(rb"P[1-6](?:\s|#)", data) is not None

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture]:
        """Refuses what is broken, of a range that cannot be kept, or too large."""
        header = _header(data, path)
        height, width = header.shape[:2]
        if width * height > max_pixels:
            raise ImageFileError(path, f"{width} x {height} pixels are more than {max_pixels}")
        values = _from_text(data, header, path) if header.is_text else _from_bytes(data, header, path)
        note = "1-bit gray becomes 8-bit" if header.is_bits else ""
        return (Picture(values, metadata=Metadata(source="PPM"), note=note),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Refuses colour where the suffix says gray, and all but black and white where it says bits."""
        (picture,) = pages
        pixels, suffix = picture.pixels, path.suffix.lower()
        height, width = pixels.shape[:2]
        if pixels.ndim == 3 and suffix in {".pgm", ".pbm"}:
            raise ImageFileError(path, f"{suffix} cannot hold colour; use .ppm")
        if suffix == ".pbm":
            if not np.isin(pixels, (0, picture.white)).all():
                raise ImageFileError(path, ".pbm holds black and white only; use .pgm")
            return b"P4\n%d %d\n" % (width, height) + np.packbits(pixels == 0, axis=1).tobytes()
        if pixels.ndim == 2 and suffix == ".ppm":
            pixels = np.dstack([pixels] * 3)
        kind = b"P6" if pixels.ndim == 3 else b"P5"
        start = b"%s\n%d %d\n%d\n" % (kind, width, height, picture.white)
        return start + pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()


def _header(data: bytes, path: Path) -> _Header:
    size = _SIZE.match(data)
    if size is None:
        raise ImageFileError(path, "broken or cut short: its size cannot be read")
    kind, width, height = map(int, size.groups())
    if not width or not height:
        raise ImageFileError(path, "has no pixels")
    is_bits = kind in {1, 4}
    maximum = size if is_bits else _MAXVAL.match(data, size.end())
    if maximum is None:
        raise ImageFileError(path, "broken or cut short: its largest value cannot be read")
    maxval = 1 if is_bits else int(maximum[1])
    if not is_bits and maxval not in {255, 65535}:
        raise ImageFileError(path, f"its white is {maxval}, not 255 or 65535: rescale it first")
    shape = (height, width, 3) if kind in {3, 6} else (height, width)
    return _Header(kind <= 3, is_bits, shape, maxval, maximum.end())


def _from_bytes(data: bytes, header: _Header, path: Path) -> Shaped[np.ndarray, "h w *channels"]:
    start, (height, width) = header.start + 1, header.shape[:2]  # one white space ends the header
    dtype = np.dtype(">u2" if header.maxval == 65535 else "u1")
    count = height * ((width + 7) // 8) if header.is_bits else int(np.prod(header.shape))
    _check_end(len(data) - start, count * dtype.itemsize, path)
    values = np.frombuffer(data, dtype, count, start)
    if header.is_bits:
        return np.where(np.unpackbits(values.reshape(height, -1), axis=1, count=width), 0, 255).astype(np.uint8)
    return values.astype(dtype.newbyteorder("=")).reshape(header.shape)


def _from_text(data: bytes, header: _Header, path: Path) -> Shaped[np.ndarray, "h w *channels"]:
    text = _COMMENT.sub(b"", data[header.start :])
    words = re.findall(rb"[01]", text) if header.is_bits else text.split()  # bits need no space between them
    count = int(np.prod(header.shape))
    _check_end(len(words), count, path)
    try:
        values = np.array([int(word) for word in words[:count]])
    except ValueError as error:
        raise ImageFileError(path, "broken: it holds what is no number") from error
    if values.min() < 0 or values.max() > header.maxval:
        raise ImageFileError(path, f"broken: it holds values beyond its white, {header.maxval}")
    values = values.reshape(header.shape)
    if header.is_bits:
        return np.where(values, 0, 255).astype(np.uint8)
    return values.astype(np.uint16 if header.maxval == 65535 else np.uint8)


def _check_end(found: int, needed: int, path: Path) -> None:
    if found < needed:
        raise ImageFileError(path, f"cut short: {needed} values or bytes are needed, {max(0, found)} are there")
    # Further images may follow in the same file, which hardly anybody reads.
