"""Images and masks to give to commands."""

import io

import numpy as np

from restore.images.codec import write_picture
from restore.images.picture import Picture

HOLE = np.zeros((24, 32), bool)
HOLE[6:12, 8:20] = True


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(5).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def write_mask(path, hole=HOLE):
    write_picture(Picture(hole.astype(np.uint8) * 255), path)
    return path


class Terminal(io.StringIO):
    def isatty(self):
        return True
