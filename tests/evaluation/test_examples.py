import numpy as np
import pytest
import torch

from restore.evaluation.battery import mask_folders, white_noise
from restore.evaluation.examples import CELL, choose, draw_sheet, worst_part
from restore.evaluation.methods import BLIND, OURS, UNTREATED, methods_of
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


def test_the_sheet_has_three_examples_a_row(images, masks, restorer):
    sheet = np.asarray(draw(restorer, images, [*mask_folders(masks), white_noise(25.0)], ["telea"]))
    assert sheet.shape[1] > 12 * CELL
    magenta = (sheet == [255, 0, 255]).all(-1)
    columns = magenta.any(0).nonzero()[0] // ((sheet.shape[1] - 6) // 12)
    assert set(columns) == {0, 4, 8}
    assert draw(restorer, images, [white_noise(25.0)], []).width < 10 * CELL


def test_large_images_are_cut_to_where_the_error_is(images, restorer):
    image = torch.zeros(1, 3, 600, 700)
    restored = image.clone()
    restored[..., 410:420, 330:340] = 1
    rows, columns = worst_part(restored, image, 256)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (256, 256)
    assert rows.start <= 410 < 420 <= rows.stop
    assert columns.start <= 330 < 340 <= columns.stop
