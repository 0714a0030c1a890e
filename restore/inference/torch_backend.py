"""Networks in PyTorch, which begins and ends here: arrays come in and go out."""

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from restore.errors import NO_NUMBERS, UserError
from restore.inference.devices import usable_device
from restore.inference.memory import full_memory_is_a_memory_error
from restore.inference.observed import Observed
from restore.inference.resampling import spread
from restore.networks import Network
from restore.observation import Observation


class TorchBackend:
    """A network in PyTorch.

    Args:
        network: Is moved to the device.
        device: Where to run it.

    Raises:
        UserError: The device cannot be used.
        MemoryError: The device is too small for the network.
    """

    library = "torch"
    """What runs it, by the name of its package."""

    def __init__(self, network: Network, device: torch.device | str = "cpu") -> None:
        self.device = str(usable_device(device))
        with full_memory_is_a_memory_error():
            self.network = network.to(self.device).eval()
        self.multiple = network.size_rule.multiple
        self.tells_noise = network.tells_noise

    @torch.inference_mode()
    def sigma(self, observed: Observed) -> Float32[np.ndarray, "n 1 h w"]:
        """What the network's noise head tells."""
        log_sigma = self.network.log_sigma(self._moved(observed)).float().cpu().numpy()
        return _numbers(spread(log_sigma, observed.sigma.shape[-2:]))

    @torch.inference_mode()
    def predict(self, observed: Observed, mean: Float32[np.ndarray, "n 3 1 1"]) -> Float32[np.ndarray, "n 3 h w"]:
        """Predict every pixel, in single precision."""
        return _numbers(self.network.predict(self._moved(observed), self._there(mean)).float().cpu().numpy())

    def _moved(self, observed: Observed) -> Observation:
        return Observation(self._there(observed.degraded), self._there(observed.sigma))

    def _there(self, array: Float32[np.ndarray, "n c h w"]) -> Tensor:
        return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(self.device)


def _numbers(values: Float32[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n c h w"]:
    """What a network gives.

    Raises:
        UserError: Some of it is no number.
    """
    if not np.isfinite(values).all():
        raise UserError(f"the weights {NO_NUMBERS}")
    return values
