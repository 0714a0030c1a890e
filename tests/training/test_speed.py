import csv
import time
from pathlib import Path

import pytest
import torch
from lightning.pytorch.loggers import CSVLogger

from restore.training import Speed

from .conftest import Shapes, tiny_data, tiny_task


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
