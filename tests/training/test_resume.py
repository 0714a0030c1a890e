import torch
from lightning import Callback
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint

from .conftest import Shapes, tiny_data, tiny_task

STEPS = 8


class StopAt(Callback):
    """Ends training as an interruption would, with the schedule still reaching further."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_end(self, trainer, *_):
        trainer.should_stop = trainer.should_stop or trainer.global_step >= self.step


def fit(trainer, folder, ckpt_path=None, stop=STEPS):
    task = tiny_task()
    checkpoints = ModelCheckpoint(folder, save_last=True, every_n_train_steps=1, save_top_k=0)
    trainer(max_steps=STEPS, callbacks=[EMAWeightAveraging(decay=0.5), checkpoints, StopAt(stop)]).fit(
        task, tiny_data(synthetic=Shapes(8)), ckpt_path=ckpt_path
    )
    return task


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(trainer, tmp_path):
    whole = fit(trainer, tmp_path / "whole")
    # Three batches make an epoch: one stop at the end of one, one in the middle.
    for stop in (3, 5):
        fit(trainer, tmp_path / str(stop), stop=stop)
        resumed = fit(trainer, tmp_path / str(stop), ckpt_path=tmp_path / str(stop) / "last.ckpt")
        for name, value in whole.network.state_dict().items():
            assert torch.equal(value, resumed.network.state_dict()[name]), f"{name} after a stop at step {stop}"


def test_a_checkpoint_holds_nothing_but_plain_values(trainer, tmp_path):
    fit(trainer, tmp_path, stop=1)
    content = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert content["network"]["class"] == "RestorationNetwork"
