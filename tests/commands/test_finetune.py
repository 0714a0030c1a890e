from unittest.mock import Mock

import numpy as np
import pytest
import torch
from lightning import Trainer

from restore.cli import main
from restore.images.codec import write_picture
from restore.images.picture import Picture
from restore.inference.restorer import Restorer
from restore.networks import MaskedAutoencoder, RestorationNetwork, UNet
from restore.networks.weights import describe, load_network, save_weights
from restore.training import Restoration
from restore.training.finetuning import KeepBest, Validation
from restore.training.modules import RestorationTask

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
    assert finetune("--task", task, "--steps", "24", "--set", "model.optimizer.lr=0.01") == 0
    before, after, use = capsys.readouterr().out.splitlines()
    psnr = [float(line.split(": ")[1].split()[0]) for line in (before, after)]
    assert psnr[0] < psnr[1]
    assert ("in holes" in after) == (task != "noise")
    command = "denoise IMAGE" if task == "noise" else "inpaint IMAGE --mask MASK"
    assert use == f"to use it: restore {command} -o OUT --weights mine.safetensors"
    trained = Restorer.load("mine.safetensors", "cpu").network
    assert trained.arguments == load_network("w.safetensors").arguments
    assert not torch.equal(trained.head.weight, load_network("w.safetensors").head.weight)


def test_the_figures_are_those_of_the_weights_that_are_written(folder, capsys):
    rate = ("--set", "model.optimizer.lr=0.01")
    assert finetune("--steps", "8", *rate) == 0
    after = capsys.readouterr().out.splitlines()[1].partition(": ")[2]
    assert main(
        [
            "finetune",
            "images",
            "-o",
            "again.safetensors",
            "--weights",
            "mine.safetensors",
            "--steps",
            "1",
            *(word for setting in SMALL for word in ("--set", setting)),
        ]
    ) in (0, 1)
    assert capsys.readouterr().out.splitlines()[0] == f"images set aside, before: {after}"


def test_with_images_to_judge_by_the_others_are_all_trained_on(folder, monkeypatch):
    seen = []
    monkeypatch.setattr(RestorationTask, "on_train_start", lambda task: seen.append(task.trainer.datamodule), False)
    assert finetune("--steps", "4", "--val-folder", "images", "--limit", "3") in (0, 1)
    (data,) = seen
    assert (len(data.train_crops), len(data.val_crops)) == (3, 4 * 5)


@pytest.mark.parametrize(("task", "rate"), [("holes", 2e-3), ("noise", 5e-4), ("both", 5e-4)])
def test_holes_alone_are_learned_faster(folder, monkeypatch, task, rate):
    seen = []
    monkeypatch.setattr(
        RestorationTask,
        "on_train_start",
        lambda one: seen.append(one.optimizers().param_groups[0]["initial_lr"]),
        False,
    )
    assert finetune("--steps", "1", "--task", task) in (0, 1)
    assert seen == [rate]


def test_an_interrupted_training_leaves_the_best_until_then(folder, monkeypatch, capsys):
    def interrupt(task, outputs, batch, batch_idx):
        if task.trainer.global_step == 10:
            raise KeyboardInterrupt

    monkeypatch.setattr(RestorationTask, "on_train_batch_end", interrupt)
    assert finetune("--steps", "24", "--set", "model.optimizer.lr=0.01") == 0
    assert "after 8 of 10 steps" in capsys.readouterr().out
    assert (folder / "mine.safetensors").exists()


def test_a_training_that_diverges_writes_nothing(folder, capsys):
    assert finetune("--steps", "8", "--set", "model.optimizer.lr=1e30") == 1
    printed = capsys.readouterr()
    assert "nothing is written" in printed.out
    (line,) = [line for line in printed.err.splitlines() if line.startswith("restore finetune: ")]
    assert "the training diverged: the loss of step 2 is no number, at a learning rate of " in line
    assert not (folder / "mine.safetensors").exists()


def test_a_training_that_diverges_late_leaves_the_best_until_then(folder, capsys, monkeypatch):
    def poison(task, optimizer):
        if task.global_step == 9:
            task.network.head.bias.grad.fill_(torch.nan)

    monkeypatch.setattr(RestorationTask, "on_before_optimizer_step", poison)
    assert finetune("--steps", "24", "--set", "model.optimizer.lr=0.01") == 1
    assert "the loss of step 11 is no number" in capsys.readouterr().err
    assert all(value.isfinite().all() for value in load_network("mine.safetensors").state_dict().values())


def test_what_a_pretraining_learned_goes_into_a_network_for_restoration(folder):
    torch.manual_seed(0)
    pretrained = MaskedAutoencoder("nano", 16, 32, 1, 2)
    save_weights(pretrained.state_dict(), describe(pretrained), folder / "hidden.safetensors")
    assert finetune("--weights", "hidden.safetensors", "--steps", "4") == 0
    network = load_network("mine.safetensors")
    assert isinstance(network, RestorationNetwork)
    assert network.arguments["encoder"] == "nano"


def test_the_same_command_gives_the_same_weights(folder):
    for name in ("one", "other"):
        assert finetune("--steps", "8", output=f"{name}.safetensors") == 0
    assert (folder / "one.safetensors").read_bytes() == (folder / "other.safetensors").read_bytes()


def test_no_gain_writes_nothing(folder, capsys):
    finetune("--steps", "8")
    (folder / "mine.safetensors").replace(folder / "w.safetensors")
    capsys.readouterr()
    assert finetune("--steps", "4", "--set", "model.optimizer.lr=1e-12") == 1
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
        (["--set", "data.corp=3"], "there is no setting data.corp; did you mean data.crop?"),
        (["--set", "foo=1"], "there is no setting foo; a setting is NAME=VALUE, such as data.crop=64"),
        (["--set", "data.crop"], "--set data.crop: a setting is NAME=VALUE, such as data.crop=64"),
        (["-o", "nodir/w.safetensors"], "there is no folder nodir"),
        (["-o", "mine.ckpt"], "weights files are called *.safetensors"),
        (["-o", "taken.safetensors"], "taken.safetensors: cannot be written"),
        (["--set", "trainer.limit_val_batches=0"], "the images set aside cannot be judged"),
    ],
)
def test_what_cannot_be_used_is_one_line(folder, capsys, arguments, reason):
    (folder / "taken.safetensors").mkdir()
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
