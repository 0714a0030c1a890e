"""What the transformer in a network looks at: the attention of every patch to every other."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from torch import Tensor, nn

from restore.errors import UserError
from restore.fill import push_pull_fill
from restore.networks.masked_autoencoder import MaskedAutoencoder
from restore.networks.network import Network
from restore.networks.patches import VisibleTokens, visible_patches
from restore.observation import Observation


@dataclass(frozen=True)
class AttentionMaps:
    """Attention weights of one image: how much of each patch (last axis) goes into each other (the axis before).

    Patches are numbered row by row. What a patch takes from all others sums to one. Hidden patches do not enter the
    encoder, so there they take nothing and give nothing; the decoder fills them from the visible ones.

    Args:
        encoder: Weights in the encoder's layers.
        decoder: Weights in the decoder's layers.
        visible: Which patches show something.
        columns: Patches in a row of the image.
        patch_size: Side of a patch in pixels.
    """

    encoder: Float[Tensor, "layers heads l l"]
    decoder: Float[Tensor, "decoder_layers decoder_heads l l"]
    visible: Bool[Tensor, " l"]
    columns: int
    patch_size: int

    @property
    def layers(self) -> dict[str, Float[Tensor, "heads l l"]]:
        """The layers by name, in the order in which an image passes them: `encoder.1`, …, `decoder.2`."""
        stacks = {"encoder": self.encoder, "decoder": self.decoder}
        return {f"{name}.{i}": layer for name, stack in stacks.items() for i, layer in enumerate(stack, 1)}

    def patch_at(self, x: int, y: int) -> int:
        """The number of the patch that holds a pixel, by its place from the left and from the top.

        Raises:
            UserError: It lies outside the image.
        """
        row, column = y // self.patch_size, x // self.patch_size
        if not (0 <= column < self.columns and 0 <= row * self.columns < len(self.visible)):
            raise UserError(f"the pixel {x},{y} lies outside the image")
        return row * self.columns + column

    def box(self, patch: int) -> tuple[slice, slice]:
        """The rows and columns of a patch; at the right and the lower border they may reach beyond the image."""
        row, column = divmod(patch, self.columns)
        top, left = row * self.patch_size, column * self.patch_size
        return slice(top, top + self.patch_size), slice(left, left + self.patch_size)

    def grid(self, weights: Float[Tensor, "*n l"]) -> Float[Tensor, "*n rows columns"]:
        """Weights of patches, laid out as the patches are."""
        return weights.reshape(*weights.shape[:-1], -1, self.columns)

    def rollout(self) -> Float[Tensor, "l l"]:
        """How much of each visible patch's pixels reaches each patch through all layers.

        Attention rollout (Abnar and Zuidema 2020, arXiv 2005.00928): the heads of a layer are averaged, half of what
        leaves a layer is taken to be what entered it, and the layers are multiplied. What mask tokens give tells
        nothing of the image and is left out; each row sums to one.
        """
        encoded = _product(self.encoder, self.visible)
        flow = _product(self.decoder, torch.ones_like(self.visible)) @ encoded
        return flow / flow.sum(-1, keepdim=True).clamp_min(1e-12)

    def copied(self, sources: Int[ndarray, "h w 3"]) -> Float[Tensor, "l l"]:
        """How much of what was copied into each patch comes from each other: attention that decides, pixel by pixel.

        Args:
            sources: Of the image, as `Restorer.inpaint` tells them: the number of an image, the row and the column.
                What comes from other images than 0, the image itself, is left out.

        Returns:
            Rows that sum to one, over patches that show something; zero where nothing was copied.

        Raises:
            UserError: The sources are those of an image of another size.
        """
        size, count = self.patch_size, len(self.visible)
        height, width = sources.shape[:2]
        if -(-width // size) > self.columns or -(-height // size) * self.columns > count:
            raise UserError(f"sources of {width} x {height} pixels are not those of this image")
        image, row, column = torch.as_tensor(sources).unbind(-1)
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        is_copied = (image == 0) & ((row != rows) | (column != columns))
        asking, asked = (y // size * self.columns + x // size for y, x in ((rows, columns), (row, column)))
        pairs = torch.bincount((asking * count + asked)[is_copied], minlength=count**2).view(count, count)
        return pairs / pairs.sum(-1, keepdim=True).clamp_min(1)


def attention_maps(network: Network, observation: Observation) -> AttentionMaps:
    """Run the transformer in a network on one image, of any size, and keep what it attends to.

    Raises:
        UserError: The network has no transformer, or there are several images.
    """
    autoencoder = network if isinstance(network, MaskedAutoencoder) else getattr(network, "autoencoder", None)
    if not isinstance(autoencoder, MaskedAutoencoder):
        raise UserError(f"a {type(network).__name__} has no attention to look at")
    if len(observation.degraded) != 1:
        raise UserError(f"attention is looked at in one image at a time, not {len(observation.degraded)}")
    blocks = [*autoencoder.encoder.blocks, *autoencoder.decoder_blocks]
    if not (len(autoencoder.decoder_blocks) and all(hasattr(getattr(b, "attn", None), "attn_drop") for b in blocks)):
        raise UserError("the attention of this network cannot be looked at: a decoder or plain attention is missing")
    return _record(copy.deepcopy(autoencoder), network.size_rule.pad(observation))


def _record(autoencoder: MaskedAutoencoder, observation: Observation) -> AttentionMaps:
    """Run a copy, which is changed: other threads may use the network meanwhile, or look at its attention too."""
    patch_size = autoencoder.patch_size
    visible = visible_patches(observation.hole, patch_size)
    indices = VisibleTokens.of(visible).indices[0].cpu()
    base = push_pull_fill(observation.degraded, observation.hole)
    encoder, decoder = _weights_of(autoencoder.encoder.blocks), _weights_of(autoencoder.decoder_blocks)
    autoencoder.features(base, observation)
    prefix = autoencoder.encoder.num_prefix_tokens
    of_patches = torch.stack([layer[0, :, prefix:, prefix:] for layer in encoder])
    of_patches = of_patches / of_patches.sum(-1, keepdim=True).clamp_min(1e-12)  # class tokens are no patches
    count = visible.shape[1]
    whole = of_patches.new_zeros(*of_patches.shape[:2], count, count)
    whole[..., indices[:, None], indices] = of_patches
    return AttentionMaps(
        whole,
        torch.stack([layer[0] for layer in decoder]),
        torch.zeros(count, dtype=torch.bool).index_fill(0, indices, True),
        columns=base.shape[-1] // patch_size,
        patch_size=patch_size,
    )


def _weights_of(blocks: Iterable[Any]) -> list[Float[Tensor, "n heads q k"]]:
    """Where the attention weights of timm's blocks will be: they pass the dropout, which fused kernels would skip."""
    weights: list[Tensor] = []

    def keep(_: nn.Module, __: Any, output: Tensor) -> None:
        weights.append(output.float().cpu())

    for block in blocks:
        block.attn.fused_attn = False
        block.attn.attn_drop.register_forward_hook(keep)
    return weights


def _product(layers: Float[Tensor, "layers heads l l"], present: Bool[Tensor, " l"]) -> Float[Tensor, "l l"]:
    flow = torch.diag(present.to(layers.dtype))
    for layer in layers.mean(1):
        flow = (layer @ flow + flow) / 2
    return flow
