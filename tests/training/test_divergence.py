import numpy as np
import pytest
import torch
from lightning import Callback
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint
from PIL import Image

from restore.cli import main
from restore.degradations import BrushStrokes, Choice, GaussianNoise, MaskFiles
from restore.training.divergence import DivergenceError

from .conftest import CONFIG, Shapes, tiny_data, tiny_task

pytestmark = [
    # jsonargparse 4.53 deprecates what Lightning 2.6.6 calls.
    pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You're using the WeightAveraging callback"),
    pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists"),
]


class Poison(Callback):
    """Makes the gradients of one step no numbers, as an overflow would; the loss of that step is one."""

    def __init__(self, step):
        self.step = step

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        if trainer.global_step + 1 == self.step:
            pl_module.network.head.bias.grad.fill_(torch.nan)


def finite(path):
    content = torch.load(path, weights_only=True)
    parts = [content["state_dict"], content.get("current_model_state", {})]
    return all(bool(value.isfinite().all()) for part in parts for value in part.values())


@pytest.mark.parametrize("options", [[], ["--trainer.precision=bf16-mixed"], ["--trainer.accumulate_grad_batches=2"]])
def test_a_loss_that_is_no_number_ends_the_training_in_one_line(tmp_path, monkeypatch, capsys, options):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    huge = ["--model.optimizer.lr=1e30", "--trainer.max_steps=6", "--model.schedule.warmup_steps=0"]
    assert main(["fit", "-c", "config.yaml", *huge, *options]) == 1
    printed = capsys.readouterr()
    (line,) = [line for line in printed.err.splitlines() if line.startswith("restore fit: ")]
    assert "the training diverged: the loss of step 2 is no number, at a learning rate of " in line
    assert "there is no checkpoint yet" in line
    assert "HINT" not in printed.err + printed.out
    assert not list(tmp_path.rglob("*.ckpt"))
    assert not list(tmp_path.rglob("*.safetensors"))


@pytest.mark.parametrize("step", [2, 3, 4])
def test_no_checkpoint_holds_what_is_no_number(trainer, tmp_path, step):
    often = ModelCheckpoint(tmp_path / "often", save_top_k=-1, every_n_train_steps=1, filename="{step}")
    callbacks = [EMAWeightAveraging(decay=0.5), Poison(step), often]
    with pytest.raises(DivergenceError, match=f"after step {step} are no numbers") as stop:
        trainer(max_steps=4, callbacks=callbacks).fit(tiny_task(), tiny_data())
    last = tmp_path / "often" / f"step={step - 1}.ckpt"
    assert f"the last good checkpoint is {last}" in str(stop.value)
    written = list((tmp_path / "often").iterdir())
    assert len(written) == step - 1
    assert all(finite(path) for path in written)


def test_a_validation_that_is_no_number_ends_the_training_before_anything_is_kept(trainer, tmp_path):
    kept = ModelCheckpoint(tmp_path / "kept", monitor="val/loss")
    settings = {"max_steps": 4, "val_check_interval": 1, "check_val_every_n_epoch": None, "num_sanity_val_steps": 0}
    with pytest.raises(DivergenceError, match="the validation loss after step 2 is no number, at a learning rate of"):
        trainer(**settings, callbacks=[Poison(2), kept]).fit(tiny_task(), tiny_data())
    (path,) = (tmp_path / "kept").iterdir()
    assert finite(path)


def black(folder):
    folder.mkdir()
    Image.fromarray(np.zeros((32, 32), np.uint8)).save(folder / "mask.png")
    return MaskFiles(folder)


def test_where_no_image_is_damaged_that_is_said_and_nothing_is_measured(trainer, tmp_path, caplog):
    kept = [ModelCheckpoint(tmp_path / "kept", monitor="val/loss"), ModelCheckpoint(tmp_path / "kept", filename="last")]
    built = trainer(max_steps=4, val_check_interval=1, check_val_every_n_epoch=None, callbacks=kept)
    built.fit(tiny_task(), tiny_data(degradation=black(tmp_path / "masks")))
    said = [record.getMessage() for record in caplog.records if record.name.startswith("restore")]
    assert said == [
        "none of the images trained on so far has any damage: nothing is learned from them",
        "none of the validation images has any damage: nothing is measured",
    ]
    assert not [name for name in built.logged_metrics if name.startswith("val/")]
    assert built.callback_metrics["val/loss"].isnan()


def test_undamaged_images_count_in_no_metric(trainer, tmp_path, caplog):
    mixed = Choice([black(tmp_path / "masks"), BrushStrokes(0.2, 0.4)])
    task, images = tiny_task(), Shapes(16)
    data = tiny_data(val_degradation=mixed, synthetic=images, val_share=0.5)
    metrics = trainer().validate(task, data, verbose=False)[0]
    (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("restore")]
    assert "of the validation images have no damage: they are left out of all metrics" in line
    losses = [
        float(task._step(data.on_after_batch_transfer(batch, 0))[0].detach())
        for batch in torch.utils.data.DataLoader(data.val_crops)
        if batch.sigma.gt(0).any()
    ]
    assert 0 < len(losses) < 8
    assert metrics["val/loss"] == pytest.approx(sum(losses) / len(losses), rel=1e-4)


def test_noise_alone_is_damage(trainer, caplog):
    trainer(max_steps=2).fit(tiny_task(), tiny_data(degradation=GaussianNoise(10.0, 20.0)))
    assert not [record for record in caplog.records if record.name.startswith("restore")]
