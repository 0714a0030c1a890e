"""What runs a network: PyTorch, or anything else that predicts."""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from restore.inference.devices import full_memory_is_a_memory_error, usable_device
from restore.networks import Network
from restore.networks.noise_head import spread
from restore.observation import Observation


@runtime_checkable
class Backend(Protocol):
    """What a `Restorer` asks of a network: an exported model can stand in for one."""

    @property
    def multiple(self) -> int:
        """The pixels of which height and width of what it is given are multiples."""

    @property
    def device(self) -> torch.device:
        """Where it takes observations and gives predictions."""

    @property
    def tells_noise(self) -> bool:
        """Whether it can say how noisy an image is."""

    def sigma(self, observation: Observation) -> Float[Tensor, "n 1 h w"]:
        """How noisy an observation is around each pixel, in [0, 1] units, whatever its sigma says outside the holes.

        Args:
            observation: As for `predict`; asked for only where `tells_noise`.
        """

    def predict(self, observation: Observation, mean: Float[Tensor, "n 3 1 1"]) -> Float[Tensor, "n 3 h w"]:
        """Predict every pixel, from several threads at once if need be.

        Args:
            observation: A batch in single precision. What its holes contain has no meaning.
            mean: The mean colour of the whole images of which these are parts.
        """


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
        self.device = usable_device(device)
        with full_memory_is_a_memory_error():
            self.network = network.to(self.device).eval()
        self.multiple = network.size_rule.multiple
        self.tells_noise = network.tells_noise

    @torch.inference_mode()
    def sigma(self, observation: Observation) -> Float[Tensor, "n 1 h w"]:
        """What the network's noise head tells."""
        return spread(self.network.log_sigma(observation))

    @torch.inference_mode()
    def predict(self, observation: Observation, mean: Float[Tensor, "n 3 1 1"]) -> Float[Tensor, "n 3 h w"]:
        """Predict every pixel, in single precision."""
        return self.network.predict(observation, mean).float()
