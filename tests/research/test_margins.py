"""What a tile shows around a hole is varied, and what it changes is told."""

import re

import numpy as np
import pytest
from PIL import Image

from research.margins import margins
from restore.errors import UserError
from restore.inference.restorer import Restorer
from tests.inference.conftest import Watched


@pytest.fixture
def photographs(tmp_path):
    for i in range(2):
        pixels = np.random.default_rng(i).integers(0, 256, (90, 120, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
    return tmp_path


def test_each_hole_is_filled_with_each_margin(photographs, monkeypatch, capsys):
    backend = Watched()
    monkeypatch.setattr(Restorer, "load", lambda *_: Restorer(backend))
    assert margins(images=str(photographs), sides="8", widths="8,64") == 0
    *_, row = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\| 8 x 8 \| (\d+\.\d\d) \(\+0\.00 to \+0\.00\) \| \1 \(\+0\.00 to \+0\.00\) \|", row)
    narrow, wide, *_ = [shown.sigma.shape[-2:] for shown, _ in backend.shown]
    assert narrow == (32, 32)
    assert min(wide) > 64
    assert all(np.isinf(shown.sigma).sum() == 64 for shown, _ in backend.shown)


def test_a_photograph_without_room_is_named(photographs):
    with pytest.raises(UserError, match=r"0\.png: has no room for a hole of 90 x 90 pixels"):
        margins(images=str(photographs), sides="90")
