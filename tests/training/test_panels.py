import time
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from lightning import Callback
from lightning.pytorch.loggers.logger import DummyLogger

from restore.degradations import BrushStrokes, GaussianNoise
from restore.training import Panels
from restore.training.tracking import ExperimentTracker, ImageRow

from .conftest import Shapes, tiny_data, tiny_task


class Album(DummyLogger, ExperimentTracker):
    """Collects what a tracker is told."""

    def __init__(self):
        super().__init__()
        self.told = {}

    def _tell(self, key, step, what):
        self.told.setdefault(key, []).append((step, what))

    def log_panels(self, key, panels, step):
        self._tell(key, step, panels)

    def log_rows(self, key, rows, step):
        self._tell(key, step, rows)

    def log_histogram(self, key, counts, edges, step):
        self._tell(key, step, (counts, edges))

    def log_weights(self, weights, card, aliases, facts):
        self._tell("weights", 0, (weights, card, aliases, facts))

    def join(self, run, group=None, in_parts=False):
        pass

    def close(self, is_done=True):
        pass


def fit(trainer, panels, **data):
    album = Album()
    trainer(max_steps=5, val_check_interval=1, enable_checkpointing=False, logger=album, callbacks=[panels]).fit(
        tiny_task(), tiny_data(**data)
    )
    return album.told


def test_the_same_images_are_shown_at_their_turn_and_at_the_end(trainer):
    told = fit(trainer, Panels(count=2, every_n_validations=3))
    assert [step for step, _ in told["val/panels"]] == [1, 4, 5]
    for _, panels in told["val/panels"]:
        assert [panel.name for panel in panels] == ["image 0", "image 1"]
        assert [panel.picture.shape for panel in panels] == [(32, 4 * 32, 3)] * 2
        assert all(" dB" in panel.caption and panel.parts[:3] == ("degraded", "restored", "clean") for panel in panels)
    clean = [[panel.picture[:, 64:96] for panel in panels] for _, panels in told["val/panels"]]
    assert all((a == b).all() for other in clean for a, b in zip(clean[0], other, strict=True))


def test_a_panel_shows_damage_result_truth_and_error(trainer):
    told = fit(trainer, Panels(count=1, every_n_validations=9), val_degradation=BrushStrokes(0.2, 0.4))
    ((_, first), *_) = told["val/panels"]
    degraded, restored, clean, error = np.split(first[0].picture.astype(int), 4, axis=1)
    truth = tiny_data().val_crops[0].image
    np.testing.assert_array_equal(clean, (255 * truth).round().int().permute(1, 2, 0).numpy())
    is_known = (degraded == restored).all(-1) & (error == 0).all(-1)
    assert 0.5 < is_known.mean() < 0.9
    np.testing.assert_allclose(error, np.minimum(4 * abs(restored - clean), 255), atol=4)
    assert "hole 2" in first[0].caption or "hole 3" in first[0].caption
    assert "sigma" not in first[0].caption


def test_the_worst_come_first_and_every_image_has_its_figures(trainer):
    told = fit(
        trainer,
        Panels(worst=3, rows=5),
        synthetic=Shapes(16),
        val_share=0.5,
        val_degradation=GaussianNoise(5.0, 50.0),
    )
    for (_, rows), (_, worst) in zip(told["val/images"], told["val/worst"], strict=True):
        assert [row.name for row in rows] == [f"image {i}" for i in range(5)]
        assert all(row.thumbnail.shape == (32, 32, 3) and row.hole == 0 and 5 <= row.sigma <= 50 for row in rows)
        assert all(set(row.metrics) == {"loss", "psnr", "psnr_hole", "ssim"} for row in rows)
        assert all(np.isnan(row.metrics["psnr_hole"]) and row.quality == row.metrics["psnr"] for row in rows)
        figures = [float(panel.caption.split(" dB")[0]) for panel in worst]
        assert figures == sorted(figures)
        assert len(figures) == 3
        others = [row.quality for row in rows if row.name not in {panel.name for panel in worst}]
        assert max(figures) <= min(others) + 0.01


