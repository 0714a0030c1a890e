import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import wandb
from PIL import Image
from wandb.sdk.launch.sweeps.utils import load_sweep_config

from restore.cli import main
from restore.config import SWEEP
from restore.networks.weights import load_network
from restore.runs import find_runs
from restore.runs.curves import read_curves
from restore.training import Panels, WandbTracker
from restore.training.cli import resolved_settings
from restore.training.tracking import fetched
from restore.training.tracking.weights_and_biases import SUMMARIES

from .conftest import tiny_data, tiny_task
from .test_cli import TINY

# As in test_cli.
pytestmark = [
    pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You're using the WeightAveraging callback"),
    pytest.mark.filterwarnings("ignore:The number of training batches"),
]


def records(run: Path):
    """What an offline run has written, read back by W&B's own reader."""
    command = [str(Path(sys.executable).with_name("wandb")), "leet", "inspect", "--json", str(run)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def fit(folder, *options):
    command = [sys.executable, "-m", "restore", "fit", "-c", "inpaint", *TINY, f"--data.folder={folder}", *options]
    # Not through the service of this process, which would write the records when it likes.
    environment = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_a_run_is_complete_without_an_account_and_goes_on_as_the_same_run(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    done = fit(folder, "--trainer.log_every_n_steps=1", "--data.val_share=0.4")
    assert done.returncode == 0, done.stderr
    (at_wandb,) = (tmp_path / "runs" / "wandb").glob("offline-run-*")
    assert f"to upload it: wandb sync runs/wandb/{at_wandb.name}" in done.stderr
    check_records(at_wandb)
    check_folder(tmp_path, done.stdout)

    (run,) = find_runs(tmp_path / "runs").values()
    began = run.card()["started"]
    resumed = fit(
        folder, "--data.val_share=0.4", f"--ckpt_path={run.path / 'checkpoints' / 'last.ckpt'}", "--trainer.max_steps=3"
    )
    assert resumed.returncode == 0, resumed.stderr

    first, second = sorted((tmp_path / "runs" / "wandb").glob("offline-run-*"))
    assert first.name.endswith(run.card()["id"])  # one id for both trackers
    assert second.name.endswith(run.card()["id"])
    steps = [
        record["history"]["item"]["trainer/global_step"] for record in records(second) if record["type"] == "history"
    ]
    assert max(steps) == 3

    (run,) = find_runs(tmp_path / "runs").values()
    assert (run.card()["started"], run.card()["step"]) == (began, 3)
    assert len(run.card()["commands"]) == 2
    assert "ckpt_path" not in run.settings()
    assert run.picture_steps()["val/panels"] == [1, 2, 3]
    assert [step for step, _ in read_curves(run.path)["val/psnr"]] == [0, 1, 2]


def check_records(run):
    """What `wandb sync` uploads is complete."""
    written = records(run)
    history = [record["history"]["item"] for record in written if record["type"] == "history"]
    speed = {"speed/images_per_second", "speed/data_wait", "speed/memory"}
    assert {"train/loss", "val/psnr", "val/psnr_hole", "val/ssim", *speed} <= set().union(*history)
    for key in ("val/panels", "val/worst"):
        shown = [item for item in history if f"{key}.filenames" in item]
        assert [item["trainer/global_step"] for item in shown] == [1, 2]  # the first validation, and the last
        for item in shown:
            assert len(item[f"{key}.captions"]) == len(item[f"{key}.filenames"]) == 2
            assert all(".png: " in caption and "dB in it" in caption for caption in item[f"{key}.captions"])
            for name in item[f"{key}.filenames"]:
                with Image.open(run / "files" / name) as picture:
                    assert picture.size == (4 * 32, 32)
    tables = [item["val/images.path"] for item in history if "val/images.path" in item]
    assert len(tables) == 2
    for name in tables:
        table = json.loads((run / "files" / name).read_text())
        assert table["columns"] == ["image", "restored", "hole", "sigma", "loss", "psnr", "psnr_hole", "ssim"]
        assert [row[0] for row in table["data"]] == sorted(row[0] for row in table["data"])
        assert all(0 < row[2] < 1 for row in table["data"])
    kept = [record["artifact"] for record in written if record["type"] == "artifact"]
    assert {artifact["type"] for artifact in kept} == {"run_table", "model"}
    for artifact in kept:
        contents = {entry["path"]: Path(entry["local_path"]) for entry in artifact["manifest"]["contents"]}
        assert all(path.is_file() for path in contents.values())  # what `wandb sync` will upload
        if artifact["type"] == "run_table":
            assert sum(name.startswith("media/images") for name in contents) == 2
        else:
            assert set(contents) == {"weights.safetensors", "MODEL_CARD.md"}
    counts = [item["val/error.values"] for item in history if "val/error.values" in item]
    assert len(counts) == 2
    assert all(sum(bins) > 100 for bins in counts)
    (config,) = [record["config"]["update"] for record in written if record["type"] == "config"]
    assert config["data"]["crop"] == 32
    assert config["model"]["init_args"]["optimizer"]["init_args"]["weight_decay"] == 0.3  # a default
    assert config["images"]["train"]["images"] + config["images"]["val"]["images"] == 5
    assert config["images"]["train"]["sizes"] == ["36 x 40", "36 x 40"]
    assert len(config["images"]["val"]["hash"]) == 16
    assert {"restore", "torch", "python"} <= config["versions"].keys()
    metrics = {record["metric"].get("name"): record["metric"] for record in written if record["type"] == "metric"}
    assert metrics["val/psnr"]["summary"]["max"]
    assert metrics["val/loss"]["summary"]["min"]
    assert metrics["val/psnr"]["step_metric"] == "trainer/global_step"


def check_folder(tmp_path, said):
    """All there is to see is in one folder."""
    ((name, run),) = find_runs(tmp_path / "runs").items()
    card = run.card()
    assert name == f"restore/{card['id']}"
    assert (card["state"], card["step"]) == ("finished", 2)
    assert "--data.val_share=0.4" in card["commands"][0]
    assert card["images"]["val"]["images"] == 2
    assert "torch" in card["versions"]

    found = read_curves(run.path)
    assert {"train/loss", "val/psnr", "val/psnr_hole", "val/ssim", "speed/images_per_second"} <= found.keys()
    for key in ("val/psnr", "val/loss"):
        values = [value for _, value in found[key]]
        assert card["metrics"][key]["last"] == pytest.approx(values[-1])
        assert card["metrics"][key]["best"] == pytest.approx(max(values) if key == "val/psnr" else min(values))
    assert run.picture_steps() == {"val/panels": [1, 2], "val/worst": [1, 2]}
    for picture in run.pictures("val/panels", 2):
        assert picture["name"].endswith(".png")
        assert picture["parts"] == ["degraded", "restored", "clean", "4x error"]
        with Image.open(run.path / picture["file"]) as opened:
            assert opened.size == (4 * 32, 32)
    assert run.image_steps() == [1, 2]
    assert all(0 < row["hole"] < 1 and row["psnr_hole"] > 0 for row in run.images(2)["rows"])
    weights = run.path / card["weights"]["best"]["file"]
    assert weights.is_file()
    assert "hash" in weights.with_name("MODEL_CARD.md").read_text()
    assert list((run.path / "checkpoints").glob("*.ckpt"))

    report = run.path / "report.html"
    assert f"report: {report.relative_to(tmp_path)}" in said
    assert card["commands"][0].split()[0] in report.read_text()
    again = [f"--config={run.path / 'config.yaml'}", "--trainer.logger=false", "--trainer.default_root_dir=again"]
    assert main(["fit", *again]) == 0  # what the report tells one to do


def test_the_best_and_the_last_weights_are_kept_with_a_card(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    kept = []

    def keep(run, artifact, aliases=None):
        if artifact.type == "model":
            kept.append((artifact, aliases))

    monkeypatch.setattr(wandb.Run, "log_artifact", keep)
    assert main(["fit", "-c", "inpaint", *TINY, f"--data.folder={folder}"]) == 0
    wandb.finish()
    assert {alias for _, aliases in kept for alias in aliases} == {"best", "last"}
    for artifact, _ in kept:
        assert set(artifact.manifest.entries) == {"weights.safetensors", "MODEL_CARD.md"}
        card = Path(artifact.manifest.entries["MODEL_CARD.md"].local_path).read_text()
        assert all(word in card for word in ("RestorationNetwork", "hash", "val/psnr"))
        network = load_network(artifact.manifest.entries["weights.safetensors"].local_path)
        assert type(network).__name__ == "RestorationNetwork"


def test_weights_are_fetched_from_an_artifact(tmp_path, monkeypatch):
    class Api:
        def artifact(self, name, **_):
            if name != "me/restore/restore-1:best":
                raise wandb.errors.CommError("artifact not found")
            return self

        def download(self):
            return str(tmp_path)

    monkeypatch.setattr(wandb, "Api", Api)
    assert fetched("default") == "default"
    with pytest.raises(ValueError, match=r"wandb:me/other:best: artifact not found"):
        fetched("wandb:me/other:best")
    with pytest.raises(ValueError, match=r"holds no weights\.safetensors"):
        fetched("wandb:me/restore/restore-1:best")
    (tmp_path / "weights.safetensors").touch()
    assert fetched("wandb:me/restore/restore-1:best") == str(tmp_path / "weights.safetensors")


def test_a_service_that_fails_does_not_stop_training(trainer, tmp_path, monkeypatch):
    def broken(*args, **kwargs):
        raise wandb.errors.CommError("quota exceeded")

    tracker = WandbTracker(mode="offline", save_dir=str(tmp_path))
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
    tracker = WandbTracker(mode=mode, save_dir=str(tmp_path))
    with pytest.warns(UserWarning, match="online: no route to host"):
        assert tracker.experiment.settings.mode == "offline"
    wandb.finish()


@pytest.mark.parametrize(
    ("variable", "mode"), [("offline", "offline"), ("dryrun", "offline"), ("disabled", "disabled")]
)
def test_the_variable_of_wandb_is_respected(tmp_path, monkeypatch, variable, mode):
    monkeypatch.setenv("WANDB_MODE", variable)
    monkeypatch.setattr(wandb, "login", lambda **_: pytest.fail("asked for an account"))
    tracker = WandbTracker(save_dir=str(tmp_path))
    assert tracker.experiment.settings.mode == mode
    wandb.finish()


def test_where_nothing_can_be_written_training_goes_on_untracked(trainer, tmp_path, monkeypatch):
    def broken(**settings):
        if settings["mode"] != "disabled":
            raise OSError("read-only file system")
        return init(**settings)

    init = wandb.init
    monkeypatch.setattr(wandb, "init", broken)
    with pytest.warns(UserWarning, match="offline: read-only file system"):
        trainer(max_steps=1, logger=WandbTracker(mode="offline", save_dir=str(tmp_path))).fit(tiny_task(), tiny_data())
    wandb.finish()


def test_a_run_that_was_closed_goes_on_under_its_id(tmp_path):
    for i in range(2):
        tracker = WandbTracker(mode="offline", save_dir=str(tmp_path / str(i)))
        tracker.join("7-restore", group="7")
        assert (tracker.experiment.id, tracker.experiment.group) == ("7-restore", "7")
        tracker.close()
        assert wandb.run is None
    chosen = WandbTracker(mode="offline", id="mine", group="ours")
    chosen.join("7-restore", group="7")
    assert chosen.version == "mine"


# W&B leaves the file open.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_sweep_is_one_that_wandb_and_restore_fit_understand():
    sweep = load_sweep_config(str(SWEEP))
    assert sweep["metric"]["name"] in SUMMARIES
    chosen = [
        f"--{name}={values['values'][0] if 'values' in values else values['min']}"
        for name, values in sweep["parameters"].items()
    ]
    program, command, *words = sweep["command"]
    assert (program, command, words.pop()) == (sweep["program"], "fit", "${args}")
    settings = resolved_settings([*words, *chosen])
    assert settings["data"]["batch_size"] == 4
    assert settings["model"]["init_args"]["optimizer"]["init_args"]["lr"] == 2e-4
