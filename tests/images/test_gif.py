import io

import numpy as np
from PIL import Image

from restore.images.codec import decode
from tests.images.samples import noise


def test_colours_and_transparency_are_read():
    index = noise(9, 13) % 3
    image = Image.fromarray(index, "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    buffer = io.BytesIO()
    image.save(buffer, "GIF", transparency=1)
    picture = decode(buffer.getvalue())
    assert np.array_equal(picture.alpha, np.where(index == 1, 0, 255))
    assert np.array_equal(picture.pixels[index != 1], (np.eye(3, dtype=np.uint8)[index] * 255)[index != 1])


def test_without_transparency_there_is_no_alpha():
    buffer = io.BytesIO()
    Image.fromarray(noise(9, 13)).save(buffer, "GIF")
    picture = decode(buffer.getvalue())
    assert picture.alpha is None
    assert np.array_equal(picture.as_rgb()[..., 0] * 255, noise(9, 13))
