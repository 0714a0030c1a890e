import pytest
import torch
from torch import nn

from restore.training.muon import COEFFICIENTS, Muon, orthogonal

from .conftest import tiny_network


def moved(parameter, gradients, weight_decay=0.0):
    optimizer = Muon([("weight", parameter)], lr=0.01, weight_decay=weight_decay)
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimizer.step()
    return parameter.detach()


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_singular_values_become_about_one_and_directions_stay():
    for shape in ((3, 8, 20), (3, 20, 8), (1, 8, 8)):
        matrices = draw(*shape)
        u, _, v = torch.linalg.svd(matrices, full_matrices=False)
        nearest = u @ v
        result = orthogonal(matrices)
        values = torch.linalg.svdvals(result)
        assert 0.6 < values.min() < values.max() < 1.3
        assert ((result * nearest).sum((1, 2)) / (result.norm(dim=(1, 2)) * nearest.norm(dim=(1, 2))) > 0.98).all()


@pytest.mark.parametrize("shape", [(2, 8, 40), (2, 40, 8), (2, 16, 16)])
@pytest.mark.parametrize("spread", [0, 5])
def test_gathered_steps_are_those_of_newton_and_schulz(shape, spread):
    u, values, v = torch.linalg.svd(draw(*shape).double(), full_matrices=False)
    matrices = u @ (values * torch.logspace(0, -spread, values.shape[-1])).diag_embed() @ v
    x = matrices / matrices.norm(dim=(-2, -1), keepdim=True)
    for a, b, c in COEFFICIENTS:
        x = a * x + b * x @ x.mT @ x + c * x @ x.mT @ x @ x.mT @ x
    torch.testing.assert_close(orthogonal(matrices.float()), x.float(), rtol=0, atol=1e-3)


@pytest.mark.parametrize("rank", [2, 16])
def test_imprecise_products_of_gradients_of_low_rank_do_no_harm(rank):
    matrices = (draw(1, 16, rank) @ draw(1, rank, 64, seed=1)).bfloat16()
    assert torch.linalg.svdvals(orthogonal(matrices).float()).max() < 1.5


def test_a_matrix_of_zeros_stays_one():
    assert torch.equal(orthogonal(torch.zeros(1, 3, 4)), torch.zeros(1, 3, 4))


def test_the_size_of_the_gradient_does_not_matter():
    gradient = draw(6, 9)
    one = moved(nn.Parameter(torch.zeros(6, 9)), [gradient])
    other = moved(nn.Parameter(torch.zeros(6, 9)), [1000 * gradient])
    assert torch.allclose(one, other, atol=1e-6)


def test_entries_move_about_as_far_as_with_adamw():
    for shape in ((32, 64), (16, 8, 3, 3)):
        step = moved(nn.Parameter(torch.zeros(shape)), [draw(*shape)])
        assert 0.1 * 0.01 < step.square().mean().sqrt() < 0.4 * 0.01


def test_kernels_are_matrices_of_their_output_channels():
    gradient = draw(4, 3, 2, 2)
    kernel = moved(nn.Parameter(torch.zeros(4, 3, 2, 2)), [gradient])
    matrix = moved(nn.Parameter(torch.zeros(4, 12)), [gradient.flatten(1)])
    assert torch.allclose(kernel.flatten(1), matrix, atol=1e-6)


def test_parameters_of_one_shape_do_not_mix():
    together = [nn.Parameter(torch.zeros(4, 5)) for _ in range(2)]
    optimizer = Muon([("a", together[0]), ("b", together[1])], lr=0.01, weight_decay=0.0)
    for seed, parameter in enumerate(together):
        parameter.grad = draw(4, 5, seed=seed)
    optimizer.step()
    for seed, parameter in enumerate(together):
        alone = moved(nn.Parameter(torch.zeros(4, 5)), [draw(4, 5, seed=seed)])
        assert torch.allclose(parameter, alone, atol=1e-6)


@pytest.mark.parametrize(("name", "shape"), [("norm.bias", (5,)), ("mask_token", (1, 1, 5)), ("pos_embed", (1, 4, 5))])
def test_what_is_no_matrix_is_moved_by_adamw_without_decay(name, shape):
    gradients = [draw(*shape, seed=seed) for seed in range(3)]
    ours, theirs = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.ones(shape))
    optimizers = [Muon([(name, ours)], lr=0.01), torch.optim.AdamW([theirs], lr=0.01, weight_decay=0)]
    for gradient in gradients:
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        for optimizer in optimizers:
            optimizer.step()
    assert torch.equal(ours, theirs)


def test_weights_decay_and_gradients_stay():
    parameter = nn.Parameter(torch.ones(2, 2))
    optimizer = Muon([("weight", parameter)], lr=0.1, weight_decay=0.5)
    parameter.grad = torch.zeros(2, 2)
    optimizer.step()
    assert torch.allclose(parameter.detach(), torch.full((2, 2), 0.95))
    assert torch.equal(parameter.grad, torch.zeros(2, 2))


def test_a_run_goes_on_from_its_state():
    gradients = [draw(4, 4, seed=seed) for seed in range(4)]
    whole = moved(nn.Parameter(torch.zeros(4, 4)), gradients)
    parameter = nn.Parameter(torch.zeros(4, 4))
    first, second = (Muon([("weight", parameter)], lr=0.01, weight_decay=0.0) for _ in range(2))
    for gradient in gradients[:2]:
        parameter.grad = gradient.clone()
        first.step()
    second.load_state_dict(first.state_dict())
    for gradient in gradients[2:]:
        parameter.grad = gradient.clone()
        second.step()
    assert torch.equal(parameter.detach(), whole)


def groups(network, **options):
    """The settings of each parameter, by its name."""
    optimizer = Muon(network.named_parameters(), **options)
    names = {parameter: name for name, parameter in network.named_parameters()}
    grouped = [names[parameter] for group in optimizer.param_groups for parameter in group["params"]]
    assert sorted(grouped) == sorted(names.values())
    return {names[parameter]: group for group in optimizer.param_groups for parameter in group["params"]}


def test_every_parameter_is_in_one_group_and_the_encoder_has_its_own_rate():
    network = tiny_network()
    by_name = groups(network, lr=1e-2, encoder_scale=0.1)
    in_encoder = {name for name, group in by_name.items() if group["lr"] == pytest.approx(1e-3)}
    assert in_encoder == {f"autoencoder.encoder.{name}" for name, _ in network.autoencoder.encoder.named_parameters()}
    assert all(by_name[name]["lr"] == pytest.approx(1e-2) for name in by_name.keys() - in_encoder)


def test_only_matrices_and_kernels_decay():
    network = tiny_network()
    by_name = groups(network, weight_decay=0.3)
    for name, parameter in network.named_parameters():
        decays = parameter.ndim > 1 and "token" not in name
        assert by_name[name]["weight_decay"] == (0.3 if decays else 0), name
    assert by_name["autoencoder.mask_token"]["weight_decay"] == 0
    assert by_name["autoencoder.encoder.blocks.0.norm1.weight"]["weight_decay"] == 0
    assert by_name["autoencoder.encoder.blocks.0.mlp.fc1.weight"]["weight_decay"] == 0.3
    assert by_name["detail.stem.weight"]["weight_decay"] == 0.3
