import contextlib
from pathlib import Path

import pytest
import torch

from restore.cli import main
from restore.config import config_names
from restore.errors import FileError
from restore.networks import MaskedAutoencoder
from restore.networks.weights import describe, load_network, save_weights
from restore.training.cli import TaskCLI, resolved_settings

from .conftest import CONFIG, Shapes

TINY = [
    "--model.weights=null",
    "--model.network.encoder=nano",
    "--model.network.decoder_width=32",
    "--model.network.decoder_depth=1",
    "--data.crop=32",
    "--data.batch_size=2",
    "--data.num_workers=0",
    "--data.val_share=0.4",
    "--trainer.accelerator=cpu",
    "--trainer.max_steps=2",
    "--trainer.val_check_interval=1",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
]

NO_TRACKING = ["--trainer.logger=false"]

pytestmark = [
    # jsonargparse 4.53 deprecates what Lightning 2.6.6 calls; and a logger is wanted by nobody here.
    pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You're using the WeightAveraging callback"),
    pytest.mark.filterwarnings("ignore:The number of training batches"),
    pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists"),
]


def images_of(config, folder):
    """Options that say where the images are: one config generates them, the others take a folder."""
    is_pretraining = config == "pretrain"
    return ["--data.synthetic.count=5", "--data.synthetic.size=32"] if is_pretraining else [f"--data.folder={folder}"]


def one_line(arguments, capsys, expected=2):
    """What is said about arguments that cannot be used."""
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = stop.code
    assert status == expected
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith(f"restore {arguments[0]}: ")
    return line


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A file of a training that costs next to nothing; the working folder is a temporary one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return "config.yaml"


@pytest.mark.parametrize("name", config_names())
def test_every_config_trains_and_tests_from_anywhere_by_its_name(name, folder, tmp_path):
    common = ["-c", name, *TINY, *NO_TRACKING, *images_of(name, folder), "--trainer.enable_checkpointing=true"]
    assert main(["fit", *common]) == 0
    (checkpoint,) = [path for path in tmp_path.rglob("*.ckpt") if name == "finetune" or path.stem == "last"]
    assert main(["test", *common, f"--ckpt_path={checkpoint}"]) == 0
    saved = torch.load(checkpoint, weights_only=True)
    differ = [not torch.equal(value, saved["current_model_state"][key]) for key, value in saved["state_dict"].items()]
    assert any(differ)  # it averages
    if name != "finetune":  # which keeps its best itself
        (weights,) = tmp_path.rglob("weights.safetensors")
        (best,) = tmp_path.rglob("best-*.ckpt")
        averaged = torch.load(best, weights_only=True)["state_dict"]
        for key, value in load_network(weights).state_dict().items():
            assert torch.equal(value, averaged[f"network.{key}"])


@pytest.mark.parametrize("name", [name for name in config_names() if name != "pretrain"])
def test_the_configs_that_restore_train_on_varied_images(name, folder):
    data = TaskCLI(["-c", name, *TINY, *NO_TRACKING, f"--data.folder={folder}"], run=False).datamodule
    data.setup("fit")
    crops = {key: data.train_crops[key].image for key in range(len(data.train_crops))}
    for loaded in data.train_dataloader():
        batch = data.on_after_batch_transfer(data.on_before_batch_transfer(loaded, 0), 0)
        for image, index in zip(batch.image, batch.index.tolist(), strict=True):
            colours = image.flatten(1).unique(dim=1)
            assert not torch.isin(colours, crops[index].flatten(1).unique(dim=1)).all()


