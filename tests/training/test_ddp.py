import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from restore.cli import main
from restore.networks.weights import load_network
from restore.runs import find_runs

from .test_cli import TINY
from .test_tracking import fit


@pytest.fixture
def two_processes(folder, tmp_path):
    """What each of two processes saw of a training on five images."""

    def run(*options):
        probe = [
            "--trainer.callbacks+=tests.training.probe.Probe",
            f"--trainer.callbacks.folder={tmp_path}",
        ]
        done = fit(folder, *probe, *options)
        assert done.returncode == 0, done.stderr
        assert "sync_dist" not in done.stderr
        return [json.loads(path.read_text()) for path in sorted(tmp_path.glob("rank-*.json"))]

    return run


def test_two_processes_train_one_network(two_processes, tmp_path, monkeypatch, request):
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
    # `ddp`, not `ddp_find_unused_parameters_true`: a parameter without a gradient is an error.
    first, second = two_processes(
        "--trainer.strategy=ddp",
        "--trainer.devices=2",
        "--data.batch_size=1",
        "--data.val_share=0.2",
        "--trainer.max_steps=4",
        "--trainer.val_check_interval=2",
    )
    assert first["weights"] == second["weights"]
    for ours, theirs in zip(first["epochs"], second["epochs"], strict=True):
        assert len(ours) == len(theirs) == 2
        assert sorted(ours + theirs) == [0, 1, 2, 3]
    assert len(list((tmp_path / "runs" / "wandb").glob("offline-run-*"))) == 1
    (run,) = find_runs(tmp_path / "runs").values()
    for step in (2, 4):  # one image is set aside, which both processes validate
        assert len(run.images(step)["rows"]) == len(run.pictures("val/panels", step)) == 1


def test_the_figures_of_two_processes_are_those_of_one(two_processes, tmp_path, monkeypatch, request):
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
    still = [
        "--trainer.max_steps=1",
        "--model.optimizer.lr=0",
        "--data.val_share=0.8",
        "--trainer.logger=restore.training.LocalTracker",
    ]
    (alone,) = two_processes(*still, "--trainer.logger.save_dir=one", "--data.batch_size=2")
    parted = ["--data.batch_size=1", "--trainer.strategy=ddp", "--trainer.devices=2"]
    two = two_processes(*still, "--trainer.logger.save_dir=two", *parted)
    for process in two:
        for name in ("val/loss", "val/psnr", "val/psnr_hole", "val/ssim"):
            assert process["figures"][name] == pytest.approx(alone["figures"][name], rel=1e-5)
    (run_of_one,), (run_of_two,) = (find_runs(tmp_path / folder).values() for folder in ("one", "two"))
    for rows in zip(run_of_one.images(1)["rows"], run_of_two.images(1)["rows"], strict=True):  # of all, each once
        assert rows[0]["name"] == rows[1]["name"]
        assert rows[0]["psnr"] == pytest.approx(rows[1]["psnr"], rel=1e-5)
    assert len(run_of_two.images(1)["rows"]) == 4
    for key in ("val/worst", "val/panels"):
        captions = [[panel["caption"] for panel in run.pictures(key, 1)] for run in (run_of_one, run_of_two)]
        assert len(captions[0]) == 4
        assert captions[0] == captions[1]


def test_two_processes_that_diverge_end_together_and_say_so_once(folder, tmp_path, monkeypatch, request):
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
    two = ["--trainer.strategy=ddp", "--trainer.devices=2", "--data.batch_size=1", "--data.val_share=0.2"]
    huge = ["--trainer.max_steps=4", "--trainer.val_check_interval=2", "--model.optimizer.lr=1e30"]
    done = fit(folder, *two, *huge, "--model.schedule.warmup_steps=0")
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("restore fit: ")]
    assert "the training diverged: the loss of step 2 is no number" in line
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*.ckpt"))


# jsonargparse 4.53 deprecates what Lightning 2.6.6 calls.
@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
def test_two_processes_fine_tune_one_network(folder, tmp_path, monkeypatch, request, capsys):
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
    settings = [
        "model.network={'class_path': 'restore.networks.UNet', 'init_args': {'widths': [4, 4], 'depths': [1, 1]}}",
        "model.optimizer.lr=0.01",
        "data.crop=32",
        "data.num_workers=0",
        "data.val_share=0.4",
        "trainer.accelerator=cpu",
        "trainer.val_check_interval=4",
    ]
    command = ["finetune", str(folder), "--weights=none", "--steps=8", *(f"--set={setting}" for setting in settings)]
    assert main([*command, "-o", "one.safetensors"]) == 0
    before_one = capsys.readouterr().out.splitlines()[0]
    two = ["--set=trainer.devices=2", "--set=trainer.strategy=ddp", "--set=data.batch_size=2", "-o", "two.safetensors"]
    done = subprocess.run(
        [sys.executable, "-m", "restore", *command, *two], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    before, after, _ = done.stdout.splitlines()  # told once
    assert before == before_one
    assert "images set aside, after " in after
    quality_before, quality_after = (float(re.search(r"([\d.]+) dB", line)[1]) for line in (before, after))
    assert quality_after >= quality_before
    assert load_network("two.safetensors").head.weight.abs().max() > 0  # it began with zeros, as a base to correct


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["first", "second"])
def test_where_a_process_is_killed_the_other_ends_within_a_minute_and_says_so(folder, tmp_path, monkeypatch, lost):
    monkeypatch.setenv("WANDB_RUN_ID", "mine")
    command = [sys.executable, "-m", "restore", "fit", "-c", "inpaint", *TINY, f"--data.folder={folder}"]
    command += ["--trainer.max_steps=100000", "--trainer.val_check_interval=4", "--data.batch_size=1"]
    command += ["--trainer.logger=restore.training.LocalTracker", "--trainer.strategy=ddp", "--trainer.devices=2"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    (last,) = wait_for(lambda: list(tmp_path.rglob("last.ckpt")))
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)
    others = found.stdout.split()
    os.kill(process.pid if lost == "first" else int(others[0]), signal.SIGKILL)
    begun = time.monotonic()
    process.wait(60)
    wait_for(lambda: not any(Path("/proc", one).exists() for one in others))
    assert time.monotonic() - begun < 60
    said = (tmp_path / "log").read_text()
    assert "Traceback" not in said
    assert "another process of this training has ended" in said or "Child process with PID" in said
    torch.load(last, weights_only=True)


def wait_for(condition):
    for _ in range(1200):
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it does not happen")
