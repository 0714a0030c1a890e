import pytest
import torch
from lightning import Callback
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint

from restore.networks.weights import export_checkpoint, load_network
from restore.training import ExportWeights, Restoration

from .conftest import tiny_data, tiny_task


class Record(Callback):
    """Keeps the weights after each step."""

    def __init__(self):
        self.steps = []

    def on_train_batch_end(self, trainer, pl_module, *_):
        self.steps.append({name: value.clone() for name, value in pl_module.network.state_dict().items()})


def test_what_is_validated_and_exported_are_the_averaged_weights(trainer, tmp_path):
    record, decay = Record(), 0.8
    training = trainer(
        max_steps=4,
        val_check_interval=4,
        check_val_every_n_epoch=None,
        callbacks=[record, EMAWeightAveraging(decay=decay), ModelCheckpoint(tmp_path), ExportWeights()],
    )
    training.fit(tiny_task(lr=3e-2), tiny_data())
    exported = load_network(tmp_path / "weights.safetensors")
    for name, value in exported.state_dict().items():
        average, *steps = [step[name] for step in record.steps]
        for step in steps:
            average = decay * average + (1 - decay) * step
        torch.testing.assert_close(value, average)
    alone = trainer().validate(Restoration(exported), tiny_data(), verbose=False)[0]
    current = tiny_task()
    current.network.load_state_dict(record.steps[-1])
    unlike = trainer().validate(current, tiny_data(), verbose=False)[0]
    validated = training.callback_metrics["val/psnr"].item()
    assert validated == pytest.approx(alone["val/psnr"], rel=1e-5) != pytest.approx(unlike["val/psnr"], rel=1e-5)


def test_only_checkpoints_can_be_exported(tmp_path):
    (tmp_path / "x.ckpt").write_text("nothing")
    with pytest.raises(ValueError, match=r"x\.ckpt: not a checkpoint"):
        export_checkpoint(tmp_path / "x.ckpt", tmp_path / "w.safetensors")
    assert not (tmp_path / "w.safetensors").exists()


def test_the_last_step_is_validated_and_saved_wherever_it_falls(trainer, tmp_path):
    best = ModelCheckpoint(tmp_path, monitor="val/loss")
    last = ModelCheckpoint(tmp_path, filename="last", enable_version_counter=False)
    trainer(
        max_steps=4,
        val_check_interval=3,
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        callbacks=[best, last, ExportWeights()],
    ).fit(tiny_task(), tiny_data())
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 4
    assert (tmp_path / "weights.safetensors").exists()
