import math
import os
from types import SimpleNamespace

import numpy as np
import pytest
from lightning import Callback
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from restore.cli import main
from restore.config import config_names
from restore.runs import find_runs
from restore.runs.card import WRITTEN_EVERY
from restore.runs.curves import read_curves
from restore.training import LocalTracker, Panels
from restore.training.cli import resolved_settings
from restore.training.tracking import ImageRow, Panel

from .conftest import tiny_data, tiny_task
from .test_cli import TINY

# As in test_cli.
pytestmark = [
    pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You're using the WeightAveraging callback"),
    pytest.mark.filterwarnings("ignore:The number of training batches"),
]


@pytest.fixture
def offline(monkeypatch, tmp_path):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))


def test_a_run_that_fails_says_so(trainer, tmp_path):
    class Broken(Panels):
        def on_validation_end(self, *_):
            raise RuntimeError("out of memory")

    tracker = LocalTracker(save_dir=str(tmp_path / "runs"), id="mine")
    tracker.log_hyperparams({"data": {"crop": 32}})
    with pytest.raises(RuntimeError, match="out of memory"):
        trainer(max_steps=2, logger=tracker, callbacks=[Broken()]).fit(tiny_task(), tiny_data())
    (run,) = find_runs(tmp_path / "runs").values()
    assert run.card()["state"] == "failed"
    assert run.card()["reason"] == "RuntimeError: out of memory"


class Config(Callback):
    """Tells the trackers a config, as `LogConfig` does."""

    def setup(self, trainer, pl_module, stage):
        trainer.logger.log_hyperparams({"data": {"crop": 32}})


@pytest.mark.parametrize("method", ["write_card", "write_pictures", "write_images", "write_config"])
def test_a_full_disk_does_not_stop_training(trainer, tmp_path, monkeypatch, method):
    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(f"restore.runs.folder.RunFolder.{method}", full)
    tracker = LocalTracker(save_dir=str(tmp_path), report=False)
    training = trainer(max_steps=2, logger=[tracker], callbacks=[Panels(count=1), Config()])
    with pytest.warns(UserWarning, match="training goes on: no space left"):
        training.fit(tiny_task(), tiny_data())
    assert training.global_step == 2


