import numpy as np

from restore.drawing.sources import source_map


def test_a_copy_has_the_colour_of_the_place_it_comes_from():
    pixels = np.ones((5, 9, 3), dtype=np.float32)
    sources = np.moveaxis(np.indices((1, 5, 9))[:, 0], 0, -1).copy()
    sources[2, 4] = (0, 4, 8)
    sources[3, 4] = (-1, -1, -1)
    sources[3, 5] = (2, 0, 8)
    shown = source_map(pixels, sources)
    assert shown[2, 4].tolist() == [255, 255, 0]
    assert shown[3, 4].tolist() == [0, 0, 0]
    assert shown[3, 5].tolist() == [128, 0, 0]  # the upper right corner of another image
    assert shown[4, 8].tolist() == [255, 255, 102]  # 0.6 of its colour, and 0.4 of its gray
    assert source_map(0 * pixels, sources)[0, 0].tolist() == [0, 0, 0]