def test_a_config_is_its_own_half_and_the_shared_one(folder):
    settings = resolved_settings(["-c", "inpaint", f"--data.folder={folder}"])
    assert settings["trainer"]["gradient_clip_val"] == 1  # of the shared half
    assert settings["model"]["init_args"]["weights"] == "default"
    assert settings["data"]["degradation"]["class_path"] == "restore.degradations.Choice"
    several = resolved_settings(["-c", "inpaint", "-c", "denoise", f"--data.folder={folder}"])
    assert several["data"]["degradation"]["class_path"] == "restore.degradations.GaussianNoise"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "paint",
            "no config is called 'paint'; there are denoise, finetune, inpaint, pretrain, restore, or give a file",
        ),
        ("paint.yaml", "paint.yaml: no such config"),
        ("deeper/paint", "deeper/paint: no such config"),
    ],
)
def test_a_config_that_is_not_there_is_one_line(name, reason, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert reason in one_line(["fit", "-c", name], capsys)


def test_one_option_starts_from_other_weights(folder, tmp_path):
    common = ["-c", "restore", *TINY, *NO_TRACKING, f"--data.folder={folder}"]
    assert main(["fit", *common]) == 0
    (weights,) = tmp_path.rglob("weights.safetensors")
    again = [f"--model.weights={weights}", "--trainer.default_root_dir=again"]
    assert main(["fit", *common, *again]) == 0


@pytest.mark.parametrize("optimizer", ["torch.optim.AdamW", "torch.optim.SGD"])
def test_any_optimizer_of_torch_trains(config, tmp_path, optimizer):
    (tmp_path / "mine.yaml").write_text(f"""
model:
  init_args:
    optimizer:
      class_path: {optimizer}
      init_args: {{lr: 0.05, weight_decay: 0.0}}
""")
    assert main(["fit", "-c", config, "-c", "mine.yaml"]) == 0
    (checkpoint,) = tmp_path.rglob("*.ckpt")
    assert main(["fit", "-c", config, "-c", "mine.yaml", f"--ckpt_path={checkpoint}", "--trainer.max_steps=3"]) == 0
    saved = torch.load(checkpoint, weights_only=True)
    assert saved["optimizers"] == [optimizer.rpartition(".")[2]]
    (group,) = saved["optimizer_states"][0]["param_groups"]
    assert (group["initial_lr"], group["weight_decay"]) == (0.05, 0)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--data.crp=3"], "--data.crp"),
        (["--data.val_draws=0"], "val_draws is at least 1, not 0"),
        (["--data.degradation.sigma_min=90"], "sigma"),
        (["--model.weights=missing.safetensors"], "missing.safetensors: no such weights file"),
        (["--model.network.encoder=huge"], "unknown encoder 'huge'"),
        (["--model.network=UNet", "--model.weights=autoencoder.safetensors"], "do not fit a UNet"),
        (["--data.folder=nowhere"], "nowhere: there is no such folder"),
        (["--data.folder=broken", "--data.num_workers=1"], "none of its 2 images can be read"),
        (["--trainer.accelerator=cpu", "--trainer.devices=0"], "devices"),
        (["--trainer.accelerator=cpu", "--trainer.devices=x"], "should be an int > 0"),
        (["--trainer.strategy=3.5"], "invalid strategy name: `strategy='3.5'`"),
        (
            ["--trainer.callbacks+=restore.training.PoseSweep", "--trainer.callbacks.damage=crack"],
            "no such damage: crack",
        ),
        (["--trainer.logger=restore.training.LocalTracker", "--trainer.logger.id=.."], "no name for a folder"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_2(arguments, reason, folder, tmp_path, capsys):
    (tmp_path / "broken").mkdir()
    for name in "abcd":
        (tmp_path / "broken" / f"{name}.png").write_text("no picture")
    network = MaskedAutoencoder(encoder="nano")
    save_weights(network.state_dict(), describe(network), tmp_path / "autoencoder.safetensors")
    command = ["fit", "-c", "denoise", *TINY, *NO_TRACKING, f"--data.folder={folder}", *arguments]
    assert reason in one_line(command, capsys)


@pytest.mark.parametrize("command", ["fit", "validate", "test"])
def test_images_that_cannot_be_used_are_said_before_a_run_is_opened(tmp_path, monkeypatch, capsys, command):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    line = one_line([command, "-c", "denoise", *TINY, "--data.folder=empty"], capsys)
    assert line.startswith(f"restore {command}: empty: no images here")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


class Buggy(Shapes):
    """Images of whoever wrote this with a mistake in it."""

    def __getitem__(self, index):
        raise ValueError("a mistake")


def test_what_no_user_can_have_caused_shows_its_traceback(config):
    with pytest.raises(ValueError, match="a mistake"):
        main(["fit", "-c", config, "--data.synthetic=tests.training.test_cli.Buggy"])


BARE = ("network", "state_dict", "global_step", "pytorch-lightning_version")
"""What a checkpoint without an optimizer holds."""


class RunsCode:
    """An object whose pickle writes a file when it is read."""

    def __reduce__(self):
        return open, ("code.txt", "w")


@pytest.fixture
def checkpoint(config, tmp_path):
    assert main(["fit", "-c", config]) == 0
    (path,) = tmp_path.rglob("*.ckpt")
    return path.rename(tmp_path / "mine.ckpt")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("missing.ckpt", [], "missing.ckpt: no such checkpoint"),
        ("empty", [], "empty: a folder, not a checkpoint"),
        (".", [], ".: a folder, not a checkpoint; the latest one in it is "),
        ("nothing.ckpt", [], "nothing.ckpt: an empty file"),
        ("code.ckpt", [], "code.ckpt: not a checkpoint of `restore fit`"),
        ("weights.safetensors", [], "weights alone, not a checkpoint: train on from them with --model.weights"),
        ("images/0.png", [], "images/0.png: an image, not a checkpoint"),
        ("best", [], "ckpt_path names a file, such as runs/…/last.ckpt"),
        ("last", [], "--ckpt_path last goes on with the run of an id: give it one, WANDB_RUN_ID=NAME restore fit …"),
        ("last", ["--trainer.logger=false"], "--ckpt_path last looks into the folder of a run"),
        ("bare.ckpt", [], "bare.ckpt: holds weights alone"),
        ("text.ckpt", [], "text.ckpt: not a checkpoint of `restore fit`"),
        ("foreign.ckpt", [], "foreign.ckpt: not a checkpoint of `restore fit`"),
        ("mine.ckpt", ["--model.network.widths=[4, 4]"], "a UNet with widths [4, 8], not widths [4, 4]"),
        (
            "mine.ckpt",
            ["--model.network=restore.networks.MaskedAutoencoder", "--model.network.encoder=nano"],
            "of another network: a UNet, not a MaskedAutoencoder",
        ),
        ("mine.ckpt", ["--model.optimizer=torch.optim.SGD"], "of another optimizer than SGD: Muon"),
    ],
)
@pytest.mark.parametrize("command", ["fit", "test"])
def test_a_checkpoint_that_cannot_be_used_is_one_line_and_no_run(
    checkpoint, folder, config, tmp_path, capsys, command, name, options, reason
):
    (tmp_path / "empty").mkdir()
    (tmp_path / "nothing.ckpt").touch()
    torch.save({"network": RunsCode()}, tmp_path / "code.ckpt")
    (tmp_path / "weights.safetensors").write_bytes(next(tmp_path.rglob("checkpoints/weights.safetensors")).read_bytes())
    content = torch.load(checkpoint, weights_only=True)
    torch.save({name: content[name] for name in BARE}, tmp_path / "bare.ckpt")
    capsys.readouterr()
    (tmp_path / "text.ckpt").write_text("nothing")
    torch.save({"state_dict": {}}, tmp_path / "foreign.ckpt")
    arguments = [command, "-c", config, f"--ckpt_path={name}", "--trainer.logger=restore.training.LocalTracker"]
    if command == "test" and ("optimizer" in reason or ("alone" in reason and name == "bare.ckpt")):
        assert main([*arguments, *options]) == 0  # nothing is trained
    else:
        assert reason in one_line([*arguments, *options], capsys)
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "code.txt").exists()


