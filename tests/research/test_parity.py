import numpy as np
import pytest

from research import parity
from restore.inference.restorer import Restorer
from tests.commands.conftest import weights  # noqa: F401  (a small network)


def test_one_backend_gives_the_same_whichever_way_an_image_comes(weights, capsys):  # noqa: F811
    assert parity.main(["--weights", str(weights), "--backends", "torch", "--sizes", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()[2:]
    assert lines == [f"| torch | {what} | 61 x 97 | 0 | 0 | 0 | yes |" for what in ("noise", "lines", "square")]


def test_what_differs_is_told(weights, capsys, monkeypatch):  # noqa: F811
    real = Restorer.denoise

    def darker(self, image, sigma=None, strength=1.0):
        restored = real(self, image, sigma, strength)
        return restored // 2 if restored.dtype == np.uint8 else restored

    monkeypatch.setattr(parity.Way, "python", lambda self, damage: darker(self.restorer, damage.image, 0.1))
    assert parity.main(["--weights", str(weights), "--backends", "torch", "--sizes", "1"]) == 1
    first = capsys.readouterr().out.splitlines()[2]
    assert first.endswith("| no |")
    assert float(first.split("|")[4]) > 1


@pytest.mark.parametrize("depth", parity.DEPTHS)
def test_damage_is_the_same_at_every_depth(depth):
    shallow, deep = (list(parity.damages((61, 97), one)) for one in ("uint8", depth))
    white = 1 if depth == "float32" else np.iinfo(depth).max
    for one, other in zip(shallow, deep, strict=True):
        assert np.abs(one.image / 255 - other.image / white).max() <= 0.5 / 255 + 1e-6
        assert np.array_equal(one.hole, other.hole)
