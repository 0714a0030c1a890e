"""The picture of every kind of damage."""

import inspect

import numpy as np
from PIL import Image

import restore.degradations as module
from research.damage_sheet import LEFT_OUT, kinds, main


def test_the_sheet_shows_every_kind_of_damage_but_those_that_need_files_or_other_kinds():
    public = {name for name in module.__all__ if not inspect.isabstract(getattr(module, name))}
    missing = public - set(kinds()) - set(LEFT_OUT)
    assert {getattr(module, name).__module__ for name in missing} == {"restore.degradations.composition"}


def test_the_sheet_shows_the_middles_of_ones_own_images_beside(tmp_path):
    folder, sheet = tmp_path / "own", tmp_path / "sheet.png"
    folder.mkdir()
    for name, size in (("z", (60, 20)), ("middle", (9, 11)), ("a", (40, 40))):
        Image.new("RGB", size, (1, 2, 253)).save(folder / f"{name}.png")
    assert main(["-o", str(sheet), "--size", "32", "--index", "0"]) == 0
    alone = np.asarray(Image.open(sheet))
    assert main(["-o", str(sheet), "--size", "32", "--index", "0", "--beside", str(folder), "--limit", "2"]) == 0
    both = np.asarray(Image.open(sheet))
    of_own = (both == (1, 2, 253)).all(2)
    assert of_own.sum() == 32 * 32 + 20 * 32  # the first and the last by name
    assert not (alone == (1, 2, 253)).all(2).any()
