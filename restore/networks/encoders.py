"""Vision transformers from timm as encoders of visible patches."""

from pathlib import Path
from typing import Any, NamedTuple

import timm
import torch
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
from timm.models import eva, load_checkpoint, vision_transformer
from timm.models.eva import Eva
from torch import nn

from restore.errors import FileError, UserError

ROPE_TEMPERATURE = 100.0
"""Rotary positions turn fastest at one radian a patch and slowest at a hundredth of it, which spans a few hundred
patches; the 10,000 of language models would leave most frequencies idle on image grids."""


class Size(NamedTuple):
    """Shape of a vision transformer: token width, number of blocks, attention heads."""

    width: int
    depth: int
    num_heads: int


SIZES = {
    "nano": Size(48, 2, 2),
    "tiny": Size(192, 6, 6),
    "small": Size(384, 12, 6),
    "base": Size(768, 12, 12),
}

ABSOLUTE = "-absolute"
"""Ends the name of a size whose positions are learned places of a grid instead of rotary."""


def build_encoder(name: str, patch_size: int, weights: str | None = None) -> Any:
    """Build a timm vision transformer without a head, for images of any size.

    Args:
        name: One of `SIZES`, with rotary positions (relative, so that a shifted image gives shifted tokens), or with
            absolute ones, learned for a grid of 16 x 16 patches and interpolated to that of an image, if `-absolute`
            follows; or any timm vision transformer, for example
            `vit_base_patch16_224.mae`, with the positions it was made with.
        patch_size: Side of a patch in pixels; published weights are resampled to it.
        weights: `None` for random weights, `"published"` for those that timm fetches from its hub, or a local file
            (safetensors or a PyTorch state dict). Only for names that timm knows.

    Raises:
        UserError: The name is unknown, or the weights cannot be had.
    """
    if name.removesuffix(ABSOLUTE) in SIZES:
        if weights is not None:
            raise UserError(f"there are no published weights for the encoder {name!r}; name a timm model for those")
        size, is_absolute = SIZES[name.removesuffix(ABSOLUTE)], name.endswith(ABSOLUTE)
        return Eva(
            img_size=16 * patch_size,
            patch_size=patch_size,
            num_classes=0,
            global_pool="",
            embed_dim=size.width,
            depth=size.depth,
            num_heads=size.num_heads,
            class_token=False,
            use_abs_pos_emb=is_absolute,
            use_rot_pos_emb=not is_absolute,
            rope_temperature=ROPE_TEMPERATURE,
            dynamic_img_size=True,
        )
    if not timm.is_model(name):
        known = f"{', '.join(SIZES)}, each perhaps with {ABSOLUTE}"
        raise UserError(f"unknown encoder {name!r}: use {known}, or the name of a timm vision transformer")
    if weights is None:
        return _create(name, patch_size)
    if weights == "published":
        try:
            return _create(name, patch_size, pretrained=True)
        except (LocalEntryNotFoundError, HfHubHTTPError, OSError, RuntimeError) as error:
            raise UserError(
                f"the published weights of {name!r} could not be fetched ({type(error).__name__}): "
                "connect to the hub once, or give a local file as `encoder_weights`"
            ) from error
    if not Path(weights).is_file():
        raise FileError(Path(weights), "no such file of encoder weights")
    encoder = _create(name, patch_size)
    adapt = eva.checkpoint_filter_fn if isinstance(encoder, Eva) else vision_transformer.checkpoint_filter_fn
    try:
        missing = load_checkpoint(encoder, weights, strict=False, filter_fn=adapt, weights_only=True).missing_keys
    except Exception as error:  # torch, pickle and safetensors each end in their own way on a file of something else
        raise FileError(Path(weights), f"does not hold the weights of the encoder {name!r}") from error
    if missing:
        lacking = ", ".join(missing[:3])
        raise FileError(Path(weights), f"does not hold the weights of the encoder {name!r}: no {lacking}")
    return encoder


def _create(name: str, patch_size: int, **weights: Any) -> nn.Module:
    try:
        encoder: nn.Module = timm.create_model(
            name, num_classes=0, global_pool="", dynamic_img_size=True, patch_size=patch_size, **weights
        )
    except TypeError as error:  # other architectures do not take these options
        raise UserError(f"the encoder {name!r} is not a plain vision transformer") from error
    if not (hasattr(encoder, "_pos_embed") and hasattr(encoder, "blocks") and hasattr(encoder, "patch_embed")):
        raise UserError(f"the encoder {name!r} is not a plain vision transformer")
    return encoder


def pixel_statistics(encoder: nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation per channel that the encoder's weights expect, each of shape (1, 3, 1, 1)."""
    config = getattr(encoder, "pretrained_cfg", None) or {}
    mean, std = config.get("mean", (0.5, 0.5, 0.5)), config.get("std", (0.25, 0.25, 0.25))
    return torch.tensor(mean).view(1, 3, 1, 1), torch.tensor(std).view(1, 3, 1, 1)
