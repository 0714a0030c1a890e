import json

import numpy as np
import pytest
import torch
from PIL import Image

from restore.errors import NO_HOLE, UserError
from restore.inference.expected_error import FACTORS, Estimate, expected_error
from restore.inference.probe_errors import LEVEL, Errors, errors_of, pooled, spread_around
from restore.inference.probes import TOO_LARGE
from restore.inference.restorer import Restorer

HOLE = np.zeros((96, 128), bool)
HOLE[40:52, 60:75] = True
WHOLE = np.ones((16, 16), bool)


class Black(Restorer):
    """Fills holes with black, and remembers what it was asked."""

    def __init__(self, restorer):
        self.tiled_network = restorer.tiled_network
        self.asked = []

    def inpaint(self, image, hole, fill="expected", **options):
        self.asked.append((hole, fill, options))
        filled = image.copy()
        filled[hole, : 1 if image.shape[-1] <= 2 else 3] = 0
        return filled


@pytest.fixture
def black(network):
    return Black(Restorer(network))


def even(value, *channels, dtype=np.uint8):
    return np.full((*HOLE.shape, *channels), value, dtype)


def test_errors_are_root_mean_squares_in_the_hole():
    truth, filled = np.full((16, 16, 3), 51, np.uint8), np.zeros((16, 16, 3), np.uint8)
    assert errors_of(filled, truth, WHOLE) == pytest.approx(Errors(0.2, 0.2))
    half = WHOLE.copy()
    half[:8] = False
    filled[:8] = 255  # outside
    assert errors_of(filled, truth, half) == pytest.approx(Errors(0.2, 0.2))
    one = truth.copy()
    one[..., 0] = 0
    assert errors_of(one, truth, WHOLE).pixels == pytest.approx(0.2 / 3**0.5)


def test_texture_in_another_place_is_no_error_of_mean_colours():
    board = (np.add.outer(np.arange(16), np.arange(16)) % 2 * 0.5)[..., None]
    assert errors_of(0.5 - board, board, WHOLE) == pytest.approx(Errors(0.5, 0.0))


def test_alpha_and_what_is_no_number_outside_do_not_count():
    truth = np.zeros((16, 16, 4), np.float32)
    filled = truth.copy()
    filled[..., 3] = 1
    truth[0, 0] = np.nan
    hole = WHOLE.copy()
    hole[0, 0] = False
    assert errors_of(filled, truth, hole) == Errors(0.0, 0.0)


def test_what_is_told_is_the_error_of_probes_times_what_holes_are_to_these(black):
    told = expected_error(black, even(51, 3), HOLE)
    factors = FACTORS["expected", False].pixels
    assert told.pixels == pytest.approx(
        [factor * (0.2 + LEVEL) - LEVEL for factor in (factors.middle, factors.low, factors.high)]
    )
    assert told.pixels.low < told.pixels.expected < told.pixels.high
    assert (told.probes, told.passes, told.is_cut, told.reason) == (8, 1, False, "")


def test_each_kind_of_fill_and_of_hole_has_its_own_factors():
    assert set(FACTORS) == {(fill, is_cut) for fill in ("expected", "plausible") for is_cut in (False, True)}
    for factors in FACTORS.values():
        assert all(0 < one.low < one.middle < one.high for one in factors)


def test_probes_are_filled_in_one_pass_as_the_hole_is(black):
    other, barred = even(9, 3), np.zeros_like(HOLE)
    expected_error(black, even(51, 3), HOLE, "plausible", seed=3, not_from=barred, like=[other])
    [(hidden, fill, options)] = black.asked
    assert (hidden & HOLE).sum() == HOLE.sum()
    assert hidden.sum() == 9 * HOLE.sum()
    assert fill == "plausible"
    assert options["seed"] == 3
    assert options["like"] == [other]
    assert np.array_equal(options["not_from"], barred)


@pytest.mark.parametrize(
    "image",
    [
        even(51),
        even(51, 1),
        even(51, 3),
        even(51 * 257, 3, dtype=np.uint16),
        even(0.2, dtype=np.float32),
        np.dstack([even(51, 3), even(255)]),
        Image.fromarray(even(51, 3)),
        torch.from_numpy(even(51, 3)).permute(2, 0, 1),
    ],
    ids=["gray", "gray-1", "rgb", "uint16", "float", "alpha", "pil", "tensor"],
)
def test_all_kinds_of_images_tell_the_same(black, image):
    assert expected_error(black, image, HOLE).pixels == pytest.approx(expected_error(black, even(51, 3), HOLE).pixels)


