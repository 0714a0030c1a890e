import pytest
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import WandbLogger

from restore.networks.weights import export_checkpoint, load_network
from restore.observation import Observation
from restore.training import Compile, ExportWeights, Panels

from .conftest import tiny_data, tiny_task


class Album(WandbLogger):
    """Collects pictures in place of a W&B run."""

    experiment = None

    def __init__(self):
        super().__init__(save_dir="unused", id="none")
        self.pictures = []

    def log_image(self, key, images, step=None, **kwargs):
        self.pictures.append((key, step, images, kwargs["caption"]))

    def log_metrics(self, metrics, step=None):
        pass

    def log_hyperparams(self, params):
        pass


def test_panels_show_the_same_images_at_their_turn_and_at_the_end(trainer):
    album = Album()
    trainer(
        max_steps=5,
        val_check_interval=1,
        enable_checkpointing=False,
        logger=album,
        callbacks=[Panels(count=2, every_n_validations=3)],
    ).fit(tiny_task(), tiny_data())
    assert [step for _, step, _, _ in album.pictures] == [1, 4, 5]
    for key, _, images, captions in album.pictures:
        assert key == "val/panels"
        assert [image.shape for image in images] == [(32, 4 * 32, 3)] * 2
        assert all("dB, hole" in caption for caption in captions)
    clean = [[image[:, 64:96] for image in images] for _, _, images, _ in album.pictures]
    assert all((a == b).all() for first in clean[:1] for other in clean for a, b in zip(first, other, strict=True))
    assert all(image.min() >= 0 and image.max() <= 1 for _, _, images, _ in album.pictures for image in images)


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
