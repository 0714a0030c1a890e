import pytest
import torch
from lightning import Callback, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging
from lightning.pytorch.loggers import CSVLogger

from restore.data.module import RestorationData
from restore.degradations import Boxes
from restore.networks import UNet
from restore.synthetic import Leaves
from restore.training import Restoration
from restore.training.pose_sweep import PoseSweep

pytestmark = pytest.mark.filterwarnings("ignore:.*Tip:")


def weights(module):
    return module.network.head.weight.detach().clone()


class Watch(Callback):
    """Notes the weights that are validated."""

    def __init__(self, validated):
        self.validated = validated

    def on_validation_batch_end(self, trainer, pl_module, *_):
        self.validated.append(weights(pl_module))


def test_the_drop_is_logged_every_few_validations_and_at_the_end(tmp_path, monkeypatch):
    sweep = PoseSweep(families=("coin",), count=1, size=32, every_n_validations=2)
    seen, validated = [], []

    def look(module, own=sweep._sweep):
        seen.append(weights(module))
        return own(module)

    monkeypatch.setattr(sweep, "_sweep", look)
    data = RestorationData(Boxes(), synthetic=Leaves(8, size=16), val_share=0.25, crop=16, batch_size=2, num_workers=0)
    trainer = Trainer(
        max_steps=4,
        val_check_interval=1,
        check_val_every_n_epoch=None,
        logger=CSVLogger(tmp_path),
        callbacks=[EMAWeightAveraging(decay=0.5), sweep, Watch(validated)],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=1,
        accelerator="cpu",
    )
    module = Restoration(UNet((4, 4), (1, 1)))
    trainer.fit(module, data)
    assert len(seen) == 3  # of four validations the first, the third and the last
    assert trainer.callback_metrics["robustness/psnr_drop"] > 0
    assert module.network.training
    assert all(any(torch.equal(one, other) for other in validated) for one in seen)


def test_a_hole_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no such hole: 'crack'"):
        PoseSweep(hole="crack")
