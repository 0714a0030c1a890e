import pytest
import torch
from torch.nn import functional

from restore.evaluation.peers.ffdnet import FFDNet, published_ffdnet, weights_file

needs_weights = pytest.mark.skipif(weights_file() is None, reason="the weights are not installed")


def reference(weights, image, sigma):
    """The paper's figure 1, with even sizes: four phases and sigma in, convolutions, four phases out."""
    n, _, height, width = image.shape
    phases = [image[:, c, i::2, j::2] for c in range(3) for i in (0, 1) for j in (0, 1)]
    x = torch.stack([*phases, torch.full((n, height // 2, width // 2), sigma)], dim=1)
    layers = sorted({int(key.split(".")[1]) for key in weights})
    for layer in layers:
        x = functional.conv2d(x, weights[f"model.{layer}.weight"], weights[f"model.{layer}.bias"], padding=1)
        x = x if layer == layers[-1] else x.clamp_min(0)
    restored = torch.empty_like(image)
    for k, (c, i, j) in enumerate((c, i, j) for c in range(3) for i in (0, 1) for j in (0, 1)):
        restored[:, c, i::2, j::2] = x[:, k]
    return restored


def test_it_is_the_published_architecture():
    network = FFDNet()
    assert sum(p.numel() for p in network.parameters()) == 852_108  # "0.85 M" in the tables
    assert sum(isinstance(layer, torch.nn.Conv2d) for layer in network.model) == 12


@pytest.mark.parametrize("network", [FFDNet(width=8, depth=4), pytest.param(None, marks=needs_weights)])
def test_it_computes_what_the_paper_says(network):
    network = network or published_ffdnet()
    image = torch.rand(2, 3, 14, 20, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = reference(network.state_dict(), image, 0.1)
        assert torch.allclose(network(image, torch.full((2, 1, 14, 20), 0.1)), expected, atol=1e-5)


def test_an_odd_size_is_replicated_at_its_end_and_cropped():
    network = FFDNet(width=8, depth=3)
    image = torch.rand(1, 3, 15, 21, generator=torch.Generator().manual_seed(0))
    even = torch.cat([image, image[..., -1:]], dim=3)
    even = torch.cat([even, even[:, :, -1:]], dim=2)
    sigma = torch.full((1, 1, 15, 21), 0.1)
    with torch.inference_mode():
        restored = network(image, sigma)
        assert restored.shape == image.shape
        assert torch.allclose(restored, network(even, torch.full((1, 1, 16, 22), 0.1))[..., :15, :21], atol=1e-6)


def test_each_pixel_has_its_own_sigma():
    network = FFDNet(width=8, depth=3)
    image = torch.rand(1, 3, 8, 24, generator=torch.Generator().manual_seed(0))
    low, high = (torch.full((1, 1, 8, 24), sigma) for sigma in (0.0, 0.3))
    ramp = torch.where(torch.arange(24) < 12, low, high)
    with torch.inference_mode():
        ours, of_low, of_high = (network(image, sigma) for sigma in (ramp, low, high))
    assert torch.allclose(ours[..., :4], of_low[..., :4], atol=1e-6)
    assert torch.allclose(ours[..., -4:], of_high[..., -4:], atol=1e-6)
    assert not torch.allclose(of_low, of_high)