def test_what_lies_in_the_hole_tells_nothing(black):
    image = even(0.2, 3, dtype=np.float32)
    image[HOLE] = np.nan
    assert expected_error(black, image, HOLE) == expected_error(black, even(0.2, 3, dtype=np.float32), HOLE)


def test_of_a_batch_each_image_is_told_as_if_alone(black):
    images = np.stack([even(51, 3), even(102, 3)])
    holes = np.stack([HOLE, np.roll(HOLE, 20, 1)])
    told = expected_error(black, images, holes)
    assert told == [expected_error(black, image, hole) for image, hole in zip(images, holes, strict=True)]
    assert told[1].pixels.expected == pytest.approx(2 * told[0].pixels.expected, rel=0.1)


def test_what_is_transparent_is_no_known_place(black):
    alpha = even(255)
    alpha[:, :90] = 0
    alpha[HOLE] = 255
    image = np.dstack([np.where(alpha[..., None] > 0, even(51, 3), np.uint8(200)), alpha])
    told = expected_error(black, image, HOLE)
    assert told.probes > 0
    [hidden, *_] = black.asked[0]
    assert not (hidden & (alpha == 0)).any()
    assert told.pixels == pytest.approx(expected_error(black, even(51, 3), HOLE).pixels)


@pytest.mark.parametrize(("hole", "reason"), [(HOLE & False, NO_HOLE), (HOLE | True, TOO_LARGE), (~HOLE, TOO_LARGE)])
def test_what_cannot_be_told_is_no_number(black, hole, reason):
    told = expected_error(black, even(51, 3), hole)
    assert told.pixels is None
    assert told.squares is None
    assert told.reason == reason
    assert str(told).endswith(f"cannot be told: {reason}")
    assert json.loads(told.as_json()) == {"reason": reason}
    assert black.asked == []


def test_flat_images_that_are_filled_without_error_are_told_so(network):
    class Known(Black):
        def inpaint(self, image, hole, **options):
            return image

    told = expected_error(Known(Restorer(network)), even(51, 3), HOLE)
    assert 0 <= told.pixels.low <= told.pixels.expected < told.pixels.high < 10 * LEVEL


def test_a_true_restorer_is_asked(network):
    image = np.random.default_rng(0).integers(0, 255, (*HOLE.shape, 3), dtype=np.uint8)
    told = expected_error(Restorer(network), image, HOLE)
    assert 0.1 < told.pixels.expected < 0.8
    assert told.squares.expected < told.pixels.expected
    with pytest.raises(UserError, match="probes"):
        expected_error(Restorer(network), image, HOLE, probes=0)


def test_a_probe_counts_by_how_much_goes_on_around_it():
    image = even(0.5, 3, dtype=np.float64)
    image[:, ::2] += 0.1
    unknown = np.zeros_like(HOLE)
    shape = np.ones((5, 6), bool)
    assert spread_around(image, unknown, shape, 30, 40) == pytest.approx(0.05, rel=0.01)
    unknown[:, ::2] = True
    assert spread_around(image, unknown, shape, 30, 40) == pytest.approx(0, abs=1e-9)
    assert spread_around(image, ~unknown, shape, 0, 122) == pytest.approx(0, abs=1e-9)
    assert spread_around(image, unknown | True, shape, 30, 40) == 0


def test_around_a_lively_hole_more_error_is_expected(black):
    image = even(51, 3)
    quiet = expected_error(black, image, HOLE)
    image[38:54, 57:78] = np.where(np.arange(57, 78)[:, None] % 2, np.uint8(0), np.uint8(255))
    assert expected_error(black, image, HOLE).pixels.expected > 3 * quiet.pixels.expected


def test_errors_of_several_places_are_one():
    assert pooled([Errors(0.2, 0.1), Errors(0.2, 0.1)]) == pytest.approx(Errors(0.2, 0.1))
    assert pooled([Errors(3 * LEVEL, 0.1), Errors(0.0, 0.1)]).pixels == pytest.approx(LEVEL)


def test_it_is_said_in_levels_of_255_and_in_decibels():
    assert str(Estimate(51 / 255, 25.5 / 255, 1.0)) == "51.0 of 255 (90 %: 25.5 to 255.0)"
    assert Estimate(0.1, 0.0, 1.0).psnr == pytest.approx(20)
