import numpy as np
import pytest
import torch

from restore.evaluation.battery import mask_folders, white_noise
from restore.evaluation.examples import CELL, WIDE_CELL, choose, draw_sheet, shown_part, worst_part
from restore.evaluation.methods import BLIND, OURS, PLAUSIBLE, UNTREATED, methods_of
from restore.evaluation.peers import peers_named
from restore.evaluation.scorecard import find_samples, score_images
from tests.evaluation.scores import frame, hole_score, noise_score


def test_examples_are_chosen_by_the_difference_to_the_peer_that_is_best_on_average():
    ours, telea, poor = (30.0, 20.0, 24.0, 22.0, 21.0), (29.0, 21.0, 20.0, 21.5, 20.9), (9.0, 9.0, 90.0, 9.0, 9.0)
    scores = frame(
        *(
            hole_score("box", method, psnr, image)
            for method, of_images in ((OURS, ours), ("telea", telea), ("poor", [x - 60 for x in poor]))
            for image, psnr in zip("abcde", of_images, strict=True)
        )
    )
    examples = choose(scores)
    assert [(e.rank, e.image) for e in examples] == [("worst", "b"), ("median", "d"), ("best", "c")]
    assert examples[0].scores == {OURS: 20.0, "telea": 21.0}
    assert examples[0].others == {"poor": -51.0}


@pytest.mark.parametrize(("count", "ranks"), [(1, ["best"]), (2, ["worst", "best"]), (3, ["worst", "median", "best"])])
def test_without_peers_examples_are_chosen_by_psnr_and_none_twice(count, ranks):
    scores = [noise_score(method, 20.0 + i, str(i)) for method in (OURS, BLIND, UNTREATED) for i in range(count)]
    examples = choose(frame(*scores))
    assert [e.rank for e in examples] == ranks
    assert [e.image for e in examples] == [str(i) for i in range(count)]
    assert set(examples[0].scores) == {OURS}


def draw(restorer, images, damages, against):
    samples, _ = find_samples(images)
    methods = methods_of(restorer, peers_named(against))
    return draw_sheet(methods, samples, damages, score_images(methods, samples, damages), seed=0)


def test_the_sheet_has_a_row_for_each_example_with_all_fills_pixel_for_pixel(images, masks, restorer):
    sheet = np.asarray(draw(restorer, images, [*mask_folders(masks), white_noise(25.0)], ["telea", "push-pull"]))
    assert sheet.shape[1] == 6 * (CELL + 6) + 6  # degraded, both fills, two peers, the truth
    magenta = (sheet == [255, 0, 255]).all(-1)
    assert set(magenta.any(0).nonzero()[0] // (CELL + 6)) == {0}
    (large, small) = mask_folders(masks)
    areas = [
        damage.degrade(torch.zeros(1, 3, *size), 0, index).hole.sum().item()
        for damage in (large, small)
        for index, size in enumerate([(48, 40), (40, 64), (48, 40)])
    ]
    assert magenta.sum() == sum(areas)
    assert draw(restorer, images, [white_noise(25.0)], []).width < 4 * CELL


def test_a_restorer_of_which_one_fill_alone_is_judged_is_drawn_by_that(images, masks, restorer):
    samples, _ = find_samples(images)
    methods = methods_of(restorer, fills=["plausible"])
    scores = score_images(methods, samples, mask_folders(masks)[:1])
    assert set(scores["method"]) == {PLAUSIBLE}
    assert {tuple(example.scores) for example in choose(scores)} == {(PLAUSIBLE,)}
    assert draw_sheet(methods, samples, mask_folders(masks)[:1], scores, seed=0).width == 3 * (CELL + 6) + 6


def test_a_coarse_hole_is_shown_whole_and_in_the_middle():
    image = torch.zeros(1, 3, 600, 700)
    hole = torch.zeros(1, 1, 600, 700, dtype=torch.bool)
    hole[..., 200:456, 380:636] = True
    rows, columns = shown_part(image, image, hole)
    assert (rows.start, rows.stop) == (168, 168 + WIDE_CELL)
    assert (columns.start, columns.stop) == (348, 348 + WIDE_CELL)
    rows, columns = shown_part(image, image, torch.zeros_like(hole))
    assert (rows.stop, columns.stop) == (CELL, CELL)
    hole[..., 0:600, 0:400] = True
    error = image.clone()
    error[..., 580:590, 100:110] = 1
    rows, columns = shown_part(error, image, hole)
    assert rows.stop - rows.start == columns.stop - columns.start == WIDE_CELL
    assert rows.start <= 580 < 590 <= rows.stop


def test_large_images_are_cut_to_where_the_error_is(images, restorer):
    image = torch.zeros(1, 3, 600, 700)
    restored = image.clone()
    restored[..., 410:420, 330:340] = 1
    rows, columns = worst_part(restored, image, 256)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (256, 256)
    assert rows.start <= 410 < 420 <= rows.stop
    assert columns.start <= 330 < 340 <= columns.stop
