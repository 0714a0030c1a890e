"""Degradations are built from YAML by the names of their classes and arguments."""

import pytest
import torch
from jsonargparse import ArgumentError, ArgumentParser

from restore.degradations import Choice, Compose, Degradation

CONFIG = """
damage:
  class_path: restore.degradations.Choice
  init_args:
    weights: [3, 1, 1]
    degradations:
      - class_path: restore.degradations.Compose
        init_args:
          degradations:
            - {class_path: restore.degradations.GaussianNoise, init_args: {sigma_min: 0, sigma_max: 50}}
            - {class_path: restore.degradations.BrushStrokes, init_args: {hole_ratio_min: 0.1, hole_ratio_max: 0.4}}
      - {class_path: restore.degradations.MaskFiles, init_args: {folder: FOLDER, mask_means: keep}}
      - {class_path: restore.degradations.GaussianNoise, init_args: {sigma_min: 0, sigma_max: 0}}
"""


def parser() -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--damage", type=Degradation)
    return parser


def test_nested_degradations_are_built_from_yaml(mask_folder):
    choice = parser().instantiate(parser().parse_string(CONFIG.replace("FOLDER", str(mask_folder)))).damage
    assert isinstance(choice, Choice)
    assert isinstance(choice.degradations[0], Compose)
    assert choice(torch.zeros(6, 3, 16, 16), torch.Generator().manual_seed(0)).hole.any()


def test_a_misspelt_argument_is_refused():
    misspelt = CONFIG.replace("sigma_max", "sigma_maks")
    with pytest.raises(ArgumentError, match="sigma_maks"):
        parser().parse_string(misspelt)
