from functools import partial

import numpy as np
import pytest
import torch
from lightning import Trainer
from PIL import Image

from restore.data.module import RestorationData
from restore.degradations import BrushStrokes, Choice, GaussianNoise
from restore.networks import RestorationNetwork
from restore.training import Muon, Restoration, WarmupCosine


class Shapes(torch.utils.data.Dataset):
    """Discs of any colour and place: images that cost nothing to draw."""

    def __init__(self, count: int = 8, size: int = 40) -> None:
        self.count, self.size = count, size

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        colours = torch.rand(2, 3, 1, 1, generator=generator)
        x, y, radius = torch.rand(3, generator=generator) * self.size
        grid = torch.arange(self.size)
        inside = (grid - x) ** 2 + (grid[:, None] - y) ** 2 < (radius / 2) ** 2
        return torch.where(inside, *colours)


def tiny_network(**settings):
    torch.manual_seed(0)
    return RestorationNetwork(
        encoder="nano",
        decoder_width=32,
        decoder_depth=1,
        decoder_heads=2,
        widths=(4, 8, 8, 8),
        depths=(1, 1, 1, 1),
        **settings,
    )


def tiny_data(**options):
    settings = {
        "degradation": Choice([BrushStrokes(0.1, 0.4), GaussianNoise(10.0, 50.0)]),
        "synthetic": Shapes(),
        "val_share": 0.25,
        "crop": 32,
        "batch_size": 2,
        "num_workers": 0,
    }
    return RestorationData(**{**settings, **options})


def tiny_task(network=None, lr=3e-3):
    return Restoration(network or tiny_network(), optimizer=partial(Muon, lr=lr), schedule=WarmupCosine(2))


@pytest.fixture
def trainer(tmp_path):
    """Builds trainers that write below a temporary folder and say nothing."""

    def build(**options):
        settings = {
            "accelerator": "cpu",
            "default_root_dir": tmp_path,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "logger": False,
            "log_every_n_steps": 1,
        }
        return Trainer(**{**settings, **options})

    return build


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of five small images; the working folder is a temporary one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    for i in range(5):
        pixels = np.random.default_rng(i).integers(0, 255, (40, 36, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / f"{i}.png")
    return tmp_path / "images"


CONFIG = """
seed_everything: 0
model:
  class_path: restore.training.Restoration
  init_args:
    network:
      class_path: restore.networks.UNet
      init_args: {widths: [4, 8], depths: [1, 1]}
    optimizer:
      class_path: restore.training.Muon
      init_args: {lr: 3.0e-3}
    schedule: {warmup_steps: 1}
data:
  synthetic:
    class_path: tests.training.conftest.Shapes
  degradation:
    class_path: restore.degradations.BrushStrokes
  val_share: 0.25
  crop: 32
  batch_size: 2
  num_workers: 0
trainer:
  max_steps: 2
  accelerator: cpu
  val_check_interval: 100
  check_val_every_n_epoch: null
  num_sanity_val_steps: 0
  enable_progress_bar: false
  enable_model_summary: false
  logger: false
  callbacks:
    - class_path: lightning.pytorch.callbacks.EMAWeightAveraging
      init_args: {decay: 0.5}
    - class_path: lightning.pytorch.callbacks.ModelCheckpoint
    - class_path: restore.training.ExportWeights
"""
"""A config of `restore fit` that costs next to nothing."""


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """A recipe of two stages of two steps each; the working folder is a temporary one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "recipe.yaml").write_text("""
stages:
  - {name: first, config: config.yaml}
  - {name: second, config: config.yaml, overrides: {model.optimizer.lr: 1.0e-3}}
""")
    return tmp_path / "recipe.yaml"
