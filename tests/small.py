"""A small network for tests of what is done with weights."""

import torch

from restore.networks.unet import UNet
from restore.networks.weights import describe, save_weights


def write_small_weights(folder):
    """A weights file of a network that changes whatever it may change, the same in every run."""
    with torch.random.fork_rng(devices=[]):  # layers draw from the global generator
        torch.manual_seed(0)
        network = UNet(widths=(8, 8), depths=(1, 1))
    generator = torch.Generator().manual_seed(0)
    for parameter in network.head.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=generator)
    path = folder / "small.safetensors"
    save_weights(network.state_dict(), describe(network), path)
    return path