def test_all_errors_of_damaged_pixels_are_counted(trainer):
    told = fit(trainer, Panels(), val_degradation=GaussianNoise(20.0, 20.0))
    for _, (counts, edges) in told["val/error"]:
        assert counts.sum() == 2 * 3 * 32 * 32
        assert (edges[0], edges[-1], len(edges)) == (0, 128, len(counts) + 1)
        assert counts[:20].sum() > 0.5 * counts.sum()


def test_several_damages_of_an_image_have_names_of_their_own(trainer):
    told = fit(trainer, Panels(), val_draws=2)
    names = [row.name for row in told["val/images"][0][1]]
    assert names == [f"image {i}, damage {draw}" for draw in (1, 2) for i in (0, 1)]


def test_an_image_without_damage_is_not_the_worst(trainer):
    class Sometimes(BrushStrokes):
        def __call__(self, image, generator):
            observation = super().__call__(image, generator)
            is_light = image.mean() > 0.5
            return observation if is_light else type(observation)(image, torch.zeros_like(observation.sigma))

    told = fit(trainer, Panels(worst=9), synthetic=Shapes(16), val_share=0.5, val_degradation=Sometimes(0.2, 0.4))
    rows = told["val/images"][0][1]
    undamaged = [row.name for row in rows if row.hole == 0]
    assert 0 < len(undamaged) < len(rows)
    assert all({panel.name for panel in panels}.isdisjoint(undamaged) for _, panels in told["val/worst"])


def test_what_is_no_number_is_worse_than_anything():
    def row(hole, sigma, psnr, psnr_hole):
        return ImageRow("a", hole, sigma, {"psnr": psnr, "psnr_hole": psnr_hole}, np.zeros((1, 1, 3), np.uint8))

    assert row(0.5, 0.0, 30.0, np.nan).quality == row(0.0, 9.0, np.nan, np.nan).quality == -np.inf
    assert (row(0.5, 9.0, 30.0, 20.0).quality, row(0.0, 9.0, 30.0, np.nan).quality) == (20, 30)
    assert not row(0.0, 0.0, np.nan, np.nan).is_damaged


@pytest.mark.parametrize("worst", [0, 1])
def test_as_many_are_shown_as_are_asked_for(trainer, worst):
    told = fit(trainer, Panels(count=0, worst=worst, rows=0))
    assert set(told) == {"val/error", *(["val/worst"] if worst else [])}
    assert {len(panels) for _, panels in told.get("val/worst", [])} <= {worst}


@pytest.mark.parametrize("fails", [False, True])
def test_slow_trackers_are_waited_for_at_the_end_and_not_before(trainer, fails):
    class Slow(Album):
        def log_panels(self, key, panels, step):
            time.sleep(1.5)
            super().log_panels(key, panels, step)

        def finalize(self, status):
            self._tell("end", 0, {name: len(told) for name, told in self.told.items()})

    class Impatient(Callback):
        waited = 0.0

        def on_validation_start(self, *_):
            self.began = time.perf_counter()

        def on_train_batch_start(self, *_):
            if self.began is not None:
                self.waited = max(self.waited, time.perf_counter() - self.began)
            self.began = None

        def on_validation_end(self, trainer, *_):
            if fails and trainer.global_step == 4:
                raise RuntimeError("out of memory")

    album, impatient = Slow(), Impatient()
    impatient.began = None
    settings = {"max_steps": 4, "val_check_interval": 2, "enable_checkpointing": False, "num_sanity_val_steps": 0}
    training = trainer(**settings, logger=album, callbacks=[Panels(worst=0, every_n_validations=1), impatient])
    with pytest.raises(RuntimeError) if fails else nullcontext():
        training.fit(tiny_task(), tiny_data())
    assert impatient.waited < 1.5
    assert album.told["end"] == [(0, {"val/panels": 2, "val/images": 2, "val/error": 2})]
