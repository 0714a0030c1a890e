import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from restore.evaluation.battery import drawn_holes, mask_folders, white_noise
from restore.evaluation.means import average
from restore.evaluation.methods import BEST, BLIND, OURS, UNTREATED, methods_of, restored_by
from restore.evaluation.peers import DENOISERS, FILLS
from restore.evaluation.scorecard import Sample, find_samples, score_images
from restore.evaluation.tables import markdown
from restore.images.codec import Picture, read_rgb, write_picture

PEERS = ["telea", "nlm"]


def score(restorer, images, settings, against=(), seed=0):
    samples, failed = find_samples(images)
    assert failed == 0
    return list(score_images(restorer, samples, settings, list(against), seed))


def test_every_image_meets_every_setting_and_method(images, masks, restorer):
    scores = score(restorer, images, [*mask_folders(masks), *drawn_holes(["box"]), *white_noise([25.0])], PEERS)
    met = {(s.image, s.setting, s.method) for s in scores}
    names = ["a.png", "b.png", "more/c.png"]
    assert met == {
        (image, setting, method)
        for image in names
        for settings, methods in [
            (("masks large", "masks small", "box"), (OURS, "telea")),
            (("25",), (OURS, BLIND, "nlm", UNTREATED)),
        ]
        for setting in settings
        for method in methods
    }
    assert len(scores) == len(met)
    assert all(s.seconds > 0 for s in scores)


def test_peers_that_do_not_fit_the_task_are_passed_over(restorer):
    every = [*FILLS, *DENOISERS]
    assert list(methods_of("hole", restorer, every)) == [OURS, *FILLS]
    assert list(methods_of("noise", restorer, every)) == [OURS, BLIND, *DENOISERS, UNTREATED]


def test_the_average_over_views_is_judged_where_it_is_asked_for(images, restorer):
    assert list(methods_of("hole", restorer, [BEST])) == [OURS, BEST]
    scores = score(restorer, images, white_noise([25.0]), [BEST])
    assert [s.method for s in scores[:4]] == [OURS, BLIND, BEST, UNTREATED]


def test_figures_are_those_of_the_composited_result(images, masks, restorer):
    (setting, _) = mask_folders(masks)
    (first, *_) = score(restorer, images, [setting])
    image = read_rgb(images / "a.png")
    observation = setting.damage(torch.from_numpy(image).permute(2, 0, 1)[None], 0, 0)
    hole = observation.hole[0, 0].numpy()
    filled = np.where(hole[..., None], FILLS["push-pull"](np.where(hole[..., None], 0, image), hole), image)
    figures = first.figures
    assert figures.hole_ratio == pytest.approx(hole.mean())
    assert figures.psnr == pytest.approx(peak_signal_noise_ratio(image, filled, data_range=1), abs=0.05)
    over_hole = peak_signal_noise_ratio(image[hole], filled[hole], data_range=1)
    assert figures.psnr_hole == pytest.approx(over_hole, abs=0.05)
    assert figures.psnr - figures.psnr_hole == pytest.approx(-10 * math.log10(hole.mean()), abs=1e-3)
    assert 0 < figures.seam < 3
    assert figures.ssim_hole < figures.ssim < 1


def test_visible_pixels_are_nobodys_fault(images):
    observation = drawn_holes(["box"])[0].damage(Sample(0, images / "a.png", "a.png").read(), 0, 0)
    restored = restored_by("careless", lambda o: torch.full_like(o.degraded, 7.0), observation)
    assert torch.equal(restored, torch.where(observation.hole, 1.0, observation.degraded))


def test_the_noise_is_what_it_is_said_to_be(images, restorer):
    scores = score(restorer, images, white_noise([25.0]), DENOISERS.keys() & {"nlm"})
    noisy, ours, nlm = ([s.figures.psnr for s in scores if s.method == name] for name in (UNTREATED, OURS, "nlm"))
    assert noisy == pytest.approx([-20 * np.log10(25 / 255)] * 3, abs=0.2)
    assert ours == pytest.approx(noisy, abs=0.1)  # untrained; only clipped to [0, 1]
    assert min(nlm) > max(noisy) + 3
    assert all(math.isnan(s.figures.psnr_hole) and math.isnan(s.figures.seam) for s in scores)
    assert all(s.figures.hole_ratio == 0 for s in scores)


