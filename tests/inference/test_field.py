"""The patches of a hole: how far they are from others, and what is found."""

import numpy as np
import pytest

from restore.inference import threads
from restore.inference.plausible import kernels, vote_kernels
from restore.inference.plausible.atlas import Atlas
from restore.inference.plausible.completion import complete
from restore.inference.plausible.field import Field, trust_in
from restore.inference.plausible.pyramid import RADIUS, scales_of, texture_in
from restore.inference.threads import Threads
from tests.inference.test_plausible import box

HEIGHT, WIDTH = 40, 44
HOLE = box(slice(14, 27), slice(12, 30), HEIGHT, WIDTH)
TEXTURE_WEIGHT = 50.0


@pytest.fixture
def atlas():
    """Noise, which nothing else is like, and a hole with a guess in it."""
    base = np.random.default_rng(0).random((3, HEIGHT, WIDTH), np.float32)
    return Atlas.of(base, HOLE, np.ones_like(HOLE))


@pytest.fixture
def field(atlas):
    with Threads() as some:
        yield Field(scales_of(atlas)[0], np.random.default_rng(1), TEXTURE_WEIGHT, some)


def patches_at(planes, places):
    views = np.lib.stride_tricks.sliding_window_view(planes, (2 * RADIUS + 1,) * 2, (-2, -1))
    rows, columns = np.divmod(places, WIDTH)
    return views[..., rows - RADIUS, columns - RADIUS, :, :]


def distances_of(field, atlas, which, places):
    """By definition."""
    centres = field.patches.centres[which]
    trust = patches_at(trust_in(HOLE), centres)
    squares = np.square(patches_at(atlas.base, centres) - patches_at(atlas.base, places)).mean(0)
    features = texture_in(atlas.base, HOLE).reshape(2, -1)
    texture = np.square(features[:, centres] - features[:, places]).mean(0)
    weight = TEXTURE_WEIGHT * trust_in(HOLE).ravel()[centres]
    return ((squares * trust).sum((1, 2)) + weight * texture) / trust.sum((1, 2))


def test_patches_are_compared_pixel_by_pixel_and_by_their_texture(field, atlas):
    places = field.patches.places
    assert len(places) == (13 + 2 * RADIUS) * (18 + 2 * RADIUS)
    told = field.compare(field.active, places)
    assert np.allclose(told, distances_of(field, atlas, field.active, places), rtol=1e-4)


def test_what_is_trusted_falls_with_the_depth():
    trust = trust_in(HOLE)
    assert (trust[~HOLE] == 1).all()
    assert trust[14, 20] == pytest.approx(0.85)
    assert trust[20, 20] == pytest.approx(0.85**7)
    assert (trust_in(np.ones_like(HOLE)) == np.float32(0.1)).all()
    assert trust_in(np.pad(np.ones((60, 60), bool), 2)).min() == pytest.approx(0.1)


def test_of_all_places_the_nearest_is_found(field, atlas):
    field.improve()
    sources = np.flatnonzero(field.scale.source)
    for which in (0, 100, 333, len(field.active) - 1):
        distances = distances_of(field, atlas, np.full(len(sources), which), sources)
        assert field.patches.places[which] == sources[distances.argmin()]
        assert field.patches.distances[which] == pytest.approx(distances.min(), rel=1e-4)


def test_a_search_at_random_finds_what_is_better_each_time(field):
    before = field.compare(field.active, field.patches.places)
    field._search(HEIGHT)
    first = field.patches.distances.copy()
    field._search(HEIGHT)
    assert first.mean() < 0.95 * before.mean()
    assert field.patches.distances.mean() < first.mean()
    assert field.patches.is_source[field.patches.places].all()
    assert np.array_equal(field.compare(field.active, field.patches.places), field.patches.distances)


def test_a_vote_is_the_mean_of_what_patches_are_copied_from(field):
    field.improve()
    colours, patches = field.scale.colours.copy(), field.patches
    row, column = 20, 17
    values, distances, trust = [], [], []
    for down in range(-RADIUS, RADIUS + 1):
        for right in range(-RADIUS, RADIUS + 1):
            centre = (row - down) * WIDTH + column - right
            which = patches.numbers[centre]
            values.append(colours.reshape(-1, 3)[patches.places[which] + down * WIDTH + right])
            distances.append(patches.distances[which])
            trust.append(patches.trust[centre])
    weights = np.exp(-4 * np.array(distances) / (2 * np.mean(distances) + 1e-6)) * trust
    field.vote(HOLE, 4.0)
    assert np.allclose(field.scale.colours[row, column], np.average(values, axis=0, weights=weights), atol=1e-5)
    assert np.array_equal(field.scale.colours[~HOLE], colours[~HOLE])


def test_moves_are_drawn_evenly_and_each_by_itself():
    moves = np.array([kernels._moves(np.uint64(7), np.uint64(count), 2) for count in range(5000)])
    counts = np.histogram2d(*moves.T, bins=5, range=[(-2.5, 2.5)] * 2)[0]
    assert counts.sum() == 5000
    assert counts.min() > 140
    assert counts.max() < 260


def test_what_is_found_depends_neither_on_the_threads_nor_on_their_parts(monkeypatch):
    base = np.random.default_rng(3).random((3, 96, 120), np.float32)
    hole = box(slice(30, 70), slice(40, 90))
    monkeypatch.setattr("restore.inference.plausible.field.MOST_PRODUCTS", 1e6)  # so that places are drawn at random
    found = []
    for cores, least in ((1, 512), (3, 16), (2, 100)):
        monkeypatch.setattr(threads, "usable_cores", lambda cores=cores: cores)
        monkeypatch.setattr(threads, "LEAST", least)
        found.append(complete(Atlas.of(base, hole, ~hole), np.random.default_rng(0)))
    assert all(np.array_equal(one.sources, found[0].sources) for one in found)
    assert all(np.array_equal(one.voted, found[0].voted) for one in found)


def test_nothing_is_compiled_twice(field, atlas):
    field._search(HEIGHT)
    complete(atlas, np.random.default_rng(0))
    loops = [kernels.compare, kernels.propagate, kernels.search_around, kernels.search_all, vote_kernels.vote]
    assert [len(loop.signatures) for loop in [*loops, vote_kernels.loudest]] == [1] * 6
