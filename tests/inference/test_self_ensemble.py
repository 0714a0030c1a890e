import pytest
import torch

from restore.inference.restorer import Restorer
from restore.inference.self_ensemble import View, predict_from_views, views
from restore.networks import RestorationNetwork
from restore.observation import Observation

SIZES = [(16, 16), (33, 20), (1, 5), (3, 1)]


def draw(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def network():
    """A small network whose correction depends on everything."""
    network = RestorationNetwork("nano", 8, 32, 1, 2, widths=(4, 8), depths=(1, 1))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(0.1 * torch.randn(parameter.shape, generator=generator))
    return network.eval()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", views(16), ids=str)
def test_a_view_undone_is_the_image(view, size):
    image = draw(2, 3, *size)
    assert torch.equal(view.undo(view.show(image)), image)


def test_a_view_moves_the_image_over_the_grid_and_shows_its_reflection_before_it():
    image = torch.arange(12.0).view(1, 1, 3, 4)
    shown = View(turns=0, flip=False, down=1, right=2).show(image)
    assert torch.equal(shown[..., 1:, 2:], image)
    assert shown[0, 0, 0].tolist() == [6, 5, 4, 5, 6, 7]


def test_the_views_are_all_symmetries_at_places_all_over_the_grid():
    eight = views(16)
    assert len({(view.turns, view.flip) for view in eight}) == 8
    for places in ([view.down for view in eight], [view.right for view in eight]):
        assert sorted(places) == list(range(0, 16, 2))


@torch.inference_mode()
def test_the_way_up_matters_less(network):
    image = draw(1, 3, 24, 24)
    sigma = torch.where(draw(1, 1, 24, 24, seed=1) < 0.2, torch.inf, 0.1)

    def change(predict):
        turned = predict(Observation(image.rot90(1, (2, 3)), sigma.rot90(1, (2, 3)))).rot90(-1, (2, 3))
        return (turned - predict(Observation(image, sigma))).square().mean()

    assert change(lambda observation: predict_from_views(network, observation)) < 0.5 * change(network)


def test_the_best_of_a_restorer_is_the_mean_over_the_views(network):
    image, hole = draw(3, 40, 33), draw(40, 33, seed=1) < 0.2
    best = Restorer(network, best=True).inpaint(image, hole)
    assert torch.equal(best[:, ~hole], image[:, ~hole])
    observation = Observation(image[None], torch.where(hole, torch.inf, 0.0)[None, None])
    with torch.inference_mode():
        expected = predict_from_views(network, observation)[0].clamp(0, 1)
    torch.testing.assert_close(best[:, hole], expected[:, hole])
    assert not torch.allclose(best[:, hole], Restorer(network).inpaint(image, hole)[:, hole], atol=1e-3)
