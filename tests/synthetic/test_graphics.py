import numpy as np
import pytest
import torch

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
def test_every_kind_of_panel_is_drawn_within_its_box(kind):
    from PIL import Image

    changed = False
    for seed in range(4):
        sheet = Image.new("RGB", (64, 64), (200, 120, 40))
        kind(numpy_generator(seeded_generator("panel", seed)), sheet, (16, 16, 48, 48))
        pixels = np.array(sheet)
        outside = np.ones((64, 64), bool)
        outside[8:, 8:] = False  # letters and slanted lines may go on to the right and below
        assert (pixels[outside] == (200, 120, 40)).all() or kind.__name__ == "_hatch"
        changed |= bool((pixels != (200, 120, 40)).any())
    assert changed


def test_sheets_are_of_the_size_asked_for():
    assert draw_sheet(numpy_generator(seeded_generator("sheet", 0)), 40).shape == (40, 40, 3)
