import pytest
import torch
from torch import nn

from restore.training.muon import COEFFICIENTS, Muon, orthogonal


def moved(parameter, gradients, **group):
    optimizer = Muon([{"params": [parameter], "lr": 0.01, "weight_decay": 0.0, **group}])
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
    one = moved(nn.Parameter(torch.zeros(6, 9)), [gradient], orthogonal=True)
    other = moved(nn.Parameter(torch.zeros(6, 9)), [1000 * gradient], orthogonal=True)
    assert torch.allclose(one, other, atol=1e-6)


def test_entries_move_about_as_far_as_with_adamw():
    for shape in ((32, 64), (16, 8, 3, 3)):
        step = moved(nn.Parameter(torch.zeros(shape)), [draw(*shape)], orthogonal=True)
        assert 0.1 * 0.01 < step.square().mean().sqrt() < 0.4 * 0.01


def test_kernels_are_matrices_of_their_output_channels():
    gradient = draw(4, 3, 2, 2)
    kernel = moved(nn.Parameter(torch.zeros(4, 3, 2, 2)), [gradient], orthogonal=True)
    matrix = moved(nn.Parameter(torch.zeros(4, 12)), [gradient.flatten(1)], orthogonal=True)
    assert torch.allclose(kernel.flatten(1), matrix, atol=1e-6)


def test_parameters_of_one_shape_do_not_mix():
    together = [nn.Parameter(torch.zeros(4, 5)) for _ in range(2)]
    optimizer = Muon([{"params": together, "lr": 0.01, "weight_decay": 0.0, "orthogonal": True}])
    for seed, parameter in enumerate(together):
        parameter.grad = draw(4, 5, seed=seed)
    optimizer.step()
    for seed, parameter in enumerate(together):
        alone = moved(nn.Parameter(torch.zeros(4, 5)), [draw(4, 5, seed=seed)], orthogonal=True)
        assert torch.allclose(parameter, alone, atol=1e-6)


def test_the_rest_is_moved_by_adamw():
    gradients = [draw(5, seed=seed) for seed in range(3)]
    theirs = nn.Parameter(torch.ones(5))
    optimizer = torch.optim.AdamW([theirs], lr=0.01, weight_decay=0.1)
    for gradient in gradients:
        theirs.grad = gradient.clone()
        optimizer.step()
    assert torch.equal(moved(nn.Parameter(torch.ones(5)), gradients, weight_decay=0.1), theirs.detach())


def test_weights_decay_and_gradients_stay():
    parameter = nn.Parameter(torch.ones(2, 2))
    optimizer = Muon([{"params": [parameter], "lr": 0.1, "weight_decay": 0.5, "orthogonal": True}])
    parameter.grad = torch.zeros(2, 2)
    optimizer.step()
    assert torch.allclose(parameter.detach(), torch.full((2, 2), 0.95))
    assert torch.equal(parameter.grad, torch.zeros(2, 2))


def test_a_run_goes_on_from_its_state():
    gradients = [draw(4, 4, seed=seed) for seed in range(4)]
    whole = moved(nn.Parameter(torch.zeros(4, 4)), gradients, orthogonal=True)
    parameter = nn.Parameter(torch.zeros(4, 4))
    group = {"params": [parameter], "lr": 0.01, "weight_decay": 0.0, "orthogonal": True}
    first = Muon([group])
    for gradient in gradients[:2]:
        parameter.grad = gradient.clone()
        first.step()
    second = Muon([{**group, "params": [parameter]}])
    second.load_state_dict(first.state_dict())
    for gradient in gradients[2:]:
        parameter.grad = gradient.clone()
        second.step()
    assert torch.equal(parameter.detach(), whole)


def test_the_state_of_another_optimizer_is_refused():
    parameter = nn.Parameter(torch.zeros(4, 4))
    theirs = torch.optim.AdamW([parameter])
    with pytest.raises(ValueError, match="the checkpoint is of another optimizer than Muon"):
        Muon([{"params": [parameter], "orthogonal": True}]).load_state_dict(theirs.state_dict())
