"""The convolutional baseline: what the transformer has to be better than."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from restore.fill import push_pull_fill
from restore.networks.convolutional import DetailStream, zero
from restore.networks.network import Network
from restore.networks.patches import SizeRule
from restore.networks.standardisation import CHANNELS, standardise
from restore.observation import Observation


class UNet(Network):
    """Push-pull fill plus a correction learned by convolutions alone.

    The same contract, base and full-resolution path as `RestorationNetwork`; where that has a transformer, this goes
    one stride deeper, with parameters to match. After Ronneberger et al. (2015, arXiv 1505.04597) with the residual
    blocks of DRUNet (Zhang et al. 2021, arXiv 2008.13751).

    Args:
        widths: Channels at strides 1, 2, 4 …
        depths: Residual blocks at each stride, down and again up.
    """

    def __init__(self, widths: Sequence[int] = (32, 64, 96, 128, 192), depths: Sequence[int] = (1, 2, 2, 2, 2)) -> None:
        detail = DetailStream(CHANNELS, widths, depths)
        super().__init__({"widths": list(widths), "depths": list(depths)}, SizeRule(detail.stride))
        self.detail = detail
        self.head = zero(nn.Conv2d(widths[0], 3, 3, padding=1))

    def predict(self, observation: Observation, mean: Float[Tensor, "n 3 1 1"]) -> Float[Tensor, "n 3 h w"]:
        """Correct the push-pull fill."""
        base = push_pull_fill(observation.degraded, observation.hole)
        channels, unit = standardise(base, observation, mean)
        correction: Tensor = self.head(self.detail(channels))
        return base + unit * correction.float()
