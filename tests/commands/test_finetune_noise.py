import numpy as np
import pytest
import torch

from restore.cli import main
from restore.images.codec import read_rgb, write_picture
from restore.images.picture import Picture
from restore.inference.restorer import Restorer
from restore.networks import UNet
from restore.networks.weights import describe, load_network, save_weights
from restore.training import finetuning
from restore.training.proof import Judged, Proof

# jsonargparse 4.53 deprecates what Lightning 2.6.6 calls.
pytestmark = pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")

SMALL = (
    "data.crop=32",
    "data.val_crop=64",
    "data.num_workers=0",
    "trainer.accelerator=cpu",
    "data.batch_size=8",
    "trainer.val_check_interval=15",
    "model.optimizer.lr=0.02",
    "model.schedule.warmup_steps=2",
)

DRAWN = "--set=data.supervision.init_args.clean.init_args.size=32"
"""Drawn images no larger than what is trained on, which takes less time."""


def scene(i):
    rows, columns = np.mgrid[:72, :80]
    stripes = np.sin((rows * np.cos(i) + columns * np.sin(i)) / 9)[..., None]
    image = 0.5 + stripes * np.array([0.2, -0.1, 0.15]) + np.array([0.02 * i, 0.0, 0.1])
    for top, left, colour in zip(*np.random.default_rng(i).integers(0, 64, (2, 6)), range(6), strict=True):
        image[top : top + 9, left : left + 12] = 0.2 + 0.1 * colour
    return image


def write(values, path):
    write_picture(Picture((values.clip(0, 1) * 255).round().astype(np.uint8)), path)


def white(seed):
    return 0.1 * np.random.default_rng(seed).standard_normal((72, 80, 3))


