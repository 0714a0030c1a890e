from types import SimpleNamespace

import numpy as np
import pytest
import torch

from restore.evaluation.methods import restored_by
from restore.evaluation.peers import xphoto
from restore.evaluation.peers.xphoto import FrequencySelective, ShiftMap
from restore.metrics import psnr
from restore.observation import Observation

cv2 = pytest.importorskip("cv2")

PEERS = [FrequencySelective("fast"), FrequencySelective("best"), ShiftMap()]
METHODS = {"fsr-fast": 2, "fsr-best": 1, "shiftmap": 0}
ORANGE = (200, 120, 40)


def named(peer):
    return peer.name


@pytest.fixture
def calls(monkeypatch):
    """In place of OpenCV's module: what it is called with is kept, and holes become orange."""
    calls = []

    def inpaint(source, visible, filled, method):
        calls.append((source.copy(), visible.copy(), method))
        code = cv2.COLOR_RGB2Lab if method == METHODS["shiftmap"] else cv2.COLOR_RGB2BGR
        filled[:] = cv2.cvtColor(np.full_like(source, ORANGE), code)

    names = {"INPAINT_SHIFTMAP": 0, "INPAINT_FSR_BEST": 1, "INPAINT_FSR_FAST": 2}
    monkeypatch.setattr(cv2, "xphoto", SimpleNamespace(inpaint=inpaint, **names), raising=False)
    return calls


@pytest.mark.parametrize("peer", PEERS, ids=named)
def test_the_module_is_told_what_is_visible_and_colours_as_it_asks_for_them(peer, calls):
    image = torch.rand(2, 3, 9, 12, generator=torch.Generator().manual_seed(0))
    hole = torch.zeros(2, 1, 9, 12, dtype=torch.bool)
    hole[0, :, 2:5, 3:9] = True
    assert peer.unavailable() is None
    observation = Observation.hide(image, hole)
    restored = restored_by(peer, observation)
    ((source, visible, method),) = calls  # of an image without a hole nothing is asked
    assert np.array_equal(visible == 0, hole[0, 0].numpy())
    assert source.dtype == visible.dtype == np.uint8
    assert method == METHODS[peer.name]
    pixels = (observation.degraded[0] * 255).round().byte().permute(1, 2, 0).numpy()
    wanted = cv2.cvtColor(pixels, cv2.COLOR_RGB2Lab) if peer.name == "shiftmap" else pixels[..., ::-1]
    assert np.array_equal(source, wanted)
    assert torch.equal(restored.where(~hole, 0), image.where(~hole, 0))
    orange = torch.tensor(ORANGE)[:, None] / 255
    assert (restored[0][:, hole[0, 0]] - orange).abs().max() < 3 / 255


def test_an_opencv_without_the_module_names_the_package_that_has_it(monkeypatch):
    monkeypatch.delattr(cv2, "xphoto", raising=False)
    assert ShiftMap().unavailable() == (
        "shiftmap needs cv2.xphoto, which is not installed here: pip install opencv-contrib-python-headless (in place "
        "of opencv-python-headless)"
    )
    monkeypatch.setattr(xphoto, "find_spec", lambda module: None)
    assert "opencv-contrib" in FrequencySelective("fast").unavailable()


@pytest.mark.skipif(not hasattr(cv2, "xphoto"), reason="OpenCV has no contributed modules here")
@pytest.mark.parametrize("peer", [PEERS[0], PEERS[2]], ids=named)
def test_what_repeats_is_continued(peer):
    y, x = np.mgrid[:96, :96]
    waves = 0.5 + 0.3 * np.sin(2 * np.pi * x / 8) * np.cos(2 * np.pi * y / 12)
    image = torch.from_numpy(np.stack([waves, waves * 0.8, 1 - waves]).astype(np.float32))[None]
    hole = torch.zeros(1, 1, 96, 96, dtype=torch.bool)
    hole[..., 40:56, 36:60] = True
    restored = restored_by(peer, Observation.hide(image, hole))
    assert psnr(restored, image, hole) > 25
    assert torch.equal(restored.where(~hole, 0), image.where(~hole, 0))
