"""What an observation says of its noise, and an estimate where it says nothing."""

import warnings

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from restore.fill import push_pull_fill
from restore.observation import Observation

ESTIMATOR = {"skimage": "pip install scikit-image", "pywt": "pip install PyWavelets"}
"""What `estimated` imports, each with the line that installs it."""


def noisy(observation: Observation) -> Bool[Tensor, "n 1 h w"]:
    """True where a pixel is neither known exactly nor missing, be its sigma told or not."""
    return (observation.sigma != 0) & ~observation.hole


def untold(observation: Observation) -> Observation:
    """The same, but how strong the noise is nobody knows: NaN is the sigma of all noisy pixels."""
    return Observation(observation.degraded, observation.sigma.masked_fill(noisy(observation), torch.nan))


def estimated(observation: Observation) -> Observation:
    """What a peer goes by that needs a sigma: that which it is told, or else an estimate, one for each image.

    The mean over the channels of scikit-image's estimate: the median of the finest details of a wavelet transform
    (Donoho and Johnstone 1994, DOI 10.1093/biomet/81.3.425). Holes are filled smoothly for it.
    """
    unknown = observation.sigma.isnan()
    if not unknown.any():
        return observation
    from skimage.restoration import estimate_sigma

    filled = push_pull_fill(observation.degraded, observation.hole).numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a channel without any detail: its median is NaN
        levels = torch.tensor([estimate_sigma(image, channel_axis=0) for image in filled]).nan_to_num(0).mean(1)
    return Observation(
        observation.degraded, torch.where(unknown, levels.to(observation.sigma)[:, None, None, None], observation.sigma)
    )


def noise_level(observation: Observation) -> Float[Tensor, "n 1 1 1"]:
    """The root mean square of the sigmas, none unknown, of each image's noisy pixels; 0 without any. In doubles."""
    where = noisy(observation)
    power = torch.where(where, observation.sigma, 0).double().square().sum((1, 2, 3), keepdim=True)
    return (power / where.sum((1, 2, 3), keepdim=True).clamp_min(1)).sqrt()
