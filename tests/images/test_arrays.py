import numpy as np
import pytest
import torch
from PIL import Image

from restore.images.arrays import WHITE, alpha_of, from_pixels, to_array, to_pixels, with_alpha


def draw(*shape, dtype=np.uint8):
    values = np.random.default_rng(0).random(shape)
    return (values * WHITE.get(np.dtype(dtype), 1)).astype(dtype)


EVERY = {
    **{f"{dtype.__name__}-rgb": draw(5, 7, 3, dtype=dtype) for dtype in (np.uint8, np.uint16, np.float32, np.float64)},
    **{f"{dtype.__name__}-gray": draw(5, 7, dtype=dtype) for dtype in (np.uint8, np.uint16, np.float16, np.float64)},
    "narrow": draw(5, 1, 3),
    "strided": draw(10, 14, 3)[::-2, ::2],
    **{mode: Image.fromarray(draw(5, 7, 4)).convert(mode) for mode in ("L", "LA", "RGB", "RGBA")},
    "I;16": Image.fromarray(draw(5, 7, dtype=np.uint16)),
    "tensor-rgb": torch.from_numpy(draw(3, 5, 7)),
    "tensor-narrow": torch.from_numpy(draw(3, 5, 1)),
    "tensor-gray": torch.from_numpy(draw(1, 5, 7, dtype=np.uint16)),
    "tensor-plain": torch.from_numpy(draw(5, 7, dtype=np.float64)),
    "tensor-half": torch.from_numpy(draw(3, 5, 7, dtype=np.float16)),
    "tensor-bfloat16": torch.from_numpy(draw(1, 5, 7, dtype=np.float32)).to(torch.bfloat16),
}


@pytest.fixture(params=EVERY)
def image(request):
    return EVERY[request.param]


def kind(image):
    return type(image), image.mode if isinstance(image, Image.Image) else image.dtype


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    return np.array_equal(np.asarray(one), np.asarray(other))


def test_there_and_back_gives_the_same_kind_size_type_and_bits(image):
    array, back = to_array(image)
    assert array.ndim == 2 or array.shape[2] == 3
    again = back(array.copy())
    assert kind(again) == kind(image)
    assert same(again, image)


def test_pixels_there_and_back_keep_every_value(image):
    array, _ = to_array(image)
    pixels = to_pixels(array)
    assert pixels.shape == (1, 3, *array.shape[:2])
    assert pixels.dtype == torch.float32
    again = from_pixels(pixels, like=array)
    assert again.dtype == array.dtype
    np.testing.assert_allclose(again, array, rtol=2e-7 if array.dtype.kind == "f" else 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_value_of_the_integer_types_survives(dtype):
    every = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(256, -1)
    pixels = to_pixels(every)
    assert pixels.min() == 0
    assert pixels.max() == 1
    assert np.array_equal(from_pixels(pixels, like=every), every)


def test_integers_are_rounded_and_clamped_and_floats_are_not():
    pixels = torch.tensor([-0.5, 100.4 / 255, 100.6 / 255, 1.5]).expand(1, 3, 1, 4)
    assert from_pixels(pixels, like=np.zeros((1, 4), np.uint8)).tolist() == [[0, 100, 101, 255]]
    assert from_pixels(pixels, like=np.zeros((1, 4), np.float32))[0, [0, 3]].tolist() == [-0.5, 1.5]


def test_floats_are_not_clipped_on_the_way_in():
    assert to_pixels(np.array([[-1.0, 2.0]])).unique().tolist() == [-1, 2]


def test_gray_lies_in_all_three_channels_and_comes_back_as_their_mean():
    gray = draw(5, 7)
    pixels = to_pixels(gray)
    assert torch.equal(pixels[:, 0], pixels[:, 1])
    assert torch.equal(pixels[:, 0], pixels[:, 2])
    tinted = torch.tensor([0.2, 0.4, 0.9]).view(1, 3, 1, 1)
    np.testing.assert_allclose(from_pixels(tinted, like=np.zeros((1, 1), np.float32)), 0.5, rtol=1e-6)


def test_red_stays_red():
    red = np.zeros((2, 3, 3), np.uint8)
    red[..., 0] = 255
    assert to_pixels(red)[0, :, 0, 0].tolist() == [1, 0, 0]
    array, _ = to_array(torch.from_numpy(red).permute(2, 0, 1))
    assert np.array_equal(array, red)


def test_the_alpha_channel_is_kept_while_colours_change():
    image = EVERY["RGBA"]
    array, back = to_array(image)
    changed = back(255 - array)
    assert np.array_equal(np.asarray(changed)[..., 3], np.asarray(image)[..., 3])
    assert np.array_equal(np.asarray(changed)[..., :3], 255 - np.asarray(image)[..., :3])


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_what_a_pil_image_says_beside_its_pixels_is_kept(mode):
    image = EVERY[mode].copy()
    image.info = {"icc_profile": b"profile", "exif": b"Exif", "dpi": (300, 300)}
    array, back = to_array(image)
    again = back(array)
    assert again.info == image.info
    again.info["dpi"] = (72, 72)
    assert image.info["dpi"] == (300, 300)


def test_alpha_is_told_and_replaced():
    for mode in ("LA", "RGBA"):
        alpha = alpha_of(EVERY[mode])
        assert np.array_equal(alpha, np.asarray(EVERY[mode])[..., -1])
        changed = np.asarray(with_alpha(EVERY[mode], 255 - alpha))
        assert np.array_equal(changed[..., -1], 255 - alpha)
        assert np.array_equal(changed[..., :-1], np.asarray(EVERY[mode])[..., :-1])
    assert all(alpha_of(EVERY[name]) is None for name in ("RGB", "L", "tensor-rgb", "uint8-rgb"))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((3, 5, 7), np.uint8), r"shape \(h, w\) or \(h, w, 3\), not \(3, 5, 7\)"),
        (np.zeros((5, 7, 4), np.uint8), r"not \(5, 7, 4\)"),
        (np.zeros(5, np.uint8), r"not \(5,\)"),
        (np.zeros((0, 7), np.uint8), r"not \(0, 7\)"),
        (np.zeros((5, 7), np.int64), "not int64"),
        (np.zeros((5, 7), bool), "not bool"),
        (np.zeros((5, 7), np.complex64), "not complex64"),
        (torch.zeros(5, 7, 3), r"not \(5, 7, 3\)"),
        (torch.zeros(1, 3, 5, 7), r"not \(1, 3, 5, 7\)"),
        (torch.zeros(3, 0, 7), "shape"),
        (torch.zeros(5, 7, dtype=torch.int32), "not int32"),
        (Image.new("P", (7, 5)), "mode 'P'"),
        (Image.new("CMYK", (7, 5)), "mode 'CMYK'"),
        ([[0, 1]], "not list"),
        ("photograph.png", "not str"),
    ],
)
def test_what_is_no_image_is_refused_with_the_reason(image, message):
    with pytest.raises(ValueError, match=message):
        to_array(image)
