import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from restore.errors import UserError
from restore.evaluation.crops import draw_crops
from restore.evaluation.examples import CELL
from restore.evaluation.methods import OURS, UNTREATED, methods_of
from restore.evaluation.peers import peers_named
from restore.evaluation.real_noise import ROW, real_noise
from restore.evaluation.scorecard import score_images
from restore.images.codec import read_rgb, write_picture
from restore.images.picture import Picture
from restore.metrics import psnr


@pytest.fixture
def noisy(images, tmp_path):
    """Noise on those images, as files of 8 bits."""
    generator = np.random.default_rng(0)
    for path in images.rglob("*.png"):
        pixels = read_rgb(path) * 255 + generator.normal(0, 12, (*read_rgb(path).shape[:2], 3))
        target = tmp_path / "noisy" / path.relative_to(images).with_stem(f"{path.stem}_noisy")
        write_picture(Picture(pixels.round().clip(0, 255).astype(np.uint8)), target)
    return tmp_path / "noisy"


def test_pairs_are_a_row_whose_sigma_nobody_knows(images, noisy, restorer):
    row, samples, failed = real_noise(noisy, images)
    assert failed == 0
    for sample in samples:
        observation = row.degrade(sample.read(), 0, sample.index)
        assert np.array_equal(observation.degraded[0].permute(1, 2, 0).numpy(), read_rgb(noisy / sample.name))
        assert observation.sigma.isnan().all()
    scores = score_images(methods_of(restorer, peers_named(["nlm"])), samples, [row])
    assert list(scores["method"][:3]) == [OURS, "nlm", UNTREATED]
    assert set(scores["damage"]) == {ROW}
    untreated = scores[scores["method"] == UNTREATED].iloc[0]
    came, clean = read_rgb(noisy / "a_noisy.png"), read_rgb(images / "a.png")
    assert untreated["image"] == "a_noisy.png"
    assert untreated["psnr"] == untreated["psnr_damaged"]
    assert untreated["psnr"] == pytest.approx(-10 * np.log10(((came - clean) ** 2).mean()), abs=1e-3)
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "truncate": 3.3}
    similarity = structural_similarity(came, clean, data_range=1, channel_axis=2, **settings)
    assert untreated["ssim"] == pytest.approx(similarity, abs=1e-3)
    nlm = scores[scores["method"] == "nlm"]["psnr"].mean()
    assert nlm > scores[scores["method"] == UNTREATED]["psnr"].mean() + 2


def test_pairs_that_cannot_be_read_are_named_and_left_out(images, noisy, caplog):
    (noisy / "a_noisy.png").write_bytes(b"nothing")
    row, samples, failed = real_noise(noisy, images)
    assert [(sample.index, sample.name) for sample in samples] == [(1, "b_noisy.png"), (2, "more/c_noisy.png")]
    assert failed == 1
    assert "a_noisy.png: text, not an image" in caplog.text
    assert torch.isfinite(psnr(row.degrade(samples[0].read(), 0, 1).degraded, samples[0].read()))


def test_a_limit_takes_pairs_from_all_over_the_folder(images, noisy):
    assert [sample.index for sample in real_noise(noisy, images, limit=2)[1]] == [0, 1]
    with pytest.raises(UserError, match="limit is at least 1, not 0"):
        real_noise(noisy, images, limit=0)


@pytest.fixture
def large(tmp_path):
    """A pair: flat but for a part that has texture, and noise on all of it."""
    generator = np.random.default_rng(0)
    clean = np.full((300, 400, 3), 100, np.uint8)
    clean[96:288, 200:392] += generator.integers(0, 90, (192, 192, 1), dtype=np.uint8)
    noisy = (clean + generator.normal(0, 12, clean.shape)).round().clip(0, 255).astype(np.uint8)
    write_picture(Picture(clean), tmp_path / "clean" / "a.png")
    write_picture(Picture(noisy), tmp_path / "noisy" / "a.png")
    return noisy, clean


@pytest.mark.parametrize(("corner", "place"), [(None, (200, 96)), ((30, 8), (30, 8)), ((999, 999), (208, 108))])
def test_the_sheet_shows_parts_pixel_for_pixel(tmp_path, large, restorer, corner, place):
    row, samples, _ = real_noise(tmp_path / "noisy", tmp_path / "clean")
    methods = methods_of(restorer, peers_named(["nlm"]))
    scores = score_images(methods, samples, [row])
    sheet = np.asarray(draw_crops(methods, samples, row, scores, 0, corner))
    left, top = place
    cells = [sheet[6 : 6 + CELL, start : start + CELL] for start in range(6, sheet.shape[1], CELL + 6)]
    assert len(cells) == 4
    for cell, pixels in ((cells[0], large[0]), (cells[3], large[1])):
        assert np.array_equal(cell, pixels[top : top + CELL, left : left + CELL])
    assert not np.array_equal(cells[2], cells[0])
