"""What a network is told of noise whose level nobody knows."""

import torch
from jaxtyping import Float
from torch import Tensor

from restore.inference.noise import Noise
from restore.networks import Network
from restore.networks.noise_head import spread
from restore.observation import Observation

LEAST = 0.5 / 255
"""The lowest level, in [0, 1] units, that is told: at 0 an image would count as known exactly."""


@torch.no_grad()
def found_level(network: Network, observation: Observation) -> Float[Tensor, "n 1 h w"]:
    """The level of noise at each pixel, as `restore.inference.Restorer.denoise` finds it.

    That is what the network itself tells, if it does, and else an estimate from the flattest patches. A network that is
    told the same in training and in use learns what it stands for.

    Args:
        network: Tells it, perhaps.
        observation: What is not a hole counts, whatever its sigma.

    Returns:
        In [0, 1] units, at least `LEAST`.
    """
    height, width = observation.sigma.shape[-2:]
    if network.tells_noise:
        rule = network.size_rule
        sigma = rule.crop(spread(network.log_sigma(rule.pad(observation))), height, width)
    else:
        pairs = zip(observation.degraded.float().cpu().numpy(), observation.hole[:, 0].cpu().numpy(), strict=True)
        sigma = torch.stack([torch.from_numpy(Noise.of(*pair).sigma) for pair in pairs])[:, None]
    return sigma.to(observation.sigma).clamp_min(LEAST)
