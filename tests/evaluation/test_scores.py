import math

import pytest
import torch

from restore.evaluation.methods import BLIND, OURS, UNTREATED
from restore.evaluation.scores import METRICS, average, measure
from restore.evaluation.tables import markdown
from restore.observation import Observation
from tests.evaluation.scores import failed, frame, hole_score, noise_score


@pytest.mark.parametrize(
    ("sigma", "equal"),
    [((math.inf, 0.0), "psnr_hole"), ((0.1, 0.1), "psnr"), ((math.inf, 0.1), "psnr")],
    ids=["hole", "noise", "both"],
)
def test_methods_are_ranked_by_what_was_damaged(sigma, equal):
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    sigmas = torch.full((1, 1, 32, 32), sigma[1])
    sigmas[..., 8:20, 8:20] = sigma[0]
    restored = torch.where(sigmas > 0, 0.5, image)
    scores = measure(restored, image, Observation(image, sigmas))
    assert list(scores) == METRICS
    assert scores["psnr_damaged"] == pytest.approx(scores[equal], abs=1e-4)
    assert math.isnan(scores["seam"]) == math.isnan(scores["psnr_hole"]) == math.isfinite(sigma[0])


def test_scores_are_averaged_over_images_and_seconds_are_medians():
    means = average(frame(*(noise_score(OURS, psnr, str(psnr), psnr**2) for psnr in (20.0, 21.0, 25.0))))
    (mean,) = means.to_dict("records")
    assert (mean["images"], mean["psnr"], mean["psnr_damaged"], mean["seconds"]) == (3, 22, 22, 441)
    assert math.isnan(mean["psnr_hole"])
    assert mean["ssim"] == pytest.approx(0.8)


def test_where_a_method_failed_it_has_no_mean_but_where_an_image_has_no_such_score_it_is_left_out():
    borderless = {**hole_score("box", OURS, 22.0), "seam": math.nan}
    means = average(frame(hole_score("box", OURS, 20.0), borderless, hole_score("box", "telea", 20.0)))
    assert means.set_index("method").loc[OURS, ["psnr_hole", "seam", "images"]].to_list() == [21, 0.25, 2]
    means = average(frame(hole_score("box", OURS, 20.0), failed(hole_score("box", OURS, 20.0))))
    assert means[METRICS].isna().all(axis=None)


def test_the_damage_of_one_family_is_followed_by_the_mean_of_its_means():
    scores = [hole_score("narrow", OURS, psnr, family="brush") for psnr in (10.0, 20.0, 30.0)]
    scores += [hole_score("box", OURS, 5.0), hole_score("wide", OURS, 10.0, family="brush")]
    means = average(frame(*scores))
    assert list(means["damage"]) == ["narrow", "wide", "brush mean", "box"]
    assert list(means["psnr_hole"]) == [20, 10, 15, 5]
    assert list(means["images"]) == [3, 1, 3, 1]


def test_the_best_of_each_row_is_bold_and_untreated_noise_is_never_it():
    scores = [noise_score(OURS, 24.0), noise_score(BLIND, 23.0), noise_score("nlm", 26.004), noise_score("tv", 26.0)]
    scores += [noise_score(UNTREATED, 40.0), hole_score("box", OURS, 24.0), hole_score("box", "telea", 20.0)]
    lines = markdown(average(frame(*scores))).splitlines()
    assert "| sigma 25 | 1 | 24.00 | 23.00 | **26.00** | **26.00** | 40.00 |" in lines
    assert "| box | 1 | **24.00** | 20.00 |" in lines
    assert "| seconds per image |  | 1.00 | 1.00 |" in lines
    assert f"| PSNR of the whole image, dB | images | {OURS} | {BLIND} | nlm | tv | {UNTREATED} |" in lines


def test_of_the_seam_score_the_smallest_is_best():
    scores = frame(hole_score("box", OURS, 24.0), {**hole_score("box", "telea", 20.0), "seam": 0.1})
    assert "| box | 1 | 0.25 | **0.10** |" in markdown(average(scores)).splitlines()


def test_only_what_shares_methods_and_scores_shares_tables_and_nothing_empty_is_shown():
    scores = [hole_score("box", OURS, 24.0), failed(hole_score("box", "telea", 20.0)), noise_score(OURS, 30.0)]
    tables = markdown(average(frame(*scores))).split("\n\n")
    heads = [table.splitlines()[0] for table in tables]
    assert [head.split(" | ")[0] for head in heads] == [
        "| hole PSNR, dB",
        "| seam score, 0 is best",
        "| hole SSIM",
        "| PSNR of the whole image, dB",
        "| SSIM of the whole image",
        "| PSNR of the whole image, dB",
        "| SSIM of the whole image",
    ]
    assert not any("telea" in head for head in heads)
    assert [table.count("seconds per image") for table in tables] == [1, 0, 0, 0, 0, 1, 0]
