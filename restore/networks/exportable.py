"""A network as a graph of tensors, for batches, heights and widths that are not known beforehand."""

import copy

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.fx.experimental import _config  # what `torch.onnx.export` sets, too; there is no public way

from restore.networks.network import Network
from restore.observation import Observation


class Exportable(nn.Module):
    """What the graph computes: `Network.predict`, with the observation as two tensors.

    Args:
        network: Any network of this package.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, degraded: Float[Tensor, "n 3 h w"], sigma: Float[Tensor, "n 1 h w"], mean: Float[Tensor, "n 3 1 1"]
    ) -> Float[Tensor, "n 3 h w"]:
        """Predict every pixel of an observation of an allowed size.

        Args:
            degraded: As in an `Observation`, of a size that the network's `size_rule` allows.
            sigma: As in an `Observation`.
            mean: The mean colour of the whole images.
        """
        return self.network.predict(Observation(degraded, sigma), mean)


def export_graph(network: Network) -> ExportedProgram:
    """Trace a network with `torch.export`, once for all sizes.

    Args:
        network: In evaluation mode; any network of this package with rotary positions, or none.

    Returns:
        The graph of `Exportable`, for any batch, and for heights and widths of any number of patches, two or more in
        all. Patches that are all hole are masked out in the encoder, not left out: the same prediction, up to
        rounding, at the cost of an image without a hole.
    """
    assert not network.training, "a graph is for inference"
    # With channels last, kernels are chosen by strides, and what those say depends on whether the batch is one image.
    network = copy.deepcopy(network).to(memory_format=torch.contiguous_format)
    multiple = network.size_rule.multiple
    n, height, width = Dim("n"), multiple * Dim("rows"), multiple * Dim("columns")
    sizes = {0: n, 2: height, 3: width}
    degraded = torch.zeros(2, 3, 4 * multiple, 3 * multiple)
    # No size of the example is to be taken for granted, least of all whether it is 1, which a batch may be and every
    # level of the fill is, sooner or later.
    with _config.patch(backed_size_oblivious=True):  # type: ignore[attr-defined]  # added at run time
        return torch.export.export(
            Exportable(network),
            (degraded, degraded[:, :1].clone(), torch.zeros(2, 3, 1, 1)),
            dynamic_shapes=(sizes, sizes, {0: n}),
        )
