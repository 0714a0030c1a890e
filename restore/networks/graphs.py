"""Networks as graphs of tensors, which run without their Python."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jaxtyping
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.fx.experimental import _config  # what `torch.onnx.export` sets, too; there is no public way

from restore.networks.network import Network
from restore.observation import Observation


class Predict(nn.Module):
    """What a network tells of an observation, given as two tensors."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, degraded: Float[Tensor, "n 3 h w"], sigma: Float[Tensor, "n 1 h w"], mean: Float[Tensor, "n 3 1 1"]
    ) -> tuple[Tensor, ...]:
        """The prediction of every pixel, and, of a network that tells noise, the logarithm of its level."""
        observation = Observation(degraded, sigma)
        prediction = self.network.predict(observation, mean)
        return (prediction, self.network.log_sigma(observation)) if self.network.tells_noise else (prediction,)


def network_graph(network: Network) -> ExportedProgram:
    """The graph of `Predict`, for any batch, and for heights and widths that are multiples as the network has it."""
    # With channels last, kernels are chosen by strides, and what those say depends on whether the batch is one image.
    network = copy.deepcopy(network).cpu().eval().to(memory_format=torch.contiguous_format)
    multiple = network.size_rule.multiple
    n, height, width = Dim("n"), multiple * Dim("rows"), multiple * Dim("columns")
    sizes = {0: n, 2: height, 3: width}
    degraded = torch.zeros(2, 3, 4 * multiple, 3 * multiple)
    example = (degraded, degraded[:, :1].clone(), torch.zeros(2, 3, 1, 1))
    # No size of the example is to be taken for granted, least of all whether it is 1, which a batch may be and every
    # level of the fill is, sooner or later.
    patched: Any = _config.patch  # type: ignore[attr-defined]  # installed when it is imported
    with _sizes_may_be_symbols(), patched(backed_size_oblivious=True):
        return torch.export.export(Predict(network), example, dynamic_shapes=(sizes, sizes, {0: n}))


@contextmanager
def _sizes_may_be_symbols() -> Iterator[None]:
    """While a graph is traced, the sizes of an image are no numbers, as which their annotations have them."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)
