"""Images of every kind, in and out."""

import numpy as np
import pytest
import torch
from PIL import Image

from restore.errors import UserError
from restore.images.arrays import UserImage
from restore.noise_profile import NoiseProfile

from .conftest import HOLE, IMAGES, SIZE, draw


@pytest.fixture(params=IMAGES)
def image(request):
    return IMAGES[request.param]


def kind(image):
    if isinstance(image, Image.Image):
        return Image.Image, image.mode, image.size
    return type(image), image.dtype, tuple(image.shape)


def values(image):
    """Numbers of shape (h, w, channels), alpha included."""
    if isinstance(image, torch.Tensor):
        image = image.double().reshape(-1, *SIZE).permute(1, 2, 0).numpy()
    return np.asarray(image, dtype=np.float64).reshape(*SIZE, -1)


def colours(image):
    return values(image)[..., : -1 if values(image).shape[-1] in (2, 4) else None]


def test_inpainting_changes_the_hole_and_nothing_else(restorer, image):
    before = values(image).copy()
    restored = restorer.inpaint(image, HOLE)
    assert kind(restored) == kind(image)
    assert np.array_equal(values(restored)[~HOLE], before[~HOLE])
    assert np.isfinite(values(restored)).all()
    assert (colours(restored)[HOLE] != colours(image)[HOLE]).mean() > 0.5
    assert np.array_equal(values(image), before)


def test_denoising_keeps_kind_size_and_type_and_does_not_write_to_its_argument(restorer, image):
    before = values(image).copy()
    restored = restorer.denoise(image, sigma=0.1)
    assert kind(restored) == kind(image)
    assert (colours(restored) != colours(image)).mean() > 0.5
    assert np.array_equal(values(image), before)


def test_no_noise_and_no_strength_are_the_identity(restorer, image):
    for restored in (restorer.denoise(image, sigma=0), restorer.denoise(image, sigma=0.2, strength=0.0)):
        assert kind(restored) == kind(image)
        assert np.array_equal(values(restored), values(image))


TRANSPARENT = np.zeros(SIZE, bool)
TRANSPARENT[:, 25:45] = True
"""Some of it lies in the hole."""


def transparent(name, colour):
    """An image of which some columns are transparent and have a colour of their own, and the rest is opaque."""
    given = UserImage.of(IMAGES[name])
    array = given.array.copy()
    array[..., -1] = white(array)
    array[:, TRANSPARENT] = [colour * white(array)] * (array.shape[-1] - 1) + [0]
    return given.back(array)


def white(array):
    return np.iinfo(array.dtype).max if array.dtype.kind == "u" else 1


@pytest.fixture(params=["LA", "RGBA", "uint16-2", "uint16-4", "float32-rgba", "tensor-rgba"])
def pair(request):
    """The same image with two colours where nobody sees them."""
    return [transparent(request.param, colour) for colour in (0, 1)]


def test_colours_that_transparency_hides_influence_no_filling_and_stay(restorer, pair):
    one, other = (values(restorer.inpaint(image, HOLE)) for image in pair)
    assert np.array_equal(one[HOLE], other[HOLE])
    for image, filled in zip(pair, (one, other), strict=True):
        assert np.array_equal(filled[~HOLE], values(image)[~HOLE])
        assert (filled[HOLE, -1] == values(image)[..., -1].max()).all()  # what is filled is opaque


@pytest.mark.parametrize("sigma", [0.1, None])
def test_colours_that_transparency_hides_influence_no_denoising_and_stay(restorer, pair, sigma):
    one, other = (values(restorer.denoise(image, sigma)) for image in pair)
    assert np.array_equal(one[~TRANSPARENT], other[~TRANSPARENT])
    for image, denoised in zip(pair, (one, other), strict=True):
        assert np.array_equal(denoised[TRANSPARENT], values(image)[TRANSPARENT])
        assert np.array_equal(denoised[..., -1], values(image)[..., -1])
        assert (denoised[~TRANSPARENT] != values(image)[~TRANSPARENT])[..., :-1].mean() > 0.5


