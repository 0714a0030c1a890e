import pytest
import torch
from torch.nn.functional import avg_pool2d

from restore.networks import UNet
from restore.observation import Observation
from restore.training import adaptation
from restore.training.adaptation import adapt
from restore.training.told import LEAST, found_level

from .conftest import tiny_network, tiny_task


def scene(size=224):
    rows, columns = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    return 0.5 + 0.2 * torch.stack([((rows * a + columns * b) / 11).sin() for a, b in ((1, 0), (1, 1), (0, 1))])


def white(size=224):
    return 0.1 * torch.randn(3, size, size, generator=torch.Generator().manual_seed(0))


def grained(size=224):
    return 2 * avg_pool2d(white(size + 1), 2, 1)


def network():
    torch.manual_seed(0)
    return UNet(widths=(8, 8), depths=(1, 1))


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(adaptation, "STEPS", (24, 24))
    monkeypatch.setattr(adaptation, "RATE", 0.02)
    monkeypatch.setattr(adaptation, "BATCH", 2)


@pytest.mark.parametrize("noise", [white, grained])
def test_an_image_teaches_its_own_noise_without_any_other(noise):
    start, noisy = network(), (scene() + noise())
    adapted = adapt(start, noisy)
    assert adapted.pays
    level = found_level(start, Observation(noisy[None], torch.zeros(1, 1, 224, 224)))
    observation = Observation(noisy[None], level)
    with torch.no_grad():
        before, after = ((net(observation)[0] - scene()).square().mean().sqrt() for net in (start, adapted.network))
    assert after < 0.75 * before
    assert all(torch.equal(a, b) for a, b in zip(start.parameters(), network().parameters(), strict=True))


def test_the_error_without_a_clean_image_is_the_true_one():
    image = adapt(network(), scene() + white()).proof.images[0]
    assert image.before**0.5 == pytest.approx(0.1, rel=0.15)  # the network that has learned nothing changes nothing
    assert image.after < image.before


def test_what_is_no_better_is_not_used(monkeypatch):
    monkeypatch.setattr(adaptation, "RATE", 0.0)
    start = network()
    adapted = adapt(start, scene() + white())
    assert not adapted.pays
    assert adapted.network is start


def test_a_training_ends_in_time_and_tells_how_far_it_is(monkeypatch):
    monkeypatch.setattr(adaptation, "SECONDS_PER_MEGAPIXEL", -1.0)
    told = []
    assert not adapt(network(), scene() + white(), progress=lambda done, total: told.append((done, total))).pays
    assert told == [(0, 24), (24, 24)]


def test_images_that_tell_nothing_leave_the_network_as_it_is():
    start = network()
    for image in (torch.ones(3, 224, 224), scene(64)):
        adapted = adapt(start, image)
        assert adapted.proof is None
        assert adapted.network is start


def test_noise_that_nobody_knows_is_told_as_denoising_estimates_it():
    noisy = scene() + white()
    observation = Observation(torch.stack([noisy, scene() * 0 + 0.5]), torch.full((2, 1, 224, 224), torch.nan))
    level = tiny_task().noise_level(observation)
    assert level.shape == observation.sigma.shape
    assert level[0].numpy() == pytest.approx(0.1, rel=0.2)
    assert level[1].numpy() == pytest.approx(LEAST)
    told = tiny_task(tiny_network(noise_widths=[4, 4, 4])).noise_level(observation)
    assert told.numpy() == pytest.approx(8 / 255, rel=1e-4)  # an untrained head tells a typical level
