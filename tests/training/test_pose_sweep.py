import json

import pytest
import torch
from lightning import Callback, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging
from lightning.pytorch.loggers import CSVLogger

from restore.data.module import RestorationData
from restore.degradations import Boxes
from restore.errors import UserError
from restore.networks import UNet
from restore.synthetic import Leaves
from restore.training import Restoration
from restore.training.pose_sweep import PoseSweep

from .test_tracking import fit

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


def test_of_two_processes_the_first_sweeps_and_both_come_to_the_end(folder, tmp_path, monkeypatch, request):
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
    done = fit(
        folder,
        "--trainer.callbacks+=tests.training.probe.Probe",
        f"--trainer.callbacks.folder={tmp_path}",
        "--trainer.callbacks+=restore.training.pose_sweep.PoseSweep",
        "--trainer.callbacks.families=[coin]",
        "--trainer.callbacks.count=1",
        "--trainer.callbacks.size=32",
        "--trainer.callbacks.every_n_validations=1",
        "--trainer.logger=false",
        "--trainer.strategy=ddp",
        "--trainer.devices=2",
        "--data.batch_size=1",
        "--data.val_share=0.4",
        "--trainer.max_steps=2",
        "--trainer.val_check_interval=1",
    )
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / f"rank-{rank}.json").read_text()) for rank in (0, 1))
    assert first["figures"]["robustness/psnr_drop"] > 0
    assert "robustness/psnr_drop" not in second["figures"]
    assert first["weights"] == second["weights"]


def test_damage_that_does_not_exist_is_refused():
    with pytest.raises(UserError, match="no such damage: crack"):
        PoseSweep(damage="crack")
