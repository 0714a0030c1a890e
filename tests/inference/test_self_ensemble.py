import numpy as np
import pytest
import torch

from restore.inference.restorer import Restorer
from restore.inference.self_ensemble import View, views
from restore.inference.tensors import arrays_of, tensors_of
from restore.networks import RestorationNetwork
from restore.networks.standardisation import mean_colour
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
    shown = view.show(arrays_of(Observation.of(image)))
    assert np.array_equal(view.undo(shown.degraded), image.numpy())


def test_a_view_moves_the_image_over_the_grid_and_shows_its_reflection_before_it():
    image = torch.arange(12.0).view(1, 1, 3, 4)
    observation = Observation(image.expand(-1, 3, -1, -1), image)
    shown = View(turns=0, flip=False, down=1, right=2).show(arrays_of(observation))
    assert np.array_equal(shown.sigma[..., 1:, 2:], image.numpy())
    assert shown.sigma[0, 0, 0].tolist() == [6, 5, 4, 5, 6, 7]
    assert (shown.degraded == shown.sigma).all()


def test_the_first_view_is_the_image_as_it_is():
    assert views(16)[0] == View(turns=0, flip=False, down=0, right=0)


def test_the_views_are_all_symmetries_at_places_all_over_the_grid():
    eight = views(16)
    assert len({(view.turns, view.flip) for view in eight}) == 8
    for places in ([view.down for view in eight], [view.right for view in eight]):
        assert sorted(places) == list(range(0, 16, 2))


def test_the_way_up_matters_less(network):
    image = draw(1, 3, 24, 24)
    sigma = torch.where(draw(1, 1, 24, 24, seed=1) < 0.2, torch.inf, 0.1)

    def change(restorer):
        turned = restorer.restore(Observation(image.rot90(1, (2, 3)), sigma.rot90(1, (2, 3)))).rot90(-1, (2, 3))
        return (turned - restorer.restore(Observation(image, sigma))).square().mean()

    assert change(Restorer(network, self_ensemble=True)) < 0.5 * change(Restorer(network))


def test_the_self_ensemble_of_a_restorer_is_the_mean_over_the_views(network):
    image, hole = draw(3, 40, 33), draw(40, 33, seed=1) < 0.2
    ensemble = Restorer(network, self_ensemble=True).inpaint(image, hole)
    assert torch.equal(ensemble[:, ~hole], image[:, ~hole])
    observation = Observation(image[None], torch.where(hole, torch.inf, 0.0)[None, None])
    mean = mean_colour(observation)  # that of a view would count the reflection
    with torch.inference_mode():
        shown = [tensors_of(view.show(arrays_of(observation))) for view in views(8)]
        predictions = [view.undo(network(one, mean).numpy()) for view, one in zip(views(8), shown, strict=True)]
    expected = torch.from_numpy(np.mean(predictions, axis=0))[0].clamp(0, 1)
    torch.testing.assert_close(ensemble[:, hole], expected[:, hole])
    assert not torch.allclose(ensemble[:, hole], Restorer(network).inpaint(image, hole)[:, hole], atol=1e-3)