def test_the_same_command_begins_a_run_and_goes_on_with_it(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WANDB_RUN_ID", "mine")
    command = ["fit", "-c", "inpaint", *TINY, f"--data.folder={folder}", "--ckpt_path=last"]
    command.append("--trainer.logger=restore.training.LocalTracker")
    steps = []
    for more in (2, 2, 4):
        assert main([*command, f"--trainer.max_steps={more}"]) == 0
        last = torch.load(tmp_path / "runs/restore/mine/checkpoints/last.ckpt", weights_only=True)
        steps.append((last["global_step"], last["loops"]["fit_loop"]["epoch_progress"]["current"]["ready"]))
    assert steps == [(2, 1), (2, 1), (4, 2)]
    (tmp_path / "last").write_bytes(b"")  # a file of that name is that file
    assert main(command) == 2
    assert "last: an empty file" in capsys.readouterr().err


def test_a_misspelt_key_in_a_config_is_refused(folder, tmp_path, capsys):
    (tmp_path / "misspelt.yaml").write_text(
        "model: {init_args: {optimizer: {class_path: restore.training.Muon, lrr: 1}}}"
    )
    line = one_line(["fit", "-c", "restore", "-c", "misspelt.yaml", f"--data.folder={folder}"], capsys)
    reason = "--model.optimizer: lrr stands beside class_path; what Muon is given stands in init_args"
    assert line.startswith(f"restore fit: {reason}")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "data.degradation; a config has them: -c denoise"),
        (["-c", "broken.yaml"], "Problems parsing config"),
        (["-c", "other.yaml"], "does not accept option 'steps'"),
        (["-c", "images"], "no config is called 'images'"),
        (["-c", "images/0.png"], "images/0.png: not a config"),
        (["-c", "inpaint", "--data.folder=images", "--trainer.accelerator=mps"], "['cpu']"),
    ],
)
def test_a_start_that_cannot_be_is_one_line(folder, tmp_path, capsys, arguments, reason):
    (tmp_path / "broken.yaml").write_text("model: [")
    (tmp_path / "other.yaml").write_text("steps: 3")
    with contextlib.suppress(SystemExit):
        assert main(["fit", *arguments]) == 2
    assert reason in capsys.readouterr().err.splitlines()[-1]