def test_blind_means_that_sigma_is_not_told(restorer):
    generator = torch.Generator().manual_seed(0)
    for parameter in restorer.network.head.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=generator)
    observation = white_noise([50.0])[0].damage(torch.rand(1, 3, 32, 32, generator=generator), 0, 0)
    degraded, methods = observation.degraded[0], methods_of("noise", restorer, [])
    blind, told = methods[BLIND](observation)[0], methods[OURS](observation)[0]
    torch.testing.assert_close(blind, restorer.denoise(degraded))
    torch.testing.assert_close(told, restorer.denoise(degraded, 50 / 255))
    assert not torch.allclose(blind, told)


def test_the_same_seed_gives_the_same_figures(images, restorer):
    def figures(seed):
        return [
            s.figures.psnr for s in score(restorer, images, [*drawn_holes(["text"]), *white_noise([15.0])], seed=seed)
        ]

    assert figures(3) == figures(3) != figures(4)


def test_a_limit_takes_images_from_all_over_the_folder_and_keeps_their_damage(images, restorer):
    samples, _ = find_samples(images, limit=2)
    assert [sample.name for sample in samples] == ["a.png", "b.png"]
    assert [sample.index for sample in find_samples(images, limit=99)[0]] == [0, 1, 2]
    (last,) = [sample for sample in find_samples(images)[0] if sample.name == "more/c.png"]
    alone = list(score_images(restorer, [last], white_noise([15.0]), []))
    together = score(restorer, images, white_noise([15.0]))
    assert [s.figures.psnr for s in alone] == [s.figures.psnr for s in together if s.image == "more/c.png"]
    with pytest.raises(ValueError, match="limit is at least 1, not 0"):
        find_samples(images, limit=0)


def test_images_that_cannot_be_used_are_named_and_left_out(images, caplog):
    (images / "a.png").write_bytes(b"nothing")
    write_picture(Picture(np.zeros((10, 40), np.uint8)), images / "flat.png")
    samples, failed = find_samples(images)
    assert [(sample.index, sample.name) for sample in samples] == [(1, "b.png"), (3, "more/c.png")]
    assert failed == 2
    first, second = (record.getMessage() for record in caplog.records)
    assert "a.png: not an image" in first
    assert "flat.png: has a side of less than 11 pixels" in second


@pytest.mark.parametrize(("level", "extent"), [(255, "everything"), (0, "nothing")])
def test_masks_over_everything_or_nothing_are_passed_over_with_a_word(images, masks, restorer, caplog, level, extent):
    write_picture(Picture(np.full((8, 8), level, np.uint8)), masks / "flat" / "0.png")
    scores = score(restorer, images, mask_folders(masks))
    assert {s.setting for s in scores} == {"masks large", "masks small"}
    assert [f"'masks flat' covers {extent}" in record.getMessage() for record in caplog.records] == [True] * 3


def test_a_peer_that_fails_is_named_and_costs_no_other_score(images, restorer, monkeypatch, caplog):
    def fail(degraded, hole):
        raise RuntimeError("singular matrix")

    monkeypatch.setitem(FILLS, "telea", fail)
    scores = score(restorer, images, drawn_holes(["box"]), ["telea", "push-pull"])
    assert [s.method for s in scores if math.isnan(s.figures.psnr)] == ["telea"] * 3
    assert "a.png: telea failed at 'box': singular matrix" in caplog.text
    by_method = {mean.method: mean for mean in average(scores)}
    assert math.isnan(by_method["telea"].figure)
    assert not math.isnan(by_method["push-pull"].figure)
    assert "| box | 3 |" in markdown(list(by_method.values()))


def test_a_restorer_that_fails_ends_the_scorecard(images, restorer, monkeypatch):
    monkeypatch.setattr(restorer, "inpaint", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        score(restorer, images, drawn_holes(["box"]), ["push-pull"])
