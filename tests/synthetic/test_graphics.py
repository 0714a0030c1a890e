import numpy as np
import pytest
import torch
from PIL import Image

from restore.seeding import numpy_generator, seeded_generator
from restore.synthetic import Graphics
from restore.synthetic.graphics import KINDS, draw_sheet


def test_seed_and_index_fix_an_image():
    first, again, other = Graphics(4, 64), Graphics(4, 64), Graphics(4, 64, seed=1)
    assert torch.equal(first[2], again[2])
    assert not torch.equal(first[2], first[3])
    assert not torch.equal(first[2], other[2])


@pytest.mark.parametrize("index", range(12))
def test_images_are_rgb_of_eight_bits(index):
    image = Graphics(12, 48)[index]
    assert image.shape == (3, 48, 48)
    torch.testing.assert_close(image * 255, (image * 255).round().clamp(0, 255))


def test_there_is_no_image_beyond_the_last():
    with pytest.raises(IndexError):
        Graphics(3, 32)[3]


def test_much_of_most_images_is_exactly_flat():
    images = torch.stack([Graphics(24, 64)[k] for k in range(24)])
    flat = (images[..., 1:] == images[..., :-1]).all(1).float().mean((1, 2))
    assert flat.median() > 0.6


@pytest.mark.parametrize("kind", dict.fromkeys(KINDS), ids=lambda kind: kind.__name__)
def test_every_kind_of_panel_starts_at_its_box_and_goes_down_and_to_the_right(kind):
    ground = (200, 120, 40)
    changed = np.zeros((96, 96), bool)
    for seed in range(24):
        sheet = Image.new("RGB", (96, 96), ground)
        kind(numpy_generator(seeded_generator("panel", seed)), sheet, (48, 48, 72, 72))
        changed |= (np.array(sheet) != ground).any(-1)
    assert changed.any()
    # Pens are up to four pixels wide, and lines lean at most by their own height to the left.
    assert not changed[: 48 - 4].any()
    assert not changed[:, : 48 - 24 - 4].any()


def test_sheets_are_of_the_size_asked_for():
    assert draw_sheet(numpy_generator(seeded_generator("sheet", 0)), 40).shape == (40, 40, 3)
