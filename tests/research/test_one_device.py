import numpy as np
import pytest
from PIL import Image

from research.one_device import main


def differences(folder):
    """What each noisy image has beyond its clean partner, of 255."""
    for path in sorted(folder.glob("*/noisy/*.png")):
        noisy, clean = (np.asarray(Image.open(one), float) for one in (path, path.parents[1] / "clean" / path.name))
        yield clean, noisy - clean


@pytest.fixture
def images(tmp_path):
    for i in range(5):
        gray = np.full((96, 64 + 32 * (i % 2), 3), 128, np.uint8)
        gray[:48] = 32
        (tmp_path / "images").mkdir(exist_ok=True)
        Image.fromarray(gray).save(tmp_path / "images" / f"{i}.png")
    return tmp_path


@pytest.mark.parametrize("noise", ["camera", "grain", "signal"])
def test_noise_of_one_device_lies_over_all_images(images, noise):
    assert main([str(images / "images"), "-o", str(images / noise), "--noise", noise]) == 0
    assert len(list((images / noise / "train" / "noisy").iterdir())) == 3
    assert len(list((images / noise / "test" / "noisy").iterdir())) == 2
    found = list(differences(images / noise))
    levels = [error[60:].std() for _, error in found]
    assert max(levels) < 1.2 * min(levels)  # it is the same camera
    assert not any(np.array_equal(found[0][1], error) for _, error in found[1:])
    assert all(abs(error.mean()) < 1.5 for _, error in found)


def test_levels_and_neighbours_are_as_said(images):
    for noise in ("grain", "signal"):
        main([str(images / "images"), "-o", str(images / noise), "--noise", noise])
    grain = np.concatenate([error[60:, :64] for _, error in differences(images / "grain")])
    assert grain.std() == pytest.approx(15, rel=0.1)
    assert (grain[:, 1:] * grain[:, :-1]).mean() / grain.var() == pytest.approx(2 / 3, abs=0.08)
    signal = np.concatenate([error[60:, :64] for _, error in differences(images / "signal")])
    assert signal.std() == pytest.approx((4**2 + 128 / 255 * (36**2 - 4**2)) ** 0.5, rel=0.05)
    assert abs((signal[:, 1:] * signal[:, :-1]).mean() / signal.var()) < 0.05
