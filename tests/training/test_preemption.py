"""A training that is told to end saves first, and goes on as if nothing had been."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import torch
from lightning import Callback
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.utilities.exceptions import SIGTERMException

from restore.runs import find_runs
from restore.runs.curves import read_curves
from restore.training import LocalTracker
from restore.training.preemption import SaveWhenTold

from .conftest import Shapes, tiny_data, tiny_task
from .test_cli import TINY

STEPS = 8

pytestmark = pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists")


class Tell(Callback):
    """Tells this process to end at the end of a step."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_end(self, trainer, *_):
        if trainer.global_step == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


def fit(trainer, folder, told=0, ckpt_path=None):
    task = tiny_task()
    checkpoints = ModelCheckpoint(folder, filename="last", enable_version_counter=False)
    callbacks = [Tell(told), EMAWeightAveraging(decay=0.5), checkpoints, SaveWhenTold()]
    options = {"max_steps": STEPS, "val_check_interval": 4, "check_val_every_n_epoch": None}
    training = trainer(**options, callbacks=callbacks, logger=LocalTracker(str(folder), id="run", report=False))
    data = tiny_data(synthetic=Shapes(8))
    if told:
        with pytest.raises(SIGTERMException):
            training.fit(task, data, ckpt_path=ckpt_path)
    else:
        training.fit(task, data, ckpt_path=ckpt_path)
    return task


@pytest.mark.parametrize(("told", "saved"), [(1, 1), (3, 3), (4, 5), (7, 7)])
def test_what_was_learned_until_then_is_saved_and_gone_on_from(trainer, tmp_path, told, saved):
    whole = fit(trainer, tmp_path / "whole")
    fit(trainer, tmp_path / "told", told)
    last = tmp_path / "told" / "last.ckpt"
    assert torch.load(last, weights_only=True)["global_step"] == saved  # at 4 it validates first
    resumed = fit(trainer, tmp_path / "told", ckpt_path=last)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name
    curves, others = (read_curves(tmp_path / one / "restore" / "run") for one in ("whole", "told"))
    assert len(curves["train/loss"]) == STEPS
    assert curves == others


def test_who_is_told_at_the_last_step_is_done(trainer, tmp_path):
    task = tiny_task()
    checkpoints = ModelCheckpoint(tmp_path, filename="last", enable_version_counter=False)
    training = trainer(max_steps=3, callbacks=[Tell(3), checkpoints, SaveWhenTold()])
    training.fit(task, tiny_data(synthetic=Shapes(8)))
    assert training.global_step == 3


def test_the_signal_is_given_back(trainer, tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    fit(trainer, tmp_path)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("processes", [1, 2])
def test_the_command_saves_and_ends_with_the_status_of_the_signal(folder, tmp_path, monkeypatch, processes):
    monkeypatch.setenv("WANDB_RUN_ID", "mine")
    command = [sys.executable, "-m", "restore", "fit", "-c", "inpaint", *TINY, f"--data.folder={folder}"]
    command += ["--trainer.max_steps=100000", "--trainer.val_check_interval=100000", "--trainer.log_every_n_steps=2"]
    command += ["--trainer.logger=restore.training.LocalTracker", "--ckpt_path=last", "--data.batch_size=1"]
    if processes > 1:
        command += ["--trainer.strategy=ddp", f"--trainer.devices={processes}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    killer = threading.Timer(150, process.kill)
    killer.start()
    while not any(run.card()["step"] >= 2 for run in find_runs(tmp_path / "runs").values()):
        time.sleep(0.1)
        assert process.poll() is None
    process.terminate()
    output, _ = process.communicate()
    killer.cancel()
    assert process.returncode == 143
    (run,) = find_runs(tmp_path / "runs").values()
    assert run.card()["state"] == "interrupted"
    checkpoint = "runs/restore/mine/checkpoints/last.ckpt"
    assert f"to go on: --ckpt_path {checkpoint}" in output
    assert torch.load(tmp_path / checkpoint, weights_only=True)["global_step"] >= 2
