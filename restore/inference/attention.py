"""A look at the attention in one image."""

import torch

from restore.errors import UserError
from restore.inference.memory import full_memory_is_a_memory_error
from restore.inference.observed import Observed
from restore.inference.tensors import tensors_of
from restore.inference.tiled_network import refuse_the_unseen
from restore.networks import Network
from restore.networks.attention import AttentionMaps, attention_maps


def attention_within(
    tile: int, network: Network, observed: Observed, device: torch.device | str = "cpu"
) -> AttentionMaps:
    """What the transformer attends to in an image that fits a tile.

    Args:
        tile: Side of a tile in pixels.
        network: On the device.
        observed: One image.
        device: Where to look.

    Raises:
        UserError: The image is too large or a batch, nothing is seen of it, or the network has no transformer.
        MemoryError: The device is too small for it.
    """
    count, _, height, width = observed.degraded.shape
    if count > 1:
        raise UserError(f"attention is looked at in one image, not in a batch of {count}")
    if max(height, width) > tile:
        raise UserError(f"attention is looked at within a tile of {tile} pixels, not in {width} x {height}")
    refuse_the_unseen(observed)
    with full_memory_is_a_memory_error(), torch.inference_mode():
        return attention_maps(network, tensors_of(observed).to(device))
