"""The laws that hold for every network."""

import inspect
import json
import math

import pytest
import torch

import restore.networks as module
from restore.networks import Network
from restore.observation import Observation

SIZES = [(1, 1), (33, 70), (16, 16), (5, 200)]


@torch.inference_mode()
def predict(network, observation):
    return network(observation)


def test_every_public_network_is_under_contract(untrained):
    public = [getattr(module, name) for name in module.__all__]
    for kind in public:
        if not inspect.isabstract(kind):
            assert isinstance(untrained(kind.__name__), Network)


@pytest.mark.parametrize("size", SIZES)
def test_any_size_in_same_size_out(network, draw_observation, size):
    prediction = predict(network, draw_observation(2, *size))
    assert prediction.shape == (2, 3, *size)
    assert prediction.dtype == torch.float32
    assert prediction.isfinite().all()


@pytest.mark.parametrize("secret", [9.0, math.nan, -math.inf])
def test_hidden_pixels_cannot_influence_the_result(network, draw_observation, secret):
    observation = draw_observation(2, 40, 50)
    told = Observation(observation.degraded.masked_fill(observation.hole, secret), observation.sigma)
    assert torch.equal(predict(network, told), predict(network, observation))


def test_visible_pixels_and_their_sigma_influence_the_result(network, draw_observation):
    observation = draw_observation(1, 40, 50)
    brighter = Observation(observation.degraded + 0.1, observation.sigma)
    noisier = Observation(observation.degraded, observation.sigma + 0.1)
    assert not torch.allclose(predict(network, brighter), predict(network, observation), atol=1e-3)
    assert not torch.allclose(predict(network, noisier), predict(network, observation), atol=1e-3)


def test_other_images_of_the_batch_cannot_influence_the_result(network, draw_observation):
    observation = draw_observation(3, 64, 33)
    counts = observation.hole.flatten(1).sum(1)
    assert len(counts.unique()) == 3
    together = predict(network, observation)
    alone = torch.cat([predict(network, observation[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_an_image_that_is_all_hole_gets_a_finite_prediction(network, draw_observation):
    seen = draw_observation(1, 32, 48)
    unseen = Observation(torch.full_like(seen.degraded, math.nan), torch.full_like(seen.sigma, math.inf))
    prediction = predict(network, Observation.cat([unseen, seen]))
    assert prediction.isfinite().all()
    torch.testing.assert_close(prediction[1:], predict(network, seen), atol=1e-5, rtol=1e-5)


def test_neither_prediction_nor_training_writes_to_the_observation(network, draw_observation):
    observation, again = draw_observation(2, 32, 40), draw_observation(2, 32, 40)
    network.train()(observation).sum().backward()
    assert torch.equal(observation.degraded, again.degraded)
    assert torch.equal(observation.sigma, again.sigma)


def test_gradients_reach_every_parameter(network, draw_observation):
    observation = draw_observation(2, 32, 48)
    loss = network(observation).square().mean()
    if network.tells_noise:
        loss = loss + network.log_sigma(observation).square().mean()
    loss.backward()
    unreached = [name for name, p in network.named_parameters() if p.grad is None or not bool(p.grad.any())]
    assert unreached == []


@pytest.mark.parametrize("name", ["MaskedAutoencoder", "RestorationNetwork", "UNet"])
def test_one_batch_overfits(untrained, draw_observation, name):
    network = untrained(name)
    observation = draw_observation(2, 32, 32)
    ramp = torch.linspace(0, 1, 32).expand(2, 1, 32, 32)
    image = torch.cat([ramp, ramp.mT, ramp * ramp.mT], dim=1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        loss = (network(observation) - image).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]


def test_arguments_build_the_same_network_again(network):
    twin = type(network)(**json.loads(json.dumps(network.arguments)))
    assert twin.arguments == network.arguments
    twin.load_state_dict(network.state_dict())


def test_predictions_stay_single_precision_in_mixed_precision(network, draw_observation):
    observation = draw_observation(2, 32, 48)
    with torch.autocast("cpu", torch.bfloat16):
        prediction = predict(network, observation)
    assert prediction.dtype == torch.float32
    torch.testing.assert_close(prediction, predict(network, observation), atol=0.1, rtol=0.1)