def test_thumbnails_lie_where_the_page_looks_for_them(tmp_path):
    tracker = LocalTracker(save_dir=str(tmp_path), id="run")
    rows = []
    for i in range(5):
        colour = np.full((12, 16 if i % 2 else 10, 3), 40 * i + 20, np.uint8)
        rows.append(ImageRow(f"{i}.png", 0.5, 0.0, {"psnr": 20.0 + i, "psnr_hole": math.nan}, colour))
    tracker.log_rows("val/images", rows, 7)
    kept = tracker.folder.images(7)
    assert [row["psnr_hole"] for row in kept["rows"]] == [None] * 5
    with Image.open(tracker.folder.path / kept["sheet"]) as sheet:
        for place in range(5):
            left, top = kept["tile"] * (place % kept["columns"]), kept["tile"] * (place // kept["columns"])
            assert sheet.getpixel((left + 4, top + 4)) == pytest.approx((40 * place + 20,) * 3, abs=6)
    tracker.finalize("success")


def test_a_histogram_keeps_its_counts(tmp_path):
    tracker = LocalTracker(save_dir=str(tmp_path), id="run")
    counts = np.array([3, 0, 5, 1])
    tracker.log_histogram("val/error", counts, np.linspace(0, 8, 5), 3)
    tracker.finalize("success")
    events = EventAccumulator(str(tracker.folder.path), size_guidance={"histograms": 0}).Reload()
    (event,) = events.Histograms("val/error")
    assert event.step == 3
    assert event.histogram_value.bucket == list(counts)
    assert event.histogram_value.bucket_limit == [2, 4, 6, 8]


def test_the_card_is_not_written_at_every_step(tmp_path, monkeypatch):
    tracker = LocalTracker(save_dir=str(tmp_path), id="run", report=False)
    written = []
    monkeypatch.setattr("restore.runs.folder.RunFolder.write_card", lambda self, card: written.append(dict(card)))
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("restore.runs.card.time", SimpleNamespace(time=lambda: clock.now))
    for step in range(100):
        clock.now += WRITTEN_EVERY / 10
        tracker.log_metrics({"train/loss": 1 / (step + 1)}, step)
    assert 9 <= len(written) <= 11
    clock.now += 100
    tracker.log_panels("val/panels", [Panel("a", "", np.zeros((4, 4, 3), np.uint8))], 99)
    assert written[-1]["step"] == 100
    assert written[-1]["metrics"]["train/loss"] == {"last": 0.01, "best": 0.01, "best_step": 100}
    assert written[-1]["seconds"] == pytest.approx(100 + 99 * WRITTEN_EVERY / 10)
    assert written[-1]["longest_silence"] == 100
    tracker.finalize("success")


def test_a_disk_that_was_full_for_a_while_costs_only_that_while(tmp_path, monkeypatch):
    tracker = LocalTracker(save_dir=str(tmp_path), id="run")
    tracker.log_metrics({"val/psnr": 20.0}, 0)
    writer = tracker.experiment

    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(writer, "add_scalar", full)
    with pytest.warns(UserWarning, match=r"LocalTracker.log_metrics failed.*run: no space left on device"):
        tracker.log_metrics({"val/psnr": 22.0}, 1)
    tracker.log_metrics({"val/psnr": 21.0}, 2)
    tracker.finalize("success")
    writer.close()
    assert tracker.folder.card()["metrics"]["val/psnr"] == {"last": 21.0, "best": 22.0, "best_step": 2}
    assert tracker.folder.card()["state"] == "finished"
    assert [step for step, _ in read_curves(tracker.folder.path)["val/psnr"]] == [0, 2]


def test_the_same_failure_is_told_once(tmp_path, monkeypatch):
    tracker = LocalTracker(save_dir=str(tmp_path), id="run")
    monkeypatch.setattr("restore.runs.folder.RunFolder.write_card", lambda *_: 1 / 0)
    panels = [Panel("a", "", np.zeros((4, 4, 3), np.uint8))]
    with pytest.warns(UserWarning, match=r"LocalTracker\.log_panels failed, training goes on: division by zero"):
        tracker.log_panels("val/panels", panels, 1)
    tracker.log_panels("val/panels", panels, 2)  # a warning would be an error


def test_a_run_in_parts_is_paused_between_them_and_reported_at_the_end(tmp_path, capsys):
    tracker = LocalTracker(save_dir=str(tmp_path))
    for part, (is_done, state) in enumerate([(False, "paused"), (True, "finished")]):
        tracker.join("7-restore", group="7", in_parts=True)
        if part == 0:
            tracker.log_hyperparams(
                {"data": {"crop": 32}, "images": {"train": {"images": 5}}, "versions": {"torch": "3"}}
            )
        tracker.log_metrics({"train/loss": 1.0}, part)
        tracker.finalize("success")
        assert tracker.folder.card()["state"] == "paused"
        tracker.close(is_done)
        assert tracker.folder.card()["state"] == state
        assert (tracker.folder.path / "report.html").exists() == is_done
    card = tracker.folder.card()
    assert (card["step"], card["images"], card["versions"]) == (2, {"train": {"images": 5}}, {"torch": "3"})
    assert capsys.readouterr().out.count("report: ") == 1


def test_pictures_wider_than_the_format_are_made_smaller(tmp_path):
    tracker = LocalTracker(save_dir=str(tmp_path), id="run")
    wide = np.zeros((40, 20_000, 3), np.uint8)
    tracker.log_panels("val/panels", [Panel("wide", "", wide), Panel("small", "", wide[:, :50])], 1)
    sizes = []
    for picture in tracker.folder.pictures("val/panels", 1):
        with Image.open(tracker.folder.path / picture["file"]) as opened:
            sizes.append(opened.size)
    assert sizes == [(16383, 33), (50, 40)]
    tracker.finalize("success")


@pytest.mark.parametrize("settings", [{"project": "a/../../b"}, {"id": ".."}, {"id": "a/b"}, {"project": ""}])
def test_names_that_lead_elsewhere_are_refused(tmp_path, settings):
    with pytest.raises(ValueError, match="no name for a folder"):
        LocalTracker(save_dir=str(tmp_path), **settings)


def test_files_whose_names_are_no_text_are_trained_on(trainer, folder, tmp_path):
    for path in list(folder.iterdir()):
        path.rename(os.fsdecode(os.fsencode(path.with_suffix("")) + b"\xff\xfe<b>.png"))
    tracker = LocalTracker(save_dir=str(tmp_path / "runs"), id="mine")
    data = tiny_data(synthetic=None, folder=str(folder), val_share=0.4)
    training = trainer(max_steps=2, logger=tracker, callbacks=[Panels(every_n_validations=1), Config()])
    training.fit(tiny_task(), data)
    assert data.fingerprint()["val"]["images"] == 2
    (run,) = find_runs(tmp_path / "runs").values()
    (step, *_) = run.image_steps()
    assert all(row["name"].endswith("??<b>.png") for row in run.images(step)["rows"])
    assert (run.path / "report.html").read_bytes().decode().count("&lt;b&gt;.png") >= 2


@pytest.mark.parametrize("one", [True, False])
def test_what_only_measures_leaves_no_run(folder, tmp_path, one):
    logger = "restore.training.LocalTracker" if one else "[{class_path: restore.training.LocalTracker}]"
    assert main(["validate", "--config=inpaint", *TINY, f"--data.folder={folder}", f"--trainer.logger={logger}"]) == 0
    assert find_runs(tmp_path / "runs") == {}


@pytest.mark.parametrize("config", [name for name in config_names() if name != "finetune"])
def test_all_configs_keep_runs_here_and_at_wandb(config):
    settings = resolved_settings(["-c", config, *TINY])
    names = [logger["class_path"].rpartition(".")[2] for logger in settings["trainer"]["logger"]]
    assert names == ["LocalTracker", "WandbTracker"]
