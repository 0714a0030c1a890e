"""Observations as tensors of PyTorch and as arrays."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from restore.inference.observed import Observed
from restore.observation import Observation


def arrays_of(observation: Observation) -> Observed:
    """An observation as arrays, without a copy if it is on the CPU; half precision becomes single."""
    planes = (one.detach().cpu() for one in (observation.degraded, observation.sigma))
    return Observed(*((one if one.dtype == torch.float64 else one.float()).numpy() for one in planes))


def tensors_of(observed: Observed) -> Observation:
    """The same as tensors on the CPU."""
    return Observation(*(torch.from_numpy(np.ascontiguousarray(one)) for one in (observed.degraded, observed.sigma)))


def like(one: Tensor, array: Float[np.ndarray, "*size"]) -> Float[Tensor, "*size"]:
    """An array as a tensor of the type of another, and where that is."""
    return torch.from_numpy(array).to(one.device, one.dtype)