def test_an_image_of_which_nothing_is_seen_is_not_filled_and_not_denoised(restorer):
    image = Image.new("RGBA", SIZE[::-1], (200, 100, 50, 0))
    with pytest.raises(UserError, match="everything that can be seen"):
        restorer.inpaint(image, HOLE)
    assert np.array_equal(np.asarray(restorer.denoise(image, 0.1)), np.asarray(image))
    assert np.array_equal(np.asarray(restorer.denoise(image)), np.asarray(image))


def test_noise_is_estimated_from_what_is_seen(restorer):
    image = 0.5 + 0.05 * np.random.default_rng(1).standard_normal((1200, 700, 4), np.float32)
    image[..., 3] = 1
    expected = restorer.noise(image).level
    image[:900, :, 3] = 0
    image[:900, :, :3] = 7
    assert restorer.noise(image).level == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("secret", [0.0, 9.0, np.nan, np.inf])
def test_what_the_hole_contains_cannot_influence_the_result(restorer, secret):
    image = IMAGES["float32-rgb"]
    told = np.where(HOLE[..., None], np.float32(secret), image)
    assert np.array_equal(restorer.inpaint(told, HOLE), restorer.inpaint(image, HOLE))


def test_known_pixels_keep_values_out_of_range(restorer):
    image = 1.4 * draw(*SIZE, 3, dtype=np.float32) - 0.2
    assert np.array_equal(restorer.inpaint(image, HOLE)[~HOLE], image[~HOLE])


def test_an_empty_hole_leaves_the_image(restorer, image):
    restored = restorer.inpaint(image, np.zeros_like(HOLE))
    assert kind(restored) == kind(image)
    assert np.array_equal(values(restored), values(image))


@pytest.mark.parametrize(
    "hole",
    [
        HOLE,
        HOLE[..., None],
        HOLE[None],
        HOLE.tolist(),
        np.asfortranarray(HOLE),
        HOLE[::-1][::-1],
        torch.from_numpy(HOLE),
        torch.from_numpy(HOLE)[None],
        *(HOLE.astype(dtype) for dtype in (np.uint8, np.int64, np.float32)),
        *(HOLE.astype(dtype) * dtype(255) for dtype in (np.uint8, np.int64, np.float64)),
        HOLE.astype(">u2") * np.uint16(65535),
        torch.from_numpy(HOLE).float()[None],
        Image.fromarray(HOLE),
        Image.fromarray(HOLE.astype(np.uint8) * 255),
    ],
    ids=lambda hole: f"{type(hole).__name__}-{getattr(hole, 'dtype', '')}-{getattr(hole, 'shape', '')}",
)
def test_holes_come_as_whatever_has_one_reading(restorer, hole):
    image = IMAGES["uint8-rgb"]
    assert np.array_equal(restorer.inpaint(image, hole), restorer.inpaint(image, HOLE))
    assert restorer.noise(image, hole).level == restorer.noise(image, HOLE).level


SOFT = np.clip(np.arange(HOLE.size).reshape(SIZE) % 255, 3, 250).astype(np.uint8)


