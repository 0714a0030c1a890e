"""Pixels to write and read."""

import numpy as np
from PIL import Image, ImageCms


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(7).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def photograph(height=24, width=40):
    """Smooth enough for JPEG, and without any symmetry."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 9 % 200, columns * 5 % 220, (rows + columns) * 3 % 180], axis=2).astype(np.uint8)


def icc_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def save_jpeg(path, orientation=1, **options):
    exif = Image.Exif()
    exif[274], exif[271] = orientation, "Maker"
    Image.fromarray(photograph()).save(path, exif=exif, quality=95, subsampling=0, **options)
