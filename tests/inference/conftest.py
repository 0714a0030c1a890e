import numpy as np
import pytest
import torch
from PIL import Image

from restore.inference.restorer import Restorer
from restore.networks import UNet
from restore.observation import Observation

SIZE = (40, 56)
HOLE = np.zeros(SIZE, bool)
HOLE[5:20, 30:50] = True
HOLE[28:33, :] = True


def draw(*shape, dtype=np.uint8):
    values = np.random.default_rng(0).random(shape)
    return (values * {np.uint8: 255, np.uint16: 65535}.get(dtype, 1)).astype(dtype)


IMAGES = {
    **{f"{t.__name__}-rgb": draw(*SIZE, 3, dtype=t) for t in (np.uint8, np.uint16, np.float32, np.float64)},
    **{f"{t.__name__}-gray": draw(*SIZE, dtype=t) for t in (np.uint8, np.uint16, np.float32, np.float64)},
    **{mode: Image.fromarray(draw(*SIZE, 4)).convert(mode) for mode in ("L", "LA", "RGB", "RGBA")},
    **{f"uint16-{c}": draw(*SIZE, c, dtype=np.uint16) for c in (1, 2, 4)},
    "float32-rgba": draw(*SIZE, 4, dtype=np.float32),
    "tensor-rgba": torch.from_numpy(draw(4, *SIZE)),
    "I;16": Image.fromarray(draw(*SIZE, dtype=np.uint16)),
    "tensor-rgb": torch.from_numpy(draw(3, *SIZE, dtype=np.float32)),
    "tensor-gray": torch.from_numpy(draw(1, *SIZE)),
    "tensor-plain": torch.from_numpy(draw(*SIZE, dtype=np.uint16)),
    "tensor-bfloat16": torch.from_numpy(draw(3, *SIZE, dtype=np.float32)).to(torch.bfloat16),
}


@pytest.fixture(scope="module")
def network():
    """A small network that changes whatever it may change."""
    network = UNet(widths=(4, 8), depths=(1, 1))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    return network


@pytest.fixture(params=[(512, 64), (32, 8)], ids=lambda tiling: f"tile{tiling[0]}")
def restorer(request, network):
    tile, overlap = request.param
    return Restorer(network, tile=tile, overlap=overlap)


def draw_mixture(n=2):
    generator = torch.Generator().manual_seed(4)
    degraded = 1.4 * torch.rand((n, 3, *SIZE), generator=generator) - 0.2
    sigma = torch.rand((n, 1, *SIZE), generator=generator)
    sigma[sigma < 0.4] = 0
    sigma[sigma > 0.8] = torch.inf
    return Observation(degraded.masked_fill(torch.isposinf(sigma), torch.nan), sigma)


class Watched:
    """A backend that is no module of PyTorch: its prediction is 0.5 everywhere. It keeps what it was shown."""

    def __init__(self, multiple=8):
        self.multiple = multiple
        self.device = "cpu"
        self.tells_noise = False
        self.shown = []

    def sigma(self, observed):
        raise AssertionError("asked for what it does not tell")

    def predict(self, observed, mean):
        self.shown.append((observed, mean))
        return np.full_like(observed.degraded, 0.5)