@pytest.mark.parametrize(
    ("hole", "message"),
    [
        (SOFT, r"soft values, 3 … 250: pass hole > 127$"),
        (SOFT / np.float32(255), r"soft values, 0.0118 … 0.98: pass hole > 0.5$"),
        (HOLE * np.uint8(128), "soft values, 128: pass hole > 127$"),
        (HOLE * np.uint8(2), "of 0, 2, pass hole == 2$"),
        (HOLE * np.float32(np.nan), "holds NaN"),
        (Image.fromarray(draw(*SIZE, 3)), r"mode 1 or L, not 'RGB'.*convert\(\"L\"\)"),
        ([[True], [True, False]], "no array"),
        (np.full(SIZE, "x"), "numbers, not of <U1"),
        (HOLE[:-1], r"hole has size \(39, 56\), the image \(40, 56\)"),
        (HOLE.T, r"hole has size \(56, 40\)"),
        (np.stack([HOLE] * 3, -1), r"hole has size \(40, 56, 3\)"),
        (np.ones(SIZE, bool), "the hole covers everything that can be seen: there is nothing to fill it from"),
    ],
)
def test_impossible_holes_are_refused_with_the_reason(restorer, hole, message):
    with pytest.raises(UserError, match=message):
        restorer.inpaint(IMAGES["uint8-rgb"], hole)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_no_numbers_are_filled_or_refused(restorer, bad):
    image = IMAGES["float32-rgb"].copy()
    image[3, 4, 1] = image[7, 35, 0] = bad
    for refuse in (
        lambda: restorer.inpaint(image, HOLE),
        lambda: restorer.denoise(image, 0.1),
        lambda: restorer.denoise(image, strength=0.0),
        lambda: restorer.noise(image, HOLE),
        lambda: restorer.attention(image),
    ):
        with pytest.raises(UserError, match=r"[12] pixels? of the image holds? NaN or infinite"):
            refuse()
    filled = restorer.inpaint(image, HOLE | ~np.isfinite(image).all(-1))
    assert np.isfinite(filled).all()


@pytest.mark.parametrize("name", ["uint8-rgb", "RGB", "float32-rgb", "tensor-rgb", "uint16-4"])
def test_gray_that_is_stored_as_rgb_stays_gray_whatever_the_hole_contains(restorer, name):
    given = UserImage.of(IMAGES[name])
    array = given.array.copy()
    array[..., 1:3] = array[..., :1]
    array[0, HOLE, 0] = 0
    filled = values(restorer.inpaint(given.back(array), HOLE))
    assert (filled[..., :3] == filled[..., :1]).all()
    array[..., :3] = array[..., 1:2]
    denoised = values(restorer.denoise(given.back(array), 0.2))
    assert (denoised[..., :3] == denoised[..., :1]).all()


def test_strength_goes_from_nothing_to_everything(restorer):
    image = IMAGES["float32-rgb"]
    full = restorer.denoise(image, sigma=0.1)
    half = restorer.denoise(image, sigma=0.1, strength=0.5)
    np.testing.assert_allclose(half, (image + full) / 2, atol=1e-6)
    low, high = np.minimum(image, full), np.maximum(image, full)
    for strength in (0.1, 0.9):
        between = restorer.denoise(image, sigma=0.1, strength=strength)
        assert (between >= low - 1e-6).all()
        assert (between <= high + 1e-6).all()


def test_pixels_of_sigma_zero_are_left_when_sigma_is_a_map(restorer, image):
    sigma = np.where(np.arange(SIZE[1]) < 20, 0, np.full(SIZE, 0.1))
    restored = restorer.denoise(image, sigma)
    assert np.array_equal(values(restored)[:, :20], values(image)[:, :20])
    assert not np.array_equal(values(restored)[:, 20:], values(image)[:, 20:])


def test_a_constant_map_of_sigma_is_the_number(restorer):
    image = IMAGES["float32-rgb"]
    expected = restorer.denoise(image, 0.1)
    assert np.array_equal(restorer.denoise(image, np.full(SIZE, 0.1)), expected)
    assert np.array_equal(restorer.denoise(image, torch.full(SIZE, 0.1)), expected)


def test_without_a_sigma_it_is_estimated(restorer):
    noise = np.random.default_rng(1).normal(0, 0.1, (*SIZE, 3))
    image = (0.5 + noise).astype(np.float32)
    noise = restorer.noise(image)
    assert noise.level == pytest.approx(0.1, rel=0.15)
    assert np.array_equal(restorer.denoise(image), restorer.denoise(image, noise.sigma))


