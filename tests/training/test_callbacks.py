import csv
import time
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from lightning import Callback
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger

from restore.networks.weights import export_checkpoint, load_network
from restore.observation import Observation
from restore.training import Compile, ExportWeights, Gradients, LocalTracker, Speed

from .conftest import Shapes, tiny_data, tiny_task


def test_the_averaged_weights_of_the_best_checkpoint_are_exported(trainer, tmp_path):
    checkpoints = ModelCheckpoint(tmp_path, monitor="val/loss")
    trainer(max_steps=4, callbacks=[EMAWeightAveraging(decay=0.9), checkpoints, ExportWeights()]).fit(
        tiny_task(), tiny_data()
    )
    network = load_network(tmp_path / "weights.safetensors")
    saved = torch.load(checkpoints.best_model_path, weights_only=True)
    for name, value in network.state_dict().items():
        assert torch.equal(value, saved["state_dict"][f"network.{name}"])
    assert any(
        not torch.equal(value, saved["current_model_state"][f"network.{name}"])
        for name, value in network.state_dict().items()
    )
    image = torch.rand(1, 3, 20, 30)
    assert network(Observation(image, torch.full((1, 1, 20, 30), 0.1))).shape == image.shape


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


# torch's compiler itself looks at the gradients of what is no leaf.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_compiling_changes_neither_the_result_nor_the_names(trainer):
    task, compiled = tiny_task(), tiny_task()
    for one, callbacks in ((task, []), (compiled, [Compile(backend="eager"), EMAWeightAveraging(decay=0.0)])):
        trainer(max_steps=2, num_sanity_val_steps=0, enable_checkpointing=False, callbacks=callbacks).fit(
            one, tiny_data()
        )
    assert compiled.network.detail._compiled_call_impl is not None
    assert list(compiled.network.state_dict()) == list(task.network.state_dict())
    for name, value in task.network.state_dict().items():
        torch.testing.assert_close(value, compiled.network.state_dict()[name])


def test_a_backend_that_cannot_compile_is_one_line(trainer):
    with pytest.raises(ValueError, match=r"torch\.compile does not work here .*no_such_backend"):
        trainer(max_steps=1, enable_checkpointing=False, callbacks=[Compile(backend="no_such_backend")]).fit(
            tiny_task(), tiny_data()
        )


class SlowToLoad(torch.utils.data.Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        time.sleep(0.05)
        return torch.full((3, 40, 40), index / 8)


def speeds(trainer, tmp_path, **options):
    images = options.pop("synthetic", Shapes())
    logger = CSVLogger(tmp_path, name=str(sum(1 for _ in tmp_path.iterdir())))
    settings = {"max_steps": 6, "log_every_n_steps": 3, "num_sanity_val_steps": 0, "enable_checkpointing": False}
    trainer(**{**settings, **options}, logger=logger, callbacks=[Speed()]).fit(tiny_task(), tiny_data(synthetic=images))
    with (Path(logger.log_dir) / "metrics.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["speed/data_wait"]]


def test_waiting_for_images_is_told_from_work(trainer, tmp_path):
    shares = []
    for images in (SlowToLoad(), Shapes()):
        rows = speeds(trainer, tmp_path, synthetic=images)
        assert [int(row["step"]) for row in rows] == [2, 5]
        assert all(0 < float(row["speed/images_per_second"]) < 20_000 for row in rows)
        assert all(0.05 < float(row["speed/memory"]) < 100 for row in rows)
        shares.append([float(row["speed/data_wait"]) for row in rows])
    slow, quick = shares
    assert min(slow) > max(quick)
    assert 0.2 < min(slow) <= max(slow) < 1


@pytest.mark.filterwarnings("ignore:The number of training batches")
def test_speed_is_logged_whatever_the_length_of_an_epoch_and_of_a_step(trainer, tmp_path):
    assert [int(row["step"]) for row in speeds(trainer, tmp_path, synthetic=Shapes(3))] == [2, 5]  # a batch an epoch
    rows = speeds(trainer, tmp_path, accumulate_grad_batches=2, max_steps=3, log_every_n_steps=3)
    assert [int(row["step"]) for row in rows] == [2]


def test_gradients_are_told_before_they_are_clipped(trainer, tmp_path):
    seen = []

    class Album(LocalTracker):
        def log_metrics(self, metrics, step=None):
            seen.append((step, metrics))

        def log_histogram(self, key, counts, edges, step):
            seen.append((step, {key: counts}))

    class Check(Callback):
        squares: ClassVar = []

        def on_before_optimizer_step(self, trainer, pl_module, optimizer):
            gradients = [parameter.grad for parameter in pl_module.network.parameters() if parameter.grad is not None]
            self.squares.append(sum(float(gradient.square().sum()) for gradient in gradients))

    settings = {"max_steps": 4, "num_sanity_val_steps": 0, "enable_checkpointing": False, "gradient_clip_val": 1e-6}
    album = Album(save_dir=str(tmp_path), report=False)
    trainer(**settings, logger=album, callbacks=[Gradients(every_n_steps=2), Check()]).fit(tiny_task(), tiny_data())
    norms = {step: found["gradients/norm"] for step, found in seen if "gradients/norm" in found}
    assert list(norms) == [0, 2]
    assert norms[0] ** 2 == pytest.approx(Check.squares[0], rel=1e-4)
    assert norms[2] ** 2 == pytest.approx(Check.squares[2], rel=1e-4)
    parts = next(found for _, found in seen if "gradients/norm" in found)
    assert len(parts) > 3
    assert sum(value**2 for name, value in parts.items() if name != "gradients/norm") == pytest.approx(
        norms[0] ** 2, rel=1e-4
    )
    (first, _) = [found["gradients/log10"] for _, found in seen if "gradients/log10" in found]
    assert first.sum() > 1000
