import pytest
import torch

from restore.degradations import Boxes, Choice, Compose, GaussianNoise, HalfImage
from restore.observation import Observation

UNTOUCHED = GaussianNoise(0.0, 0.0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw_image(n: int) -> torch.Tensor:
    return torch.rand((n, 3, 16, 20), generator=seeded(9))


def test_choice_follows_its_weights():
    choice = Choice([UNTOUCHED, GaussianNoise(10.0, 10.0), HalfImage()], weights=[1.0, 2.0, 5.0])
    sigma = choice(torch.zeros(2000, 3, 2, 2), seeded()).sigma.amax((1, 2, 3))
    shares = torch.stack([sigma == 0, (sigma > 0) & (sigma < 1), sigma == torch.inf]).float().mean(1)
    torch.testing.assert_close(shares, torch.tensor([0.125, 0.25, 0.625]), rtol=0, atol=0.04)


def test_weights_may_be_whole_numbers():
    whole, broken = (Choice([UNTOUCHED, GaussianNoise(10.0, 10.0)], weights) for weights in ([1, 2], [1.0, 2.0]))
    image = draw_image(8)
    assert torch.equal(whole(image, seeded()).sigma, broken(image, seeded()).sigma)


def test_choice_of_weight_zero_never_happens():
    assert (
        Choice([GaussianNoise(10.0, 10.0), UNTOUCHED], weights=[0.0, 1.0])(draw_image(64), seeded()).sigma == 0
    ).all()


def test_choice_keeps_the_order_of_the_images():
    image = draw_image(32)
    observation = Choice([UNTOUCHED, Boxes(), HalfImage()])(image, seeded())
    visible = ~observation.hole
    assert observation.hole.any()
    assert torch.equal(observation.degraded, image.where(visible, 0))


def test_choice_of_one_is_that_one():
    observation = Observation.of(draw_image(5))
    noise, choice = GaussianNoise(10.0, 50.0), Choice([GaussianNoise(10.0, 50.0)])
    (_, own), *_ = parameters = choice.draw(5, 16, 20, seeded())
    assert torch.equal(choice.degrade(observation, parameters).degraded, noise.degrade(observation, own).degraded)


def test_compose_takes_the_steps_in_order():
    image = draw_image(3)
    steps = [GaussianNoise(10.0, 50.0), HalfImage()]
    compose = Compose(steps)
    parameters = compose.draw(3, 16, 20, seeded())
    first = steps[0].degrade(Observation.of(image), parameters[0])
    expected = steps[1].degrade(first, parameters[1])
    result = compose.degrade(Observation.of(image), parameters)
    assert torch.equal(result.degraded, expected.degraded)
    assert torch.equal(result.sigma, expected.sigma)


def test_noise_before_or_after_the_hole_is_the_same_damage():
    observation, hole = Observation.of(draw_image(3)), HalfImage().draw(3, 16, 20, seeded())
    noise = GaussianNoise(25.0, 25.0)
    field = noise.draw(3, 16, 20, seeded())
    before = HalfImage().degrade(noise.degrade(observation, field), hole)
    after = noise.degrade(HalfImage().degrade(observation, hole), field)
    assert torch.equal(before.degraded, after.degraded)
    assert torch.equal(before.sigma, after.sigma)


@pytest.mark.parametrize("kind", [Choice, Compose])
def test_nothing_to_compose_is_refused(kind):
    with pytest.raises(ValueError, match=r"\[\]"):
        kind([])


@pytest.mark.parametrize("weights", [[1.0], [0.0, 0.0], [-1.0, 2.0], [1.0, float("nan")], [1.0, float("inf")]])
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(ValueError, match="weights must be 2 numbers"):
        Choice([UNTOUCHED, UNTOUCHED], weights)
