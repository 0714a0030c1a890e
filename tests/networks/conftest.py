from collections.abc import Callable

import pytest
import torch

from restore.networks import MaskedAutoencoder, Network, RestorationNetwork, UNet
from restore.observation import Observation

NANO = {"encoder": "nano", "decoder_width": 32, "decoder_depth": 1, "decoder_heads": 2}

UNTRAINED: dict[str, Callable[[], Network]] = {
    "MaskedAutoencoder": lambda: MaskedAutoencoder(**NANO),
    "RestorationNetwork": lambda: RestorationNetwork(**NANO, widths=(4, 8, 8, 8), depths=(1, 1, 1, 1)),
    "RestorationNetwork, noise head": lambda: RestorationNetwork(
        **NANO, widths=(4, 8, 8, 8), depths=(1, 1, 1, 1), noise_widths=(4, 8, 8)
    ),
    "UNet": lambda: UNet(widths=(4, 8, 8), depths=(1, 1, 1)),
}


@pytest.fixture
def untrained() -> Callable[[str], Network]:
    """Builds a tiny network by name, always with the same weights."""

    def build(name: str) -> Network:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            return UNTRAINED[name]()

    return build


@pytest.fixture
def trained(untrained: Callable[[str], Network]) -> Callable[[str], Network]:
    """Builds a tiny network by name in which, as after training, no layer is zero."""

    def build(name: str) -> Network:
        network = untrained(name)
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
        return network.eval()

    return build


@pytest.fixture(params=UNTRAINED)
def network(request: pytest.FixtureRequest, trained: Callable[[str], Network]) -> Network:
    """Each of the networks in turn, with no layer zero."""
    return trained(request.param)


@pytest.fixture
def draw_observation() -> Callable[..., Observation]:
    """Draws known, noisy and missing pixels, with a number of wholly hidden patches that differs between images."""

    def draw(n: int, height: int, width: int, seed: int = 0) -> Observation:
        generator = torch.Generator().manual_seed(seed)
        degraded = torch.rand((n, 3, height, width), generator=generator)
        sigma = 0.2 * torch.rand((n, 1, height, width), generator=generator)
        sigma[torch.rand(sigma.shape, generator=generator) < 0.5] = 0
        sigma[torch.rand(sigma.shape, generator=generator) < 0.1] = torch.inf
        for i in range(n):
            sigma[i, :, 16 : 16 * (i + 2), :16] = torch.inf
        return Observation(degraded, sigma)

    return draw
