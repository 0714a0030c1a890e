import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from restore.errors import COVERED, NO_HOLE, UserError
from restore.evaluation.battery import damage_families, damage_named, mask_folders, white_noise
from restore.evaluation.methods import (
    BLIND,
    OURS,
    PLAUSIBLE,
    SELF_ENSEMBLE,
    UNTREATED,
    can_treat,
    methods_of,
    restored_by,
)
from restore.evaluation.noise import untold
from restore.evaluation.peers import peers_named
from restore.evaluation.peers.fills import Telea
from restore.evaluation.scorecard import Sample, find_samples, score_images
from restore.evaluation.scores import average
from restore.evaluation.tables import markdown
from restore.fill import push_pull_fill
from restore.images.codec import read_rgb, write_picture
from restore.images.picture import Picture
from restore.observation import Observation

PEERS = ["telea", "nlm"]


def score(restorer, images, damages, against=(), seed=0, **options):
    samples, failed = find_samples(images)
    assert failed == 0
    return score_images(methods_of(restorer, peers_named(against), **options), samples, damages, seed)


def test_every_image_meets_every_damage_and_each_method_what_it_can_treat(images, masks, restorer):
    mixed, jpeg = damage_named("text + sigma 15"), damage_named("jpeg 10")
    damages = [*mask_folders(masks), damage_named("box"), white_noise(25.0), mixed, jpeg]
    scores = score(restorer, images, damages, PEERS)
    met = set(scores[["image", "damage", "method"]].itertuples(index=False, name=None))
    assert met == {
        (image, damage, method)
        for image in ["a.png", "b.png", "more/c.png"]
        for names, methods in [
            (("masks large", "masks small", "box"), (OURS, PLAUSIBLE, "telea")),
            (("text + sigma 15",), (OURS, BLIND, "nlm")),
            (("sigma 25", "jpeg 10"), (OURS, BLIND, "nlm", UNTREATED)),
        ]
        for damage in names
        for method in methods
    }
    assert len(scores) == len(met)
    assert (scores["seconds"] > 0).all()
    assert dict(scores[["damage", "family"]].itertuples(index=False, name=None))["text + sigma 15"] == "mixed"


def test_any_function_of_an_observation_is_a_method(images):
    scores = score_images(
        {"gray": lambda o: torch.full_like(o.degraded, 0.5)}, find_samples(images)[0], [damage_named("box")]
    )
    assert list(scores["method"]) == ["gray"] * 3
    assert scores["psnr_hole"].between(10, 40).all()


def test_the_mean_over_views_is_judged_where_it_is_asked_for(images, restorer):
    scores = score(restorer, images, [white_noise(25.0)], self_ensemble=True)
    assert list(scores["method"][:4]) == [OURS, BLIND, SELF_ENSEMBLE, UNTREATED]


def test_scores_are_those_of_the_composited_result(images, masks, restorer):
    (damage, _) = mask_folders(masks)
    first = score(restorer, images, [damage]).iloc[0]
    image = torch.from_numpy(read_rgb(images / "a.png")).permute(2, 0, 1)[None]
    hole = damage.degrade(image, 0, 0).hole
    filled = push_pull_fill(image, hole).numpy()
    share, image, hole = hole.double().mean().item(), image.numpy(), hole.expand_as(image).numpy()
    assert first["hole_ratio"] == pytest.approx(share)
    assert first["psnr"] == pytest.approx(peak_signal_noise_ratio(image, filled, data_range=1), abs=0.05)
    over_hole = peak_signal_noise_ratio(image[hole], filled[hole], data_range=1)
    assert first["psnr_damaged"] == first["psnr_hole"] == pytest.approx(over_hole, abs=0.05)
    assert first["psnr"] - first["psnr_hole"] == pytest.approx(-10 * math.log10(share), abs=1e-3)
    assert 0 < first["seam"] < 3
    assert first["ssim_hole"] < first["ssim"] < 1


@pytest.mark.parametrize("name", ["box", "text + sigma 15"])
def test_what_is_known_is_nobodys_fault(images, name):
    observation = damage_named(name).degrade(Sample(0, images / "a.png", "a.png").read(), 0, 0)
    restored = restored_by(lambda o: torch.full_like(o.degraded, 7.0), observation)
    assert torch.equal(restored, torch.where(observation.sigma > 0, 1.0, observation.degraded))


def test_the_noise_is_what_it_is_said_to_be(images, restorer):
    scores = score(restorer, images, [white_noise(25.0)], ["nlm"])
    noisy, ours, nlm = (scores[scores["method"] == name]["psnr"].to_list() for name in (UNTREATED, OURS, "nlm"))
    assert noisy == pytest.approx([-20 * np.log10(25 / 255)] * 3, abs=0.2)
    assert ours == pytest.approx(noisy, abs=0.1)  # untrained; only clipped to [0, 1]
    assert min(nlm) > max(noisy) + 3
    assert scores[["psnr_hole", "ssim_hole", "seam"]].isna().all(axis=None)
    assert (scores["hole_ratio"] == 0).all()