def grained(seed):
    """Noise that neighbours share."""
    field = np.random.default_rng(seed).standard_normal((73, 81, 3))
    return 0.05 * (field[1:, 1:] + field[:-1, 1:] + field[1:, :-1] + field[:-1, :-1])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder: noisy images of six scenes, clean ones, two shots of each, and an untrained network."""
    monkeypatch.chdir(tmp_path)
    for i in range(6):
        write(scene(i), tmp_path / "clean" / f"{i}_clean.png")
        write(scene(i) + white(i), tmp_path / "noisy" / f"{i}_noisy.png")
        write(scene(i) + grained(i), tmp_path / "grained" / f"{i}.png")
        for shot in (1, 2):
            write(scene(i) + white(10 * shot + i), tmp_path / "shots" / f"{i}_{shot}.png")
    torch.manual_seed(0)
    network = UNet(widths=(8, 8), depths=(1, 1))
    save_weights(network.state_dict(), describe(network), tmp_path / "w.safetensors")
    return tmp_path


def finetune(*arguments, output="mine.safetensors"):
    options = [word for setting in SMALL for word in ("--set", setting)]
    return main(["finetune", *arguments, "-o", output, "--weights", "w.safetensors", *options])


def error(weights, noisy="noisy", suffix="_noisy"):
    """Root mean square error of what a user gets, of 255."""
    restorer = Restorer.load(weights, "cpu")
    pairs = [(read_rgb(f"{noisy}/{i}{suffix}.png"), scene(i)) for i in range(6)]
    return 255 * np.mean([np.sqrt(np.mean((restorer.denoise(one) - clean) ** 2)) for one, clean in pairs])


def test_pairs_teach_their_noise(folder, capsys):
    assert finetune("noisy", "--clean", "clean", "--steps", "30") == 0
    said = capsys.readouterr()
    assert "damage" not in said.err  # a level that nobody knows is no lack of noise
    before, after, use = said.out.splitlines()
    assert float(before.split()[-2]) + 1 < float(after.split()[-2])
    assert use == "to use it: restore denoise IMAGE -o OUT --weights mine.safetensors"
    assert error("mine.safetensors") < 0.7 * error("w.safetensors")


def test_shots_teach_their_noise_without_any_clean_image(folder, capsys):
    assert finetune("shots", "--shots", "_*", "--steps", "30") == 0
    before, after, picture, _ = capsys.readouterr().out.splitlines()
    assert before.startswith("images set aside, error by their own noise, of 255, before: ")
    # The error without the noise of what it is compared with: that of the images themselves, at first.
    assert float(before.split()[-1]) == pytest.approx(25.5, rel=0.1)
    assert float(after.split()[-1]) < 0.8 * float(before.split()[-1])
    assert picture == "what that rests on: mine.png"
    assert read_rgb("mine.png").shape[1] > 1000
    assert error("mine.safetensors") < 0.7 * error("w.safetensors")


@pytest.mark.parametrize(
    ("noise", "suffix", "like", "left"),
    [
        ("noisy", "_noisy", "which neighbours do not share", 0.65),
        ("grained", "", "which neighbours share up to 1 pixels", 0.75),
    ],
)
def test_noise_is_learned_from_noise_like_it(folder, capsys, noise, suffix, like, left):
    assert finetune(noise, "--no-clean", "--steps", "40", DRAWN) == 0
    assert f"{like}: learned from drawn images with noise like it" in capsys.readouterr().err
    assert error("mine.safetensors", noise, suffix) < left * error("w.safetensors", noise, suffix)


def test_a_single_image_is_enough(folder, capsys):
    (folder / "one").mkdir()
    rows, columns = np.mgrid[:256, :256]
    clean = 0.5 + 0.2 * np.sin((rows + columns) / 9)[..., None].repeat(3, 2)
    noise = 0.1 * np.random.default_rng(0).standard_normal(clean.shape)
    write(clean + noise, folder / "one" / "a.png")
    assert finetune("one", "--no-clean", "--steps", "30", DRAWN) == 0


def test_what_does_not_pay_is_not_written(folder, capsys, monkeypatch):
    doubtful = [Judged(0.01, 0.01 - gain, 0.1, 0.1, 0.0, [1.0], [1.0]) for gain in (0.002, -0.001, 0.001, -0.001)]
    monkeypatch.setattr(finetuning, "prove", lambda *_: Proof(doubtful))
    assert finetune("shots", "--shots", "_*", "--steps", "10") == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith("restored no better: nothing is written")
    assert not list(folder.rglob("mine*"))


def test_the_same_command_gives_the_same_weights(folder):
    for name in ("one", "other"):
        assert finetune("grained", "--no-clean", "--steps", "10", DRAWN, output=f"{name}.safetensors") == 0
    assert (folder / "one.safetensors").read_bytes() == (folder / "other.safetensors").read_bytes()
    assert load_network("one.safetensors").arguments == load_network("w.safetensors").arguments


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["noisy", "--clean", "clean", "--shots", "_*"], "noise is learned in one way: from --clean images"),
        (["noisy", "--clean", "clean", "--no-clean"], "noise is learned in one way: from --clean images"),
        (["noisy", "--clean", "clean", "--task", "holes"], "--task holes is about damage that is drawn"),
        (["noisy", "--clean", "clean", "--val-folder", "noisy"], "--val-folder has no clean images in --clean"),
        (["noisy", "--clean", "nowhere"], "nowhere: there is no such folder"),
        (["noisy", "--clean", "moved"], "noisy/0_noisy.png and moved/0_clean.png: not aligned, one lies +4."),
        (["shots", "--shots=-*"], "no two images are shots of one scene by the pattern -*"),
        (["shots", "--shots", "*"], "a pattern of shots has one * and some text"),
        (["blank", "--no-clean"], "blank: no image has parts that tell what its noise is like"),
    ],
)
def test_what_cannot_be_used_is_one_line(folder, capsys, arguments, reason):
    for i in range(6):
        write(np.roll(scene(i), 4, 1), folder / "moved" / f"{i}_clean.png")
    write(np.ones((40, 40, 3)), folder / "blank" / "a.png")
    assert finetune(*arguments) == 2
    assert reason in capsys.readouterr().err.splitlines()[-1]
    assert not list(folder.rglob("mine*"))
