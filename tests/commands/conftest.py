import pytest
import torch

from restore.cli import main
from restore.networks.unet import UNet
from restore.networks.weights import describe, save_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A small network that changes whatever it may change."""
    with torch.random.fork_rng(devices=[]):  # layers draw from the global generator
        torch.manual_seed(0)
        network = UNet(widths=(8, 8), depths=(1, 1))
    generator = torch.Generator().manual_seed(0)
    for parameter in network.head.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=generator)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_weights(network.state_dict(), describe(network), path)
    return str(path)


@pytest.fixture
def command(weights):
    """Runs a command line as the program does: parse, then call with the parsed arguments."""

    def run(name, *arguments, device="cpu"):
        options = () if "--weights" in arguments else ("--weights", weights)
        return main([name, "--device", device, *map(str, arguments), *options])

    return run
