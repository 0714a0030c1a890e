import numpy as np
import pytest
import torch
from PIL import Image

from restore.errors import UserError
from restore.images.arrays import UserImage


def draw(*shape, dtype=np.uint8):
    values = np.random.default_rng(0).random(shape)
    return (values * {np.uint8: 255, np.uint16: 65535}.get(dtype, 1)).astype(dtype)


FLOATS = (np.float16, np.float32, np.float64)
EVERY = {
    **{f"{t.__name__}-{c}": draw(5, 7, c, dtype=t) for t in (np.uint8, np.uint16, *FLOATS) for c in (1, 2, 3, 4)},
    **{f"{t.__name__}-plain": draw(5, 7, dtype=t) for t in (np.uint8, np.uint16, *FLOATS)},
    "narrow": draw(5, 1, 3),
    "strided": draw(10, 14, 3)[::-2, ::2],
    "other-endian": draw(5, 7, 4, dtype=np.uint16).astype(np.dtype(np.uint16).newbyteorder()),
    "other-endian-floats": draw(5, 7, 3, dtype=np.float32).astype(np.dtype(np.float32).newbyteorder()),
    "fortran": np.asfortranarray(draw(5, 7, 3)),
    "batch": draw(2, 5, 7, 3),
    "batch-of-one": draw(1, 5, 7, 4, dtype=np.float32),
    "tensor-batch": torch.from_numpy(draw(2, 1, 5, 7)),
    "tensor-turned": torch.from_numpy(draw(3, 7, 5)).mT,
    **{mode: Image.fromarray(draw(5, 7, 4)).convert(mode) for mode in ("L", "LA", "RGB", "RGBA")},
    "I;16": Image.fromarray(draw(5, 7, dtype=np.uint16)),
    "I;16B": Image.fromarray(draw(5, 7, dtype=np.uint16).astype(">u2")),
    **{f"tensor-{c}": torch.from_numpy(draw(c, 5, 7)) for c in (1, 2, 3, 4)},
    "tensor-narrow": torch.from_numpy(draw(3, 5, 1)),
    "tensor-plain": torch.from_numpy(draw(5, 7, dtype=np.float64)),
    "tensor-deep": torch.from_numpy(draw(1, 5, 7, dtype=np.uint16)),
    "tensor-half": torch.from_numpy(draw(4, 5, 7, dtype=np.float16)),
    "tensor-bfloat16": torch.from_numpy(draw(1, 5, 7, dtype=np.float32)).to(torch.bfloat16),
}
ALPHA = [name for name in EVERY if name.endswith(("-2", "-4", "A", "half", "endian"))]


@pytest.fixture(params=EVERY)
def image(request):
    return EVERY[request.param]


def kind(image):
    if isinstance(image, Image.Image):
        return Image.Image, image.mode, image.size
    return type(image), image.dtype, tuple(image.shape)


def values(image):
    """Numbers of shape (5, ..., channels), or of a batch (n, 5, ..., channels)."""
    if isinstance(image, torch.Tensor):
        image = image.double().numpy() if image.ndim == 2 else image.double().movedim(-3, -1).numpy()
    image = np.asarray(image, dtype=np.float64)
    return image if image.ndim == 4 else np.atleast_3d(image)


def test_pixels_there_and_back_give_the_same_kind_size_type_and_bits(image):
    given = UserImage.of(image)
    count, *size = given.shape
    assert given.pixels.shape == (count, 3, *size)
    assert given.is_batch == (values(image).ndim == 4)
    assert given.pixels.dtype == (np.float64 if given.array.dtype == np.float64 else np.float32)
    again = given.with_pixels(given.pixels)
    assert kind(again) == kind(image)
    assert np.array_equal(values(again), values(image))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_value_of_the_integer_types_survives(dtype):
    every = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(256, -1)
    given = UserImage.of(every)
    assert (given.pixels.min(), given.pixels.max()) == (0, 1)
    assert np.array_equal(given.with_pixels(given.pixels), every)


@pytest.mark.parametrize("dtype", FLOATS)
def test_gray_floats_survive_though_the_mean_of_three_equal_numbers_rounds(dtype):
    gray = (5 * np.random.default_rng(1).standard_normal((300, 300))).astype(dtype)
    gray[0, :3] = np.nan, np.inf, -np.inf
    given = UserImage.of(gray, np.ones_like(gray, bool))  # in a hole, values do not matter
    assert np.array_equal(given.with_pixels(given.pixels), gray, equal_nan=True)


