"""The contract of every network."""

from abc import ABC, abstractmethod
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from restore.networks.patches import SizeRule
from restore.networks.standardisation import mean_colour
from restore.observation import Observation


class Network(nn.Module, ABC):
    """An observation in, a prediction of every pixel out, for any height and width.

    The prediction is not clamped, and known pixels may differ in it: `composite` makes of it what a user gets. What a
    hole contains cannot influence it.

    Args:
        arguments: What the network was built with, as plain JSON values, to be stored beside its weights.
        size_rule: The sizes that `predict` takes.
    """

    def __init__(self, arguments: dict[str, Any], size_rule: SizeRule) -> None:
        super().__init__()
        self.arguments = arguments
        self.size_rule = size_rule

    def forward(
        self, observation: Observation, mean: Float[Tensor, "n 3 1 1"] | None = None
    ) -> Float[Tensor, "n 3 h w"]:
        """Predict every pixel of an observation of any size.

        Args:
            observation: Images, or parts of larger ones.
            mean: The mean colour of the whole images, of which all their parts have to be told the same; that of the
                observation if not given.
        """
        mean = mean_colour(observation) if mean is None else mean
        prediction = self.predict(self.size_rule.pad(observation), mean)
        return self.size_rule.crop(prediction, *observation.degraded.shape[-2:])

    @property
    def tells_noise(self) -> bool:
        """Whether it can say how noisy an image is."""
        return False

    def log_sigma(self, observation: Observation) -> Float[Tensor, "n 1 hh ww"]:
        """How noisy an observation of an allowed size is, whatever sigma says outside the holes.

        Returns:
            The logarithm of the level in [0, 1] units, of squares of pixels (`restore.networks.noise_head`).

        Raises:
            TypeError: This kind of network does not tell.
        """
        raise TypeError(f"a {type(self).__name__} does not tell how noisy an image is: {observation.sigma.shape}")

    @abstractmethod
    def predict(self, observation: Observation, mean: Float[Tensor, "n 3 1 1"]) -> Float[Tensor, "n 3 h w"]:
        """Predict every pixel of an observation of an allowed size, told the mean colour of the whole images."""

    def __call__(
        self, observation: Observation, mean: Float[Tensor, "n 3 1 1"] | None = None
    ) -> Float[Tensor, "n 3 h w"]:
        """As `forward`, with PyTorch's hooks."""
        prediction: Tensor = super().__call__(observation, mean)
        return prediction
