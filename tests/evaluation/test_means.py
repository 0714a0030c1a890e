import math
from dataclasses import replace

import pytest

from restore.evaluation.means import average
from restore.evaluation.methods import BLIND, OURS, UNTREATED
from restore.evaluation.tables import markdown
from tests.evaluation.scores import hole_score, noise_score


def test_figures_are_averaged_over_images_and_seconds_are_medians():
    scores = [noise_score(OURS, psnr, str(psnr), psnr**2) for psnr in (20.0, 21.0, 25.0)]
    (mean,) = average(scores)
    assert (mean.images, mean.figures.psnr, mean.figure, mean.seconds) == (3, 22, 22, 441)
    assert math.isnan(mean.figures.psnr_hole)
    assert mean.figures.ssim == pytest.approx(0.8)


def test_an_image_without_a_figure_does_not_spoil_the_mean():
    first, second = hole_score("box", OURS, 20.0), hole_score("box", OURS, math.nan)
    (mean,) = average([first, second])
    assert (mean.figures.psnr_hole, mean.images) == (20, 2)


def test_settings_of_one_family_are_followed_by_the_mean_of_their_means():
    scores = [hole_score("brush 0-10 %", OURS, psnr) for psnr in (10.0, 20.0, 30.0)]
    scores += [hole_score("box", OURS, 5.0), hole_score("brush 10-20 %", OURS, 10.0)]
    means = average(scores)
    assert [mean.setting for mean in means] == ["brush 0-10 %", "brush 10-20 %", "brush mean", "box"]
    assert means[2].figures.psnr_hole == 15


def test_the_best_of_each_row_is_bold_and_untreated_noise_is_never_it():
    scores = [noise_score(OURS, 24.0), noise_score(BLIND, 23.0), noise_score("nlm", 26.004), noise_score("tv", 26.0)]
    scores += [noise_score(UNTREATED, 40.0), hole_score("box", OURS, 24.0), hole_score("box", "telea", 20.0)]
    lines = markdown(average(scores)).splitlines()
    assert "| 25 | 1 | 24.00 | 23.00 | **26.00** | **26.00** | 40.00 |" in lines
    assert "| box | 1 | **24.00** | 20.00 |" in lines
    assert "| seconds per image | | 1.00 | 1.00 |" in lines
    assert f"| sigma: PSNR, dB | images | {OURS} | {BLIND} | nlm | tv | {UNTREATED} |" in lines


def test_of_the_seam_score_the_smallest_is_best():
    telea = hole_score("box", "telea", 20.0)
    scores = [hole_score("box", OURS, 24.0), replace(telea, figures=replace(telea.figures, seam=0.1))]
    assert "| box | 1 | 0.25 | **0.10** |" in markdown(average(scores)).splitlines()