def test_integers_are_rounded_and_clamped_and_floats_are_not():
    pixels = np.broadcast_to(np.array([-0.5, 100.4 / 255, 100.6 / 255, 1.5], np.float32), (1, 3, 1, 4))
    assert UserImage.of(np.zeros((1, 4), np.uint8)).with_pixels(pixels).tolist() == [[0, 100, 101, 255]]
    assert UserImage.of(np.zeros((1, 4), np.float32)).with_pixels(pixels)[0, [0, 3]].tolist() == [-0.5, 1.5]
    assert UserImage.of(np.array([[-0.25, 1.5]])).pixels[0, 1].tolist() == [[-0.25, 1.5]]


def test_gray_lies_in_all_three_channels_and_comes_back_as_their_mean():
    pixels = UserImage.of(draw(5, 7)).pixels
    assert (pixels == pixels[:, :1]).all()
    tinted = np.array([0.2, 0.4, 0.9], np.float32).reshape(1, 3, 1, 1)
    np.testing.assert_allclose(UserImage.of(np.zeros((1, 1), np.float32)).with_pixels(tinted), 0.5, rtol=1e-6)


def test_red_stays_red():
    red = np.zeros((2, 3, 4), np.uint8)
    red[..., [0, 3]] = 255
    for image in (red[..., :3], red, Image.fromarray(red), torch.from_numpy(red).permute(2, 0, 1)):
        assert UserImage.of(image).pixels[0, :, 0, 0].tolist() == [1, 0, 0]


@pytest.mark.parametrize("name", ALPHA)
def test_alpha_stays_but_where_something_is_filled_and_unseen_colours_stay_too(name):
    image = EVERY[name]
    given = UserImage.of(image)
    array = given.array.copy()
    array[:, :2, :, -1] = 0  # two rows are transparent
    image = given.back(array.copy())
    filled = np.zeros((5, 7), bool)
    filled[1:4, 2:5] = True
    given = UserImage.of(image, filled)
    assert np.array_equal(given.unseen, array[..., -1] == 0)
    assert np.array_equal(given.hidden, given.unseen | filled)
    before, after = values(image), values(given.with_pixels(1 - given.pixels))
    white = np.iinfo(array.dtype).max if array.dtype.kind == "u" else 1
    assert (after[filled, -1] == white).all()
    assert np.array_equal(after[~filled, -1], before[~filled, -1])
    left = given.unseen[0] & ~filled
    assert np.array_equal(after[left], before[left])
    assert (after[~left, :-1] != before[~left, :-1]).mean() > 0.9


@pytest.mark.parametrize("name", [name for name in EVERY if name not in ALPHA])
def test_without_alpha_everything_is_seen(name):
    assert not UserImage.of(EVERY[name]).unseen.any()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_what_a_pil_image_says_beside_its_pixels_is_kept(mode):
    image = EVERY[mode].copy()
    image.info = {"icc_profile": b"profile", "exif": b"Exif", "dpi": (300, 300)}
    given = UserImage.of(image)
    again = given.with_pixels(given.pixels)
    assert again.info == image.info
    again.info["dpi"] = (72, 72)
    assert image.info["dpi"] == (300, 300)