def test_what_was_found_may_be_told(restorer):
    image = (0.5 + np.random.default_rng(1).normal(0, 0.1, (2, *SIZE, 3))).astype(np.float32)
    expected = restorer.denoise(image)
    assert np.array_equal(restorer.denoise(image, restorer.noise(image)), expected)
    assert np.array_equal(restorer.denoise(image[0], restorer.noise(image[0])), expected[0])


def test_a_profile_tells_sigma_by_brightness(restorer):
    profile = NoiseProfile((0.01,) * 3, (0.0,) * 3)
    image = np.full((*SIZE, 3), 0.25, np.float32)
    image[:, 20:] = 0
    denoised = restorer.denoise(image, profile)
    assert np.array_equal(denoised[:, 23:], image[:, 23:])  # no noise in black
    expected = restorer.denoise(image, np.where(np.arange(SIZE[1]) < 17, 0.05, np.zeros(SIZE)))
    assert not np.array_equal(denoised[:, :17], image[:, :17])
    assert np.abs(denoised[:, :10] - expected[:, :10]).max() < 0.01


def test_what_is_found_is_what_is_removed(restorer):
    white = np.random.default_rng(1).standard_normal((130, 130, 3))
    shared = sum(white[i : 128 + i, j : 128 + j] for i in range(3) for j in range(3))
    image = (0.5 + 0.03 * shared).astype(np.float32)
    noise = restorer.noise(image)
    assert noise.stride > 1
    assert noise.level > 0
    denoised = restorer.denoise(image)
    assert np.array_equal(denoised, restorer.denoise(image, noise))
    assert np.array_equal(denoised, restorer.denoise(image, noise.sigma))


def test_a_pil_image_from_a_jpeg_file_tells_its_quality(restorer, tmp_path):
    Image.fromarray(draw(*SIZE, 3)).save(tmp_path / "a.jpg", quality=70)
    assert restorer.noise(Image.open(tmp_path / "a.jpg")).jpeg_quality == 70
    assert restorer.noise(draw(*SIZE, 3), jpeg_quality=40).jpeg_quality == 40
    assert restorer.noise(draw(*SIZE, 3)).jpeg_quality is None


def test_a_clean_flat_image_is_left_by_the_estimate(restorer):
    image = np.full((*SIZE, 3), 200, np.uint8)
    assert np.array_equal(restorer.denoise(image), image)


def test_the_noise_of_a_large_image_is_estimated_from_parts_of_it(restorer):
    image = 0.5 + 0.05 * np.random.default_rng(1).standard_normal((1200, 700), np.float32)
    assert restorer.noise(image).level == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sigma": -0.1}, r"sigma lies in \[0, inf\)"),
        ({"sigma": np.inf}, r"sigma lies in \[0, inf\)"),
        ({"sigma": np.nan}, r"sigma lies in \[0, inf\)"),
        ({"sigma": np.zeros((3, 3))}, r"sigma has size \(3, 3\), the image \(40, 56\)"),
        ({"sigma": 25}, r"sigma is in the units of an image in \[0, 1\], not 25: for levels, sigma / 255"),
        ({"sigma": np.linspace(0, 50, 2240).reshape(SIZE)}, "not 50"),
        ({"sigma": "auto"}, "sigma is made of numbers"),
        ({"sigma": np.zeros((1, 56))}, r"sigma has size \(1, 56\)"),
        ({"sigma": 0.1, "strength": 1.1}, "strength lies in.*not at 1.1"),
        ({"sigma": 0.1, "strength": -0.1}, "strength lies in.*not at -0.1"),
        ({"sigma": 0.1, "strength": np.nan}, "strength lies in.*not at nan"),
    ],
)
def test_impossible_noise_and_strength_are_refused_with_the_reason(restorer, options, message):
    with pytest.raises(UserError, match=message):
        restorer.denoise(IMAGES["uint8-rgb"], **options)
