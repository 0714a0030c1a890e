"""Trainings that are killed are compared with one that is left alone."""

import re

import pytest
import torch
from torch.utils.tensorboard import SummaryWriter

from research.kills import _checkpoints, _compare, kills
from restore.errors import UserError
from restore.networks import UNet
from restore.networks.weights import describe, save_weights
from restore.runs.folder import FORMAT, RunFolder


def write_run(folder, losses, shift=0.0):
    """A run with a curve, another of times, and weights."""
    run = folder / "restore" / folder.name
    run.mkdir(parents=True)
    RunFolder(run).write_card({"format": FORMAT})
    with SummaryWriter(run) as writer:
        for step, loss in enumerate(losses):
            writer.add_scalar("train/loss", loss, step)
            writer.add_scalar("speed/images_per_second", hash(folder) % 100, step)
    torch.manual_seed(0)
    network = UNet((4, 4), (1, 1))
    with torch.no_grad():
        next(network.parameters()).add_(shift)
    save_weights(network.state_dict(), describe(network), run / "weights.safetensors")


@pytest.mark.parametrize(
    ("losses", "shift", "same", "said"),
    [
        ([1, 2, 3], 0, True, ("1 with 3 points, the same", "largest difference 0")),
        ([1, 2], 0, False, ("other in train/loss", "largest difference 0")),
        ([1, 2, 3.0001], 0, False, ("other in train/loss", "largest difference 0")),
        ([1, 2, 3], 1e-3, False, ("1 with 3 points, the same", "largest difference 0.001")),
    ],
)
def test_runs_that_differ_are_told_from_those_that_do_not(tmp_path, capsys, losses, shift, same, said):
    write_run(tmp_path / "alone", [1, 2, 3])
    write_run(tmp_path / "killed", losses, shift)
    assert _compare(tmp_path / "alone", tmp_path / "killed") == same
    curves, weights = capsys.readouterr().out.splitlines()
    assert said[0] in curves
    assert said[1] in weights


def test_a_checkpoint_that_is_torn_is_found(tmp_path):
    torch.save({"global_step": 7}, tmp_path / "whole.ckpt")
    content = (tmp_path / "whole.ckpt").read_bytes()
    (tmp_path / "torn.ckpt").write_bytes(content[: len(content) // 2])
    assert sorted(_checkpoints(tmp_path), key=str) == [7, None]


def test_a_folder_that_exists_is_left_alone(tmp_path):
    with pytest.raises(UserError, match="exists"):
        kills(output=str(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("told", [False, True])
def test_a_training_that_is_killed_ends_where_one_does_that_is_not(tmp_path, capsys, told):
    assert kills(output=str(tmp_path / "out"), kills=2, steps=24, told=told) == 0
    _, *moments, curves, weights = capsys.readouterr().out.splitlines()
    assert len(moments) == 2
    assert all(re.search(r"the last checkpoint is of step \d+$", line) for line in moments)
    assert curves.endswith("the same")
    assert weights.endswith("largest difference 0")