def test_a_folder_for_runs_that_cannot_be_written_is_one_line_and_no_run(config, tmp_path, capsys):
    (tmp_path / "taken").write_text("a file")
    arguments = ["fit", "-c", config, "--trainer.logger=restore.training.LocalTracker"]
    line = one_line([*arguments, "--trainer.logger.save_dir=taken"], capsys)
    assert "taken: not a folder" in line


def test_a_full_disk_is_one_line_that_names_the_file(config, tmp_path, capsys):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))  # as a nearly full disk would
    try:
        line = one_line(["fit", "-c", config], capsys, expected=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert line.endswith("step=2.ckpt: cannot be written: file too large")
    assert not [*tmp_path.rglob("*.ckpt"), *tmp_path.rglob(".restore-*")]


def test_what_a_worker_cannot_read_is_one_line(config, tmp_path, capsys):
    (tmp_path / "masks").mkdir()
    for name in "ab":
        (tmp_path / "masks" / f"{name}.png").write_text("no picture")
    masks = [
        "--data.val_degradation=restore.degradations.MaskFiles",
        "--data.val_degradation.folder=masks",
        "--data.val_share=0.5",
    ]
    late = ["--data.num_workers=1", "--data.synthetic=tests.training.test_cli.ReadLate"]
    assert "late.png: gone" in one_line(["fit", "-c", config, *late], capsys)
    assert "masks/" in one_line(["fit", "-c", config, *masks], capsys)


class ReadLate(Shapes):
    """Images of which one is found to be missing by the worker that reads it."""

    def __getitem__(self, index):
        if torch.utils.data.get_worker_info() is not None:
            raise FileError(Path("late.png"), "gone")
        return super().__getitem__(index)
