"""The contract of every network."""

from abc import ABC, abstractmethod
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from restore.networks.patches import SizeRule
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

    def forward(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Predict every pixel of an observation of any size."""
        return self.size_rule.apply(self.predict, observation)

    @abstractmethod
    def predict(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Predict every pixel of an observation of an allowed size."""

    def __call__(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """As `forward`, with PyTorch's hooks."""
        prediction: Tensor = super().__call__(observation)
        return prediction
