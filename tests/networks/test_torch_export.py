"""Any network is one graph of tensors for `torch.export`, for batches, heights and widths not known beforehand."""

import pytest
import torch

import restore.fill
from restore.networks import Network
from restore.networks.graphs import network_graph
from restore.networks.standardisation import mean_colour
from restore.networks.weights import load_network
from restore.observation import Observation

SIZES = [(1, 16, 32), (3, 64, 16), (2, 80, 112)]


def difference(program: torch.export.ExportedProgram, network: Network, observation: Observation) -> float:
    """The largest difference between the graph's prediction and that of the network."""
    tensors = (observation.degraded, observation.sigma, mean_colour(observation))
    with torch.inference_mode():
        return float((program.module()(*tensors)[0] - network(observation, tensors[-1])).abs().max())


@pytest.mark.parametrize("name", ["RestorationNetwork", pytest.param("MaskedAutoencoder", marks=pytest.mark.slow)])
def test_one_graph_predicts_images_of_every_size_as_the_network_does(name, trained, draw_observation, monkeypatch):
    monkeypatch.setattr(restore.fill, "LEVELS", 2)  # each level takes seconds to trace; the default weights' have all
    network = trained(name)
    program = network_graph(network)
    for size in SIZES:
        assert difference(program, network, draw_observation(*size)) < 1e-5
        image = draw_observation(*size).degraded
        assert difference(program, network, Observation.of(image)) < 1e-5
        assert difference(program, network, Observation(image, torch.full_like(image[:, :1], 0.1))) < 1e-5


@pytest.mark.slow
def test_the_default_weights_are_one_graph_for_all_sizes(draw_observation):
    network = load_network("default")
    program = network_graph(network)
    for size in ((1, 64, 48), (2, 256, 320), (1, 512, 512)):
        observation = draw_observation(*size)
        noisy = Observation(observation.degraded, torch.full_like(observation.sigma, 0.1))
        for one in (observation, noisy, Observation.of(observation.degraded)):
            assert difference(program, network, one) < 1e-4
