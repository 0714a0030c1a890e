"""Pixels to write and read."""

import struct
from functools import cache

import numpy as np
from PIL import Image, ImageCms


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(7).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def photograph(height=24, width=40):
    """Smooth enough for JPEG, and without any symmetry."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 9 % 200, columns * 5 % 220, (rows + columns) * 3 % 180], axis=2).astype(np.uint8)


@cache
def icc_profile():  # it names the second of its making
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def save_jpeg(path, orientation=1, **options):
    exif = Image.Exif()
    exif[274], exif[271] = orientation, "Maker"
    Image.fromarray(photograph()).save(path, exif=exif, quality=95, subsampling=0, **options)


def exif_with_thumbnail(order="<", with_thumbnail=True):
    """A camera's EXIF: orientation 6 and a maker's name, and behind them a thumbnail, which comes beside it."""
    thumbnail = b"\xff\xd8 the picture as it was \xff\xd9"
    first = struct.pack(order + "H", 2)
    first += struct.pack(order + "HHI", 274, 3, 1) + struct.pack(order + "HH", 6, 0)
    first += struct.pack(order + "HHI4s", 271, 2, 4, b"Ace\0")
    end = 8 + len(first) + 4
    if not with_thumbnail:
        return _tiff(order) + first + bytes(4), b""
    second = struct.pack(order + "H", 2)
    second += struct.pack(order + "HHII", 0x0201, 4, 1, end + 2 + 24 + 4)
    second += struct.pack(order + "HHII", 0x0202, 4, 1, len(thumbnail)) + bytes(4)
    return _tiff(order) + first + struct.pack(order + "I", end) + second + thumbnail, thumbnail


def _tiff(order):
    return (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
