from pathlib import Path

import pytest

from restore.cli import main
from restore.networks import MaskedAutoencoder
from restore.networks.weights import describe, save_weights

FOLDER = Path(__file__).parents[2] / "configs"
CONFIGS = sorted(path for path in FOLDER.glob("*.yaml") if path.stem not in {"sweep", "finetune"})

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
    "--trainer.precision=32-true",
    "--trainer.max_steps=2",
    "--trainer.val_check_interval=1",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
]
IMAGES = {
    "default_weights": ["--data.synthetic.images.count=5", "--data.synthetic.images.size=32"],
    "pretrain": ["--data.synthetic.count=5", "--data.synthetic.size=32"],
}
"""The options of the configs that generate their images; the others take a folder."""

NO_TRACKING = ["--trainer.logger=false"]

# jsonargparse 4.53 deprecates what Lightning 2.6.6 calls; and a logger is wanted by nobody here.
pytestmark = [
    pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You're using the WeightAveraging callback"),
    pytest.mark.filterwarnings("ignore:The number of training batches"),
    pytest.mark.filterwarnings("ignore:LightningCLI's args parameter"),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_config_trains_and_tests(config, folder, tmp_path):
    common = [f"--config={config}", *TINY, *NO_TRACKING, *IMAGES.get(config.stem, [f"--data.folder={folder}"])]
    assert main(["fit", *common]) == 0
    (weights,) = tmp_path.rglob("weights.safetensors")
    assert weights.stat().st_size > 0
    (checkpoint,) = tmp_path.rglob("last.ckpt")
    assert main(["test", *common, f"--ckpt_path={checkpoint}"]) == 0


def test_one_option_starts_from_other_weights(folder, tmp_path):
    config = next(path for path in CONFIGS if path.stem == "restore")
    common = [f"--config={config}", *TINY, *NO_TRACKING, f"--data.folder={folder}"]
    assert main(["fit", *common]) == 0
    (weights,) = tmp_path.rglob("weights.safetensors")
    again = [f"--model.weights={weights}", "--trainer.default_root_dir=again"]
    assert main(["fit", *common, *again]) == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--data.crp=3"], "--data.crp"),
        (["--model.weights=missing.safetensors"], "missing.safetensors: no such weights file"),
        (["--model.network.encoder=huge"], "unknown encoder 'huge'"),
        (["--data.folder=nowhere"], "nowhere"),
        (["--data.folder=broken", "--data.num_workers=1"], "none of its 2 images can be read"),
        (["--ckpt_path=missing.ckpt"], "missing.ckpt"),
        (["--model.network=UNet", "--model.weights=autoencoder.safetensors"], "do not fit a UNet"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_2(arguments, reason, folder, tmp_path, capsys):
    config = next(path for path in CONFIGS if path.stem == "restore")
    (tmp_path / "broken").mkdir()
    for name in "abcd":
        (tmp_path / "broken" / f"{name}.png").write_text("no picture")
    network = MaskedAutoencoder(encoder="nano")
    save_weights(network.state_dict(), describe(network), tmp_path / "autoencoder.safetensors")
    command = ["fit", f"--config={config}", *TINY, *NO_TRACKING, f"--data.folder={folder}", *arguments]
    try:
        status = main(command)
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("restore fit: ")
    assert reason in line


def test_a_misspelt_key_in_a_config_is_refused(folder, tmp_path, capsys):
    text = next(path for path in CONFIGS if path.stem == "restore").read_text()
    (tmp_path / "misspelt.yaml").write_text(text.replace("learning_rate", "lerning_rate"))
    with pytest.raises(SystemExit) as stop:
        main(["fit", f"--config={tmp_path / 'misspelt.yaml'}", f"--data.folder={folder}"])
    assert stop.value.code == 2
    assert "'lerning_rate' is not accepted" in capsys.readouterr().err
