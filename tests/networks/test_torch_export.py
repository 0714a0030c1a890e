"""Any network is one graph of tensors for `torch.export`, for batches, heights and widths not known beforehand."""

import copy

import jaxtyping
import pytest
import torch
from torch import nn
from torch.export import Dim, ExportedProgram
from torch.fx.experimental import _config  # what `torch.onnx.export` sets, too; there is no public way

import restore.fill
from restore.networks import Network
from restore.networks.standardisation import mean_colour
from restore.networks.weights import load_network
from restore.observation import Observation

SIZES = [(1, 16, 32), (3, 64, 16), (2, 80, 112)]


class Predict(nn.Module):
    """`Network.predict`, with the observation as two tensors, as a graph has it."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, degraded, sigma, mean):
        return self.network.predict(Observation(degraded, sigma), mean)


def export_graph(network: Network) -> ExportedProgram:
    """The graph of `Predict`, for any batch, and for heights and widths of two patches or more in all."""
    # With channels last, kernels are chosen by strides, and what those say depends on whether the batch is one image.
    network = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    multiple = network.size_rule.multiple
    n, height, width = Dim("n"), multiple * Dim("rows"), multiple * Dim("columns")
    sizes = {0: n, 2: height, 3: width}
    degraded = torch.zeros(2, 3, 4 * multiple, 3 * multiple)
    example = (degraded, degraded[:, :1].clone(), torch.zeros(2, 3, 1, 1))
    # No size of the example is to be taken for granted, least of all whether it is 1, which a batch may be and every
    # level of the fill is, sooner or later.
    with _config.patch(backed_size_oblivious=True):
        return torch.export.export(Predict(network), example, dynamic_shapes=(sizes, sizes, {0: n}))


@pytest.fixture(autouse=True)
def sizes_may_be_symbols():
    """While a graph is traced, the sizes of an image are no numbers, as which their annotations have them."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def difference(program: torch.export.ExportedProgram, network: Network, observation: Observation) -> float:
    """The largest difference between the graph's prediction and that of the network."""
    tensors = (observation.degraded, observation.sigma, mean_colour(observation))
    with torch.inference_mode():
        return float((program.module()(*tensors) - network(observation, tensors[-1])).abs().max())


@pytest.mark.parametrize("name", ["RestorationNetwork", pytest.param("MaskedAutoencoder", marks=pytest.mark.slow)])
def test_one_graph_predicts_images_of_every_size_as_the_network_does(name, trained, draw_observation, monkeypatch):
    monkeypatch.setattr(restore.fill, "LEVELS", 2)  # each level takes seconds to trace; the default weights' have all
    network = trained(name)
    program = export_graph(network)
    for size in SIZES:
        assert difference(program, network, draw_observation(*size)) < 1e-5
        image = draw_observation(*size).degraded
        assert difference(program, network, Observation.of(image)) < 1e-5
        assert difference(program, network, Observation(image, torch.full_like(image[:, :1], 0.1))) < 1e-5


@pytest.mark.slow
def test_the_default_weights_are_one_graph_for_all_sizes(draw_observation):
    network = load_network("default")
    program = export_graph(network)
    for size in ((1, 64, 48), (2, 256, 320), (1, 512, 512)):
        observation = draw_observation(*size)
        noisy = Observation(observation.degraded, torch.full_like(observation.sigma, 0.1))
        for one in (observation, noisy, Observation.of(observation.degraded)):
            assert difference(program, network, one) < 1e-4
