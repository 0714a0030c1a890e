import numpy as np
import pytest

from restore.images.codec import write_picture
from restore.images.picture import Picture
from restore.inference.restorer import Restorer
from restore.networks import UNet
from restore.networks.weights import describe, save_weights


@pytest.fixture
def images(tmp_path):
    """Three gray-brown waves on a ramp, of two sizes."""
    for i, (height, width) in enumerate([(48, 40), (40, 64), (48, 40)]):
        waves = 10 * (1 + i) * np.sin(np.arange(width) / 3 + np.arange(height)[:, None] / (4 + i))
        ramp = np.linspace(60, 180, height)[:, None] + waves
        write_picture(
            Picture((ramp[..., None] * [1, 0.9, 0.8]).astype(np.uint8)),
            tmp_path / "images" / ["a.png", "b.png", "more/c.png"][i],
        )
    return tmp_path / "images"


@pytest.fixture
def masks(tmp_path):
    """Folders of masks, larger than the images: two with a large square, one with a small one."""
    for name, side in [("large/0", 20), ("large/1", 24), ("small/0", 6)]:
        mask = np.zeros((64, 64), np.uint8)
        mask[10 : 10 + side, 12 : 12 + side] = 255
        write_picture(Picture(mask), tmp_path / "masks" / f"{name}.png")
    return tmp_path / "masks"


@pytest.fixture
def restorer():
    """The untrained network: push-pull fill, and no denoising."""
    return Restorer(UNet(widths=(4, 4), depths=(1, 1)))


@pytest.fixture
def weights(restorer, tmp_path):
    save_weights(restorer.network.state_dict(), describe(restorer.network), tmp_path / "w.safetensors")
    return str(tmp_path / "w.safetensors")
