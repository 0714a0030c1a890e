import numpy as np
import pytest
import torch

from restore.evaluation.battery import mask_folders, white_noise
from restore.evaluation.examples import CELL, choose, draw_sheet, worst_part
from restore.evaluation.means import average
from restore.evaluation.methods import BLIND, OURS, UNTREATED
from restore.evaluation.scorecard import find_samples, score_images
from tests.evaluation.scores import hole_score, noise_score


def test_examples_are_chosen_by_the_difference_to_the_peer_that_is_best_on_average():
    ours, telea, poor = (30.0, 20.0, 24.0, 22.0, 21.0), (29.0, 21.0, 20.0, 21.5, 20.9), (9.0, 9.0, 90.0, 9.0, 9.0)
    scores = [
        hole_score("box", method, psnr, image)
        for method, figures in ((OURS, ours), ("telea", telea), ("poor", [x - 60 for x in poor]))
        for image, psnr in zip("abcde", figures, strict=True)
    ]
    examples = choose(scores, average(scores))
    assert [(e.rank, e.image) for e in examples] == [("worst", "b"), ("median", "d"), ("best", "c")]
    assert examples[0].figures == {OURS: 20.0, "telea": 21.0}


@pytest.mark.parametrize(("count", "ranks"), [(1, ["best"]), (2, ["worst", "best"]), (3, ["worst", "median", "best"])])
def test_without_peers_examples_are_chosen_by_psnr_and_none_twice(count, ranks):
    scores = [noise_score(method, 20.0 + i, str(i)) for method in (OURS, BLIND, UNTREATED) for i in range(count)]
    examples = choose(scores, average(scores))
    assert [e.rank for e in examples] == ranks
    assert [e.image for e in examples] == [str(i) for i in range(count)]
    assert set(examples[0].figures) == {OURS}


def draw(restorer, images, settings, against):
    samples, _ = find_samples(images)
    scores = list(score_images(restorer, samples, settings, against))
    return draw_sheet(restorer, samples, settings, scores, average(scores), seed=0)


def test_the_sheet_has_three_examples_a_row(images, masks, restorer):
    settings = [*mask_folders(masks), *white_noise([25.0])]
    sheet = np.asarray(draw(restorer, images, settings, ["telea"]))
    assert sheet.shape[1] > 12 * CELL
    magenta = (sheet == [255, 0, 255]).all(-1)
    columns = magenta.any(0).nonzero()[0] // ((sheet.shape[1] - 6) // 12)
    assert set(columns) == {0, 4, 8}
    assert draw(restorer, images, white_noise([25.0]), []).width < 10 * CELL


def test_large_images_are_cut_to_where_the_error_is(images, restorer):
    image = torch.zeros(1, 3, 600, 700)
    restored = image.clone()
    restored[..., 410:420, 330:340] = 1
    rows, columns = worst_part(restored, image, 256)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (256, 256)
    assert rows.start <= 410 < 420 <= rows.stop
    assert columns.start <= 330 < 340 <= columns.stop