def test_blind_means_that_sigma_is_not_told(restorer):
    generator = torch.Generator().manual_seed(0)
    for parameter in restorer.network.head.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=generator)
    observation = white_noise(50.0).degrade(torch.rand(1, 3, 32, 32, generator=generator), 0, 0)
    degraded, methods = observation.degraded[0], methods_of(restorer)
    blind, told = methods[BLIND](observation)[0], methods[OURS](observation)[0]
    torch.testing.assert_close(blind, restorer.denoise(degraded))
    torch.testing.assert_close(told, restorer.denoise(degraded, 50 / 255))
    assert not torch.allclose(blind, told)


def test_blind_it_is_still_known_where_the_holes_are_and_what_is_known(restorer):
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    sigma = torch.full((1, 1, 32, 32), 0.1)
    sigma[..., :8, :], sigma[..., 8:12, :] = torch.inf, 0
    assert can_treat(methods_of(restorer)[BLIND], Observation(image, sigma))
    seen = []
    restorer.restore = lambda observation: seen.append(observation) or observation.degraded
    methods_of(restorer)[BLIND](Observation(image, sigma))
    assert torch.equal(seen[0].hole, sigma.isinf())
    assert torch.equal(seen[0].sigma == 0, sigma == 0)
    assert (seen[0].sigma != sigma)[..., 12:, :].all()
    methods_of(restorer)[OURS](untold(Observation(image, sigma)))
    assert torch.equal(seen[1].sigma, seen[0].sigma)
    assert not can_treat(methods_of(restorer)[BLIND], Observation(image, sigma.where(sigma.isinf(), 0)))


def test_of_a_sigma_that_nobody_knows_there_is_nothing_to_hide_and_an_image_is_denoised_as_users_do_it(restorer):
    generator = torch.Generator().manual_seed(0)
    for parameter in restorer.network.head.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=generator)
    observation = untold(white_noise(50.0).degrade(torch.rand(1, 3, 32, 32, generator=generator), 0, 0))
    methods = methods_of(restorer, self_ensemble=True)
    assert [name for name, method in methods.items() if can_treat(method, observation)] == [
        OURS,
        SELF_ENSEMBLE,
        UNTREATED,
    ]
    torch.testing.assert_close(methods[OURS](observation), restorer.denoise(observation.degraded))


def test_the_same_seed_gives_the_same_scores(images, restorer):
    def scores(seed):
        return score(restorer, images, [damage_named("text"), white_noise(15.0)], seed=seed)["psnr"].to_list()

    assert scores(3) == scores(3) != scores(4)


def test_a_limit_takes_images_from_all_over_the_folder_and_keeps_their_damage(images, restorer):
    samples, _ = find_samples(images, limit=2)
    assert [sample.name for sample in samples] == ["a.png", "b.png"]
    assert [sample.index for sample in find_samples(images, limit=99)[0]] == [0, 1, 2]
    (last,) = [sample for sample in find_samples(images)[0] if sample.name == "more/c.png"]
    alone = score_images(methods_of(restorer), [last], [white_noise(15.0)])
    together = score(restorer, images, [white_noise(15.0)])
    assert alone["psnr"].to_list() == together[together["image"] == "more/c.png"]["psnr"].to_list()
    with pytest.raises(UserError, match="limit is at least 1, not 0"):
        find_samples(images, limit=0)


def test_images_that_cannot_be_used_are_named_and_left_out(images, caplog):
    (images / "a.png").write_bytes(b"nothing")
    write_picture(Picture(np.zeros((10, 40), np.uint8)), images / "flat.png")
    samples, failed = find_samples(images)
    assert [(sample.index, sample.name) for sample in samples] == [(1, "b.png"), (3, "more/c.png")]
    assert failed == 2
    first, second = (record.getMessage() for record in caplog.records)
    assert "a.png: text, not an image" in first
    assert "flat.png: has a side of less than 11 pixels" in second


@pytest.mark.parametrize(("level", "extent"), [(255, COVERED), (0, NO_HOLE)])
def test_masks_over_everything_or_nothing_are_passed_over_with_a_word(images, masks, restorer, caplog, level, extent):
    write_picture(Picture(np.full((8, 8), level, np.uint8)), masks / "flat" / "0.png")
    scores = score(restorer, images, mask_folders(masks))
    assert set(scores["damage"]) == {"masks large", "masks small"}
    assert [f"masks flat: {extent}; passed over" in record.getMessage() for record in caplog.records] == [True] * 3


class Failing(Telea):
    """A peer that stumbles."""

    name = "failing"

    def fill(self, degraded, hole):
        raise RuntimeError("singular matrix")


def test_a_peer_that_fails_is_named_and_costs_no_other_score(images, restorer, caplog):
    methods = methods_of(restorer, [Failing(), *peers_named(["push-pull"])])
    scores = score_images(methods, find_samples(images)[0], [damage_named("box")])
    assert list(scores[scores["psnr"].isna()]["method"]) == ["failing"] * 3
    assert "a.png, box: failing failed: singular matrix" in caplog.text
    means = average(scores).set_index("method")["psnr_damaged"]
    assert math.isnan(means["failing"])
    assert not math.isnan(means["push-pull"])
    assert "| box | 3 |" in markdown(average(scores))


def test_a_method_that_is_no_peer_ends_the_scorecard_where_it_fails(images):
    with pytest.raises(ZeroDivisionError):
        score_images({"mine": lambda _: 1 / 0}, find_samples(images)[0], damage_families(["box"]))
