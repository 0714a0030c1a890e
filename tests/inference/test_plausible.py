"""Plausible fills: what is copied, from where, and what is not."""

import numpy as np
import pytest
import torch
from PIL import Image

from restore.inference.plausible import NARROW
from restore.inference.restorer import Restorer
from restore.networks import UNet
from tests.inference.conftest import Watched

HEIGHT, WIDTH = 96, 120


def weave(height=HEIGHT, width=WIDTH):
    """A texture that repeats every 12 pixels down and every 10 to the right, with an edge in each repeat."""
    y, x = np.mgrid[:height, :width]
    waves = [0.5 + 0.2 * np.sin(2 * np.pi * (y / 12 + k * x / 10)) for k in (1, 2, 0)]
    image = np.stack(waves, axis=2)
    image[(y % 12 < 4) & (x % 10 < 3)] += 0.25
    return image.astype(np.float32)


def box(rows, columns, height=HEIGHT, width=WIDTH):
    hole = np.zeros((height, width), bool)
    hole[rows, columns] = True
    return hole


CENTRE = box(slice(30, 66), slice(40, 80))


@pytest.fixture(scope="module")
def restorer():
    return Restorer(UNet(widths=(4, 8), depths=(1, 1)))  # untrained: it expects a smooth fill


def test_a_repeated_texture_is_recovered(restorer):
    filled = restorer.inpaint(weave(), CENTRE, fill="plausible")
    assert np.abs(filled - weave())[CENTRE].mean() < 0.01
    assert np.array_equal(filled[~CENTRE], weave()[~CENTRE])
    assert np.abs(restorer.inpaint(weave(), CENTRE) - weave())[CENTRE].mean() > 0.1


def test_several_holes_are_filled_together_and_none_from_another(restorer):
    holes = box(slice(10, 34), slice(10, 36)) | box(slice(50, 80), slice(70, 100))
    filled, sources = restorer.inpaint(weave(), holes, fill="plausible", return_sources=True)
    assert np.abs(filled - weave())[holes].mean() < 0.01
    assert not holes[tuple(sources[holes].T[1:])].any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_visible_pixels_are_untouched_whatever_the_depth(restorer, dtype):
    white = 1.0 if dtype == np.float64 else np.iinfo(dtype).max
    image = (weave().astype(np.float64) * white).astype(dtype)
    filled = restorer.inpaint(image, CENTRE, fill="plausible")
    assert filled.dtype == dtype
    assert np.array_equal(filled[~CENTRE], image[~CENTRE])
    assert np.abs(filled.astype(float) - image)[CENTRE].mean() < 0.01 * white


def test_what_the_hole_holds_does_not_matter(restorer):
    fills = []
    for value in (0.0, 1.0, np.nan):
        image = np.where(CENTRE[..., None], np.float32(value), weave())
        fills.append(restorer.inpaint(image, CENTRE, fill="plausible"))
    assert np.array_equal(fills[0], fills[1])
    assert np.array_equal(fills[0], fills[2])


def test_gray_stays_gray(restorer):
    gray = np.repeat(weave()[..., :1], 3, axis=2)
    filled = restorer.inpaint(gray, CENTRE, fill="plausible")
    assert np.array_equal(filled, np.repeat(filled[..., :1], 3, axis=2))
    alone = restorer.inpaint(gray[..., 0], CENTRE, fill="plausible")
    assert np.allclose(alone, filled[..., 0], atol=1e-6)


