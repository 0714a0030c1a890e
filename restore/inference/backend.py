"""What runs a network: PyTorch, or anything else that predicts."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from restore.inference.observed import Observed


@runtime_checkable
class Backend(Protocol):
    """What a `Restorer` asks of a network: an exported model can stand in for one."""

    @property
    def multiple(self) -> int:
        """The pixels of which height and width of what it is given are multiples."""

    @property
    def device(self) -> str:
        """Where it computes, as PyTorch calls it: "cpu", "cuda:1"."""

    @property
    def tells_noise(self) -> bool:
        """Whether it can say how noisy an image is."""

    def sigma(self, observed: Observed) -> Float32[np.ndarray, "n 1 h w"]:
        """How noisy an observation is around each pixel, in [0, 1] units, whatever its sigma says outside the holes.

        Args:
            observed: As for `predict`; asked for only where `tells_noise`.
        """

    def predict(self, observed: Observed, mean: Float32[np.ndarray, "n 3 1 1"]) -> Float32[np.ndarray, "n 3 h w"]:
        """Predict every pixel, from several threads at once if need be.

        Args:
            observed: A batch in single precision, contiguous. What its holes contain has no meaning.
            mean: The mean colour of the whole images of which these are parts.
        """
