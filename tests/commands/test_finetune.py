from unittest.mock import Mock

import numpy as np
import pytest
import torch
from lightning import Trainer

from restore.cli import main
from restore.files import Picture, write_picture
from restore.inference.restorer import Restorer
from restore.networks import UNet
from restore.networks.weights import describe, load_network, save_weights
from restore.training import Restoration
from restore.training.finetuning import KeepBest, Validation

# jsonargparse 4.53 deprecates what Lightning 2.6.6 calls.
pytestmark = pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")

SMALL = ("data.crop=32", "data.num_workers=0", "trainer.accelerator=cpu", "trainer.val_check_interval=4")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder: images of stripes in all directions, and the weights of an untrained network."""
    monkeypatch.chdir(tmp_path)
    rows, columns = np.mgrid[:40, :44]
    for i in range(5):
        stripes = np.sin((rows * np.cos(i) + columns * np.sin(i)) / 3) > 0
        pixels = np.where(stripes[..., None], [200, 40, 30], [20, 90, 160]).astype(np.uint8)
        write_picture(Picture(pixels), tmp_path / "images" / "deeper" / f"{i}.png")
    torch.manual_seed(0)
    network = UNet(widths=(8, 8), depths=(1, 1))
    save_weights(network.state_dict(), describe(network), tmp_path / "w.safetensors")
    return tmp_path


def finetune(*arguments, settings=SMALL, output="mine.safetensors"):
    options = [word for setting in settings for word in ("--set", setting)]
    return main(["finetune", "images", "-o", output, "--weights", "w.safetensors", *arguments, *options])


@pytest.mark.parametrize("task", ["both", "holes", "noise"])
def test_what_is_written_is_better_and_of_the_same_network(folder, capsys, task):
    assert finetune("--task", task, "--steps", "24", "--set", "model.optimizer.learning_rate=0.01") == 0
    before, after, use = capsys.readouterr().out.splitlines()
    psnr = [float(line.split(": ")[1].split()[0]) for line in (before, after)]
    assert psnr[0] < psnr[1]
    assert ("in holes" in after) == (task != "noise")
    assert use == "to use it: restore inpaint IMAGE --mask MASK -o OUT --weights mine.safetensors"
    trained = Restorer.load("mine.safetensors", "cpu").network
    assert trained.arguments == load_network("w.safetensors").arguments
    assert not torch.equal(trained.head.weight, load_network("w.safetensors").head.weight)


def test_the_same_command_gives_the_same_weights(folder):
    for name in ("one", "other"):
        assert finetune("--steps", "8", output=f"{name}.safetensors") == 0
    assert (folder / "one.safetensors").read_bytes() == (folder / "other.safetensors").read_bytes()


def test_no_gain_writes_nothing(folder, capsys):
    finetune("--steps", "8")
    (folder / "mine.safetensors").replace(folder / "w.safetensors")
    capsys.readouterr()
    assert finetune("--steps", "4", "--set", "model.optimizer.learning_rate=1e-12") == 1
    assert capsys.readouterr().out.splitlines()[1].endswith("restored no better: nothing is written")
    assert not (folder / "mine.safetensors").exists()


def test_it_begins_with_a_network_that_has_learned_nothing_if_asked(folder, capsys):
    tiny = "model.network={'class_path': 'restore.networks.UNet', 'init_args': {'widths': [4, 4], 'depths': [1, 1]}}"
    assert finetune("--weights", "none", "--steps", "8", "--set", tiny) == 0
    assert load_network("mine.safetensors").arguments == {"widths": [4, 4], "depths": [1, 1]}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--steps", "0"], "steps are at least 1, not 0"),
        (["--weights", "nowhere.safetensors"], "nowhere.safetensors"),
        (["--val-folder", "nowhere"], "nowhere: there is no such folder"),
        (["--limit", "1"], "One image cannot be split"),
        (["--set", "data.corp=3"], "data.corp"),
        (["-o", "nodir/w.safetensors"], "there is no folder nodir"),
        (["-o", "mine.ckpt"], "weights files are called *.safetensors"),
    ],
)
def test_what_cannot_be_used_is_one_line(folder, capsys, arguments, reason):
    assert finetune(*arguments) == 2
    assert reason in capsys.readouterr().err.splitlines()[-1]
    assert not list(folder.rglob("mine*"))


def test_the_best_validation_is_kept_and_training_ends_without_gain():
    keep, task = KeepBest(patience=2), Restoration(UNet(widths=(4, 4), depths=(1, 1)))
    bias = task.network.head.bias.data
    trainer = Mock(spec=Trainer, should_stop=False)
    for step, loss in enumerate([3.0, 1.0, 2.0, 2.0]):
        assert not trainer.should_stop
        bias.fill_(step)
        trainer.global_step, trainer.callback_metrics = step, {"val/loss": loss, "train/loss": 0.0}
        keep.on_validation_batch_start(trainer, task, None, 0)
        bias.fill_(-1)  # as training goes on
        keep.on_validation_end(trainer, task)
    assert trainer.should_stop
    assert keep.best == Validation(1, {"val/loss": 1.0})
    assert keep.weights["head.bias"].tolist() == [1.0] * 3