def test_the_seed_decides(restorer):
    noise = np.random.default_rng(0).random((HEIGHT, WIDTH, 3), dtype=np.float32)
    first, again, other = (restorer.inpaint(noise, CENTRE, fill="plausible", seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_nothing_is_copied_from_what_is_barred(restorer):
    barred = box(slice(None), slice(0, 60))
    image = weave()
    _, sources = restorer.inpaint(image, CENTRE, fill="plausible", not_from=barred, return_sources=True)
    assert not barred[tuple(sources[CENTRE].T[1:])].any()
    # What is barred still says what the hole's border looks like, but a stranger in it is found nowhere else.
    image[:, :60] = np.random.default_rng(0).random((HEIGHT, 60, 3))
    filled, sources = restorer.inpaint(image, CENTRE, fill="plausible", not_from=barred, return_sources=True)
    assert not barred[tuple(sources[CENTRE].T[1:])].any()
    assert np.abs(filled - weave())[:, 66:][CENTRE[:, 66:]].mean() < 0.05


def test_sources_are_visible_pixels_and_what_is_copied_is_their_detail(restorer):
    noise = np.random.default_rng(1).random((HEIGHT, WIDTH, 3), dtype=np.float32) / 2 + 0.25
    image = np.clip(noise, 0, 1)
    filled, sources = restorer.inpaint(image, CENTRE, fill="plausible", return_sources=True)
    rows, columns = np.indices((HEIGHT, WIDTH))
    assert np.array_equal(sources[~CENTRE], np.stack([0 * rows, rows, columns], axis=2)[~CENTRE])
    assert not CENTRE[tuple(sources[CENTRE].T[1:])].any()
    # The difference of neighbours that were copied together is that of their sources, but for the low frequencies.
    inner = box(slice(34, 62), slice(44, 76))
    together = inner[:, 1:] & ((sources[:, 1:] - sources[:, :-1]) == (0, 0, 1)).all(2)
    source = image[tuple(np.moveaxis(sources, 2, 0)[1:])]
    ours, theirs = (np.diff(x, axis=1)[together] for x in (filled, source))
    assert together.sum() > 200
    assert np.corrcoef(ours.flatten(), theirs.flatten())[0, 1] > 0.98


def test_narrow_holes_are_filled_as_expected(restorer):
    narrow = box(slice(20, 20 + NARROW), slice(5, 110)) | box(slice(40, 90), slice(50, 53))
    filled, sources = restorer.inpaint(weave(), narrow, fill="plausible", return_sources=True)
    assert np.array_equal(filled, restorer.inpaint(weave(), narrow))
    assert (sources[narrow] == -1).all()
    wide = box(slice(20, 21 + NARROW), slice(5, 110))
    assert not np.array_equal(restorer.inpaint(weave(), wide, fill="plausible"), restorer.inpaint(weave(), wide))


def test_a_stroke_that_leads_to_a_wide_hole_stays_as_expected(restorer):
    stroke = box(slice(78, 80), slice(0, 120)) | box(slice(66, 80), slice(60, 62))
    filled, sources = restorer.inpaint(weave(), CENTRE | stroke, fill="plausible", return_sources=True)
    assert (sources[78, :40] == -1).all()
    assert np.array_equal(filled[78, :40], restorer.inpaint(weave(), CENTRE | stroke)[78, :40])
    assert (sources[CENTRE] >= 0).all()


@pytest.mark.parametrize("size", [(7, 9), (16, 40), (33, 65), (97, 50)])
def test_any_size_is_filled(restorer, size):
    hole = np.zeros(size, bool)
    hole[: size[0] - 1, : size[1] - 2] = True
    filled = restorer.inpaint(weave(*size), hole, fill="plausible")
    assert filled.shape == (*size, 3)
    assert np.isfinite(filled).all()
    assert np.array_equal(filled[~hole], weave(*size)[~hole])


def test_a_hole_at_the_border_is_filled_from_the_rest(restorer):
    hole = box(slice(0, 40), slice(80, WIDTH))
    filled = restorer.inpaint(weave(), hole, fill="plausible")
    assert np.abs(filled - weave())[hole].mean() < 0.01


def test_each_image_of_a_batch_is_filled_as_if_it_were_alone(restorer):
    batch = torch.from_numpy(np.stack([weave(), weave()[::-1]])).permute(0, 3, 1, 2)
    holes = np.stack([CENTRE, box(slice(0, 40), slice(80, WIDTH))])
    filled, sources = restorer.inpaint(batch, holes, fill="plausible", return_sources=True)
    assert sources.shape == (2, HEIGHT, WIDTH, 3)
    for index in range(2):
        alone, own = restorer.inpaint(batch[index], holes[index], fill="plausible", return_sources=True)
        assert torch.equal(filled[index], alone)
        assert np.array_equal(sources[index], own)


def test_transparent_pixels_are_no_source(restorer):
    alpha = box(slice(None), slice(0, 30))
    image = np.dstack([weave(), np.where(alpha, 0, 1)]).astype(np.float32)
    image[alpha, :3] = 0.9
    filled, sources = restorer.inpaint(image, CENTRE, fill="plausible", return_sources=True)
    assert not alpha[tuple(sources[CENTRE].T[1:])].any()
    assert np.abs(filled[..., :3] - weave())[CENTRE].mean() < 0.01


def test_pil_images_stay_pil_images(restorer):
    image = Image.fromarray((weave() * 255).astype(np.uint8))
    filled = restorer.inpaint(image, CENTRE, fill="plausible")
    assert (type(filled), filled.mode, filled.size) == (Image.Image, "RGB", image.size)


def test_progress_is_told_of_the_search():
    told = []
    restorer = Restorer(Watched(), progress=lambda done, total: told.append((done, total)))
    restorer.inpaint(weave(), CENTRE, fill="plausible")
    passes = told[2:]  # after the only tile
    assert passes[0][0] == 0
    assert [done for done, _ in passes] == list(range(len(passes)))
    assert passes[-1][0] == passes[-1][1]


def test_without_a_hole_nothing_changes(restorer):
    filled, sources = restorer.inpaint(weave(), np.zeros_like(CENTRE), fill="plausible", return_sources=True)
    assert np.array_equal(filled, weave())
    assert (sources >= 0).all()


def test_an_unknown_fill_is_refused(restorer):
    with pytest.raises(Exception, match="sharp"):  # a UserError, where types are not checked
        restorer.inpaint(weave(), CENTRE, fill="sharp")
