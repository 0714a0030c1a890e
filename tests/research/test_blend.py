import torch

from research.blend import main
from restore.networks import RestorationNetwork
from restore.networks.weights import describe, load_network, save_weights
from restore.observation import Observation
from tests.networks.conftest import NANO


def saved(path, seed, **settings):
    torch.manual_seed(seed)
    network = RestorationNetwork(**NANO, widths=(4, 8), **settings)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    save_weights(network.state_dict(), describe(network), path)
    return str(path)


def blended(tmp_path, *arguments):
    assert main([*arguments, "-o", str(tmp_path / "blend.safetensors")]) == 0
    return load_network(tmp_path / "blend.safetensors")


def test_a_blend_lies_between_two_networks(tmp_path):
    before, after = (saved(tmp_path / f"{seed}.safetensors", seed, depths=(1, 1)) for seed in (0, 1))
    mixed = blended(tmp_path, before, after, "--share", "0.25").state_dict()
    first, last = (load_network(path).state_dict() for path in (before, after))
    for name, value in mixed.items():
        torch.testing.assert_close(value, 0.75 * first[name] + 0.25 * last[name])


def test_what_was_added_fades_in_and_the_head_is_taken_as_it_is(tmp_path):
    before = saved(tmp_path / "before.safetensors", 0, depths=(1, 1))
    after = saved(tmp_path / "after.safetensors", 1, depths=(1, 2), noise_widths=(4, 4, 4))
    network, last = blended(tmp_path, before, after, "--share", "0"), load_network(after)
    observation = Observation(torch.rand(1, 3, 32, 32), torch.full((1, 1, 32, 32), 0.1))
    torch.testing.assert_close(network(observation), load_network(before)(observation))
    torch.testing.assert_close(network.log_sigma(observation), last.log_sigma(observation))
