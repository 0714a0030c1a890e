import os
import stat
import sys

import pytest
import torch

from restore.evaluation.methods import restored_by
from restore.evaluation.peers.gmic import Gmic
from restore.observation import Observation

FAKE = """#!{python}
import sys
import numpy as np
from PIL import Image

assert sys.argv[1:] == {expected}, sys.argv
image, mask = (np.asarray(Image.open(name)) for name in ("image.png", "mask.png"))
assert image.dtype == mask.dtype == np.uint8 and image.shape == (*mask.shape, 3)
filled = np.where(mask[..., None] > 0, image[mask == 0].max(0), 255 - image).astype(np.uint8)
Image.fromarray(filled).save("filled.png")
"""

COMMAND = ["-v", "-1", "srand", "0", "image.png", "mask.png", "inpaint_matchpatch[0]", "[1]", "keep[0]", "round"]
COMMAND += ["cut", "0,255", "-output", "filled.png"]


def executable(folder, text, monkeypatch):
    (folder / "gmic").write_text(text)
    (folder / "gmic").chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.fixture
def observation():
    image = torch.full((1, 3, 9, 12), 0.2)
    image[:, 0, 0] = 0.6
    hole = torch.zeros(1, 1, 9, 12, dtype=torch.bool)
    hole[..., 2:5, 3:9] = True
    return Observation.hide(image, hole)


def test_the_hole_is_what_the_executable_makes_of_it_and_the_rest_stays(tmp_path, observation, monkeypatch):
    executable(tmp_path, FAKE.format(python=sys.executable, expected=COMMAND), monkeypatch)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert Gmic().unavailable() is None
    restored = restored_by(Gmic(), observation)
    brightest = torch.tensor([153, 51, 51])[:, None] / 255
    assert torch.equal(restored[0][:, observation.hole[0, 0]], brightest.expand(-1, 18))
    visible = ~observation.hole
    assert torch.equal(restored.where(visible, 0), observation.degraded.where(visible, 0))
    assert [path.name for path in tmp_path.iterdir()] == ["gmic"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo first >&2; echo no such command >&2; exit 3", "gmic failed: no such command"),
        ("exit 3", "gmic failed: exit status 3"),
        ("exit 0", "gmic failed: exit status 0"),
    ],
)
def test_an_executable_that_fails_is_quoted(tmp_path, observation, monkeypatch, script, reason):
    executable(tmp_path, f"#!/bin/sh\n{script}\n", monkeypatch)
    with pytest.raises(RuntimeError, match=f"^{reason}$"):
        Gmic()(observation)


def test_without_the_executable_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert Gmic().unavailable() == "gmic needs the executable gmic, which is not installed here: apt install gmic"
