import json
import subprocess
import sys
from pathlib import Path

import pytest
import wandb
from PIL import Image

from restore.training import Panels, Tracker

from .conftest import tiny_data, tiny_task
from .test_cli import CONFIGS, TINY


def records(run: Path):
    """What an offline run has written, read back by W&B's own reader."""
    command = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", str(run)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def fit(folder, *options):
    config = next(path for path in CONFIGS if path.stem == "inpaint")
    command = [sys.executable, "-m", "restore", "fit", f"--config={config}", *TINY, f"--data.folder={folder}", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_without_an_account_the_run_is_offline_and_complete(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    done = fit(folder, "--trainer.log_every_n_steps=1", "--trainer.logger.log_model=true")
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "runs" / "wandb").glob("offline-run-*")
    assert f"to upload it: wandb sync runs/wandb/{run.name}" in done.stderr

    written = records(run)
    history = [record["history"]["item"] for record in written if record["type"] == "history"]
    assert {"train/loss", "val/psnr", "val/psnr_hole", "val/ssim"} <= set().union(*history)
    panels = [item for item in history if "val/panels.filenames" in item]
    assert len(panels) == 2  # the first validation, and the last
    for panel in panels:
        assert len(panel["val/panels.captions"]) == len(panel["val/panels.filenames"]) == 2
        for name in panel["val/panels.filenames"]:
            with Image.open(run / "files" / name) as picture:
                assert picture.size == (4 * 32, 32)
    assert {record["artifact"]["type"] for record in written if record["type"] == "artifact"} == {"model"}
    (config,) = [record["config"]["update"] for record in written if record["type"] == "config"]
    assert config["data"]["crop"] == 32
    assert config["model"]["init_args"]["optimizer"]["init_args"]["weight_decay"] == 0.3  # a default


def test_a_service_that_fails_does_not_stop_training(trainer, tmp_path, monkeypatch):
    def broken(*args, **kwargs):
        raise wandb.errors.CommError("quota exceeded")

    tracker = Tracker(mode="offline", save_dir=str(tmp_path))
    monkeypatch.setattr(wandb.Run, "log", broken)
    with pytest.warns(UserWarning, match="training goes on: quota exceeded"):
        trainer(max_steps=2, logger=tracker, callbacks=[Panels(count=1)]).fit(tiny_task(), tiny_data())
    wandb.finish()


@pytest.mark.parametrize("mode", ["auto", "online"])
@pytest.mark.parametrize("failing", ["login", "init"])
def test_an_account_that_cannot_be_used_falls_back_to_offline(tmp_path, monkeypatch, mode, failing):
    init = wandb.init

    def unreachable(**settings):
        if settings.get("mode") in (None, "online"):
            raise wandb.errors.AuthenticationError("no route to host")
        return init(**settings)

    monkeypatch.setattr(wandb, "login", unreachable if failing == "login" else lambda **_: True)
    monkeypatch.setattr(wandb, "init", unreachable)
    tracker = Tracker(mode=mode, save_dir=str(tmp_path))
    with pytest.warns(UserWarning, match="online: no route to host"):
        assert tracker.experiment.settings.mode == "offline"
    wandb.finish()


def test_where_nothing_can_be_written_training_goes_on_untracked(trainer, tmp_path, monkeypatch):
    def broken(**settings):
        if settings["mode"] != "disabled":
            raise OSError("read-only file system")
        return init(**settings)

    init = wandb.init
    monkeypatch.setattr(wandb, "init", broken)
    with pytest.warns(UserWarning, match="offline: read-only file system"):
        trainer(max_steps=1, logger=Tracker(mode="offline", save_dir=str(tmp_path))).fit(tiny_task(), tiny_data())
    wandb.finish()


def test_a_run_that_was_closed_goes_on_under_its_id(tmp_path):
    for i in range(2):
        tracker = Tracker(mode="offline", save_dir=str(tmp_path / str(i)))
        tracker.join("7-restore", group="7")
        assert (tracker.experiment.id, tracker.experiment.group) == ("7-restore", "7")
        tracker.close()
        assert wandb.run is None
    chosen = Tracker(mode="offline", id="mine", group="ours")
    chosen.join("7-restore", group="7")
    assert chosen.version == "mine"
