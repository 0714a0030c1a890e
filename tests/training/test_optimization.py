import math

import pytest
import torch

from restore.networks import RestorationNetwork, UNet
from restore.training.optimization import WarmupCosine


@pytest.fixture(scope="module")
def network():
    return RestorationNetwork("nano", 16, 32, 1, 2, widths=(4, 8, 8, 8), depths=(1, 1, 1, 1))


def rates(optimization, total_steps, steps):
    """The learning rate of each of the first optimizer steps."""
    optimizer, schedule = optimization.configure(torch.nn.Linear(2, 2), total_steps)
    taken = []
    for _ in range(steps):
        taken.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return taken


def settings(optimization, network):
    """The settings of each parameter, by its name."""
    optimizer, _ = optimization.configure(network, 10)
    names = {parameter: name for name, parameter in network.named_parameters()}
    grouped = [names[parameter] for group in optimizer.param_groups for parameter in group["params"]]
    assert sorted(grouped) == sorted(names.values())
    return {names[parameter]: group for group in optimizer.param_groups for parameter in group["params"]}


def test_the_rate_rises_linearly_then_falls_along_a_cosine_to_zero():
    taken = rates(WarmupCosine(0.1, warmup_steps=4), total_steps=24, steps=25)
    assert taken[:4] == pytest.approx([0.025, 0.05, 0.075, 0.1])
    assert taken[4:] == pytest.approx([0.05 * (1 + math.cos(math.pi * i / 20)) for i in range(21)])
    assert taken[-1] == pytest.approx(0)


def test_the_rate_stays_at_zero_after_the_last_step():
    assert rates(WarmupCosine(0.1, warmup_steps=0), total_steps=3, steps=6)[3:] == pytest.approx([0, 0, 0])


def test_the_rate_stays_constant_without_a_last_step():
    taken = rates(WarmupCosine(0.1, warmup_steps=2), total_steps=math.inf, steps=50)
    assert taken == pytest.approx([0.05] + 49 * [0.1])


def test_every_parameter_is_in_one_group_and_the_encoder_has_its_own_rate(network):
    by_name = settings(WarmupCosine(1e-2, warmup_steps=0, encoder_scale=0.1), network)
    in_encoder = {name for name, group in by_name.items() if group["lr"] == pytest.approx(1e-3)}
    assert in_encoder == {f"autoencoder.encoder.{name}" for name, _ in network.autoencoder.encoder.named_parameters()}
    assert all(by_name[name]["lr"] == pytest.approx(1e-2) for name in by_name.keys() - in_encoder)


def test_a_network_without_an_encoder_has_one_rate():
    by_name = settings(WarmupCosine(1e-2, warmup_steps=0, encoder_scale=0.1), UNet((4, 8), (1, 1)))
    assert {group["lr"] for group in by_name.values()} == {1e-2}


def test_only_matrices_and_kernels_decay(network):
    by_name = settings(WarmupCosine(weight_decay=0.3), network)
    for name, parameter in network.named_parameters():
        decays = parameter.ndim > 1 and "token" not in name
        assert by_name[name]["weight_decay"] == (0.3 if decays else 0), name
    assert by_name["autoencoder.mask_token"]["weight_decay"] == 0
    assert by_name["autoencoder.encoder.blocks.0.norm1.weight"]["weight_decay"] == 0
    assert by_name["autoencoder.encoder.blocks.0.mlp.fc1.weight"]["weight_decay"] == 0.3
    assert by_name["detail.stem.weight"]["weight_decay"] == 0.3


def test_the_loss_goes_down():
    weight = torch.nn.Linear(3, 1)
    optimizer, schedule = WarmupCosine(0.05, warmup_steps=0).configure(weight, 20)
    losses = []
    for _ in range(20):
        loss = (weight(torch.eye(3)) - torch.tensor([[1.0], [2.0], [-1.0]])).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
