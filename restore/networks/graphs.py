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
    """`Network.predict`, with the observation as two tensors."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, degraded: Float[Tensor, "n 3 h w"], sigma: Float[Tensor, "n 1 h w"], mean: Float[Tensor, "n 3 1 1"]
    ) -> Float[Tensor, "n 3 h w"]:
        """Predict every pixel."""
        return self.network.predict(Observation(degraded, sigma), mean)


class TellNoise(nn.Module):
    """`Network.log_sigma`, with the observation as two tensors."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, degraded: Float[Tensor, "n 3 h w"], sigma: Float[Tensor, "n 1 h w"]
    ) -> Float[Tensor, "n 1 hh ww"]:
        """The level that the noise head tells."""
        return self.network.log_sigma(Observation(degraded, sigma))


def prediction_graph(network: Network) -> ExportedProgram:
    """The graph of `Predict`, for any batch, and for heights and widths that are multiples as the network has it."""
    return _graph(Predict, network, has_mean=True)


def noise_graph(network: Network) -> ExportedProgram:
    """The graph of `TellNoise`, likewise."""
    return _graph(TellNoise, network, has_mean=False)


def _graph(part: type[Predict | TellNoise], network: Network, has_mean: bool) -> ExportedProgram:
    # With channels last, kernels are chosen by strides, and what those say depends on whether the batch is one image.
    network = copy.deepcopy(network).cpu().eval().to(memory_format=torch.contiguous_format)
    multiple = network.size_rule.multiple
    n, height, width = Dim("n"), multiple * Dim("rows"), multiple * Dim("columns")
    sizes = {0: n, 2: height, 3: width}
    degraded = torch.zeros(2, 3, 4 * multiple, 3 * multiple)
    example = [degraded, degraded[:, :1].clone()]
    shapes: list[dict[int, Dim]] = [sizes, sizes]
    if has_mean:
        example.append(torch.zeros(2, 3, 1, 1))
        shapes.append({0: n})
    # No size of the example is to be taken for granted, least of all whether it is 1, which a batch may be and every
    # level of the fill is, sooner or later.
    patched: Any = _config.patch  # type: ignore[attr-defined]  # installed when it is imported
    with _sizes_may_be_symbols(), patched(backed_size_oblivious=True):
        return torch.export.export(part(network), tuple(example), dynamic_shapes=tuple(shapes))


@contextmanager
def _sizes_may_be_symbols() -> Iterator[None]:
    """While a graph is traced, the sizes of an image are no numbers, as which their annotations have them."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)