def with_transparent_colour():
    image = Image.new("RGB", (7, 5))
    image.info["transparency"] = (0, 0, 0)
    return image


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((3, 5, 7), np.uint8), r"\(n, h, w, 1 to 4\), not \(3, 5, 7\); channels come last: np.moveaxis"),
        (np.zeros((2, 3, 5, 7), np.uint8), r"not \(2, 3, 5, 7\); channels come last"),
        (np.zeros((5, 7, 5), np.uint8), r"not \(5, 7, 5\)$"),
        (np.zeros(5, np.uint8), r"not \(5,\)"),
        (np.zeros((0, 7), np.uint8), r"not \(0, 7\)"),
        (np.zeros((0, 5, 7, 3), np.uint8), r"not \(0, 5, 7, 3\)"),
        (np.zeros((1, 1, 5, 7, 3), np.uint8), r"not \(1, 1, 5, 7, 3\)"),
        (np.zeros((5, 7), np.int16), r"not int16: scale it to floats.*image / 4095"),
        (np.zeros((5, 7), np.int64), "not int64: scale it"),
        (np.zeros((5, 7), np.uint32), "not uint32: scale it"),
        (np.zeros((5, 7), bool), r"not bool: .*astype\(np.uint8\) \* 255"),
        (np.zeros((5, 7), np.complex64), "not complex64: restore its real and imaginary parts"),
        (np.zeros((5, 7), np.longdouble), r"not float.*astype\(np.float64\)"),
        (np.zeros((5, 7), object), "not object$"),
        (np.ma.masked_less(np.zeros((5, 7)), 1), "masked array: give its .data"),
        (torch.zeros(5, 7, 3), r"\(n, 1 to 4, h, w\), not \(5, 7, 3\); channels come first"),
        (torch.zeros(1, 5, 7, 3), r"not \(1, 5, 7, 3\); channels come first"),
        (torch.zeros(3, 0, 7), "shape"),
        (torch.zeros(5, 7).to_sparse(), "to_dense"),
        (torch.zeros(5, 7, device="meta"), "has values"),
        (torch.zeros(5, 7, dtype=torch.bool), "not bool: "),
        (torch.zeros(5, 7, dtype=torch.int32), "not int32"),
        (Image.new("P", (7, 5)), r"mode 'P'.*convert\(\"RGB\"\)"),
        (Image.new("CMYK", (7, 5)), "mode 'CMYK'"),
        (Image.new("1", (7, 5)), r"mode '1'.*convert\(\"L\"\)"),
        (Image.new("I", (7, 5)), r"mode 'I'.*np.asarray\(image\), scaled"),
        (Image.new("F", (7, 5)), r"mode 'F'.*np.asarray\(image\)"),
        (Image.new("PA", (7, 5)), "mode 'PA'"),
        (Image.new("YCbCr", (7, 5)), "mode 'YCbCr'"),
        (Image.new("L", (0, 5)), "shape"),
        (with_transparent_colour(), r"with a transparent colour.*convert\(\"RGBA\"\)"),
        ([[0, 1]], "not list"),
        ("photograph.png", "not str"),
    ],
)
def test_what_is_no_image_is_refused_with_the_reason(image, message):
    with pytest.raises(UserError, match=message):
        UserImage.of(image)


def test_an_image_is_never_written_to():
    image = draw(5, 7, 4, dtype=np.float32)
    image.flags.writeable = False
    given = UserImage.of(image, np.eye(5, 7, dtype=bool))
    assert given.with_pixels(1 - given.pixels).flags.writeable


def photograph(size=(96, 128)):
    """Shading from black to white, gray on the whole."""
    rows, columns = (np.linspace(0, 1, n, dtype=np.float32) for n in size)
    return np.stack([np.outer(rows, columns), np.outer(rows[::-1], columns), np.outer(rows, columns[::-1])], -1)


def noisy(image, sigma):
    return image + np.float32(sigma / 255) * np.random.default_rng(2).standard_normal(image.shape, np.float32)


@pytest.mark.parametrize("sigma", [5, 25, 50])
@pytest.mark.parametrize("level", [0, 1, None])
def test_noise_may_leave_the_range(sigma, level):
    image = photograph() if level is None else np.full((96, 128, 3), level, np.float32)
    for one in (image, image[:33, :40], image[:5, :4], image[:1, :1]):
        UserImage.of(noisy(one, sigma))


def test_a_little_more_than_white_and_less_than_black_is_no_other_range():
    UserImage.of(1.1 * photograph() - 0.05)
    image = photograph()
    image[:8, :8] = 1.5  # a highlight
    UserImage.of(image)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: 255 * x, "not in 0 … 255: divide by 255"),
        (lambda x: 4095 * x, "divide by 4095"),
        (lambda x: 65535 * x, "divide by 65535"),
        (lambda x: noisy(x, 10) * 255, "divide by 255"),
        (lambda x: 2 * x - 1, r"not in -1 … 1: if they are in \[-1, 1\], give \(image \+ 1\) / 2"),
        (lambda x: 1.6 * x - 0.8, r"\(image \+ 1\) / 2"),
        (lambda x: (x - 0.45) / 0.225, "scale them"),
        (lambda x: 100 * x - 50, "scale them"),
        (lambda x: np.where(x > 0.98, 255, 0).astype(np.float32), "divide by 255"),
        (lambda x: np.where(np.arange(128)[:, None] == 0, -9999, x), "scale them"),
    ],
)
def test_floats_in_another_range_are_refused_with_what_to_do(change, message):
    changed = change(photograph())
    hole = np.ones(changed.shape[:2], bool)
    for image in (changed, changed[None], torch.from_numpy(changed.copy()).movedim(-1, 0), changed.astype(">f8")):
        with pytest.raises(UserError, match=message):
            UserImage.of(image)
        UserImage.of(image, hole)
    UserImage.of(np.dstack([changed, 0 * changed[..., :1]]))  # nobody sees it
