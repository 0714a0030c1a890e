"""Plausible fills of the images of a batch, each as if it were alone."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from restore.inference.plausible.fill import own_places, plausible_fill
from restore.inference.plausible.reference import Reference


def fill_plausibly(
    pixels: Float[Tensor, "n 3 h w"],
    hole: Bool[Tensor, "n 1 h w"],
    allowed: Bool[Tensor, "n 1 h w"],
    seed: int,
    progress: Callable[[int, int], None],
    references: Sequence[Reference] = (),
    laid: Sequence[Sequence[Reference]] = (),
) -> Int[Tensor, "n h w 3"]:
    """Copy into the wide parts of holes what their surroundings call for, as `plausible_fill` does.

    Args:
        pixels: The images with their holes filled as is expected; the plausible fills are written over these.
        hole: What is to be filled of each.
        allowed: What may be copied.
        seed: The same for each image.
        progress: As for `plausible_fill`, image after image.
        references: Pictures that each may be copied from as well.
        laid: Of each image, those of them that are laid over it.

    Returns:
        For each pixel the picture, the row and the column that it is copied from, as `Plausible.sources`.
    """
    sources = own_places(hole[:, 0])
    for index in hole.flatten(1).any(1).nonzero().flatten().tolist():
        generator = torch.Generator().manual_seed(seed)
        own = laid[index] if laid else ()
        done = plausible_fill(pixels[index], hole[index, 0], allowed[index, 0], generator, progress, references, own)
        pixels[index], sources[index] = done.filled, done.sources
    return sources
