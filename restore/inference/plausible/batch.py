"""Plausible fills of the images of a batch, each as if it were alone."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int32

from restore.inference.plausible.fill import own_places, plausible_fill
from restore.inference.plausible.reference import Reference


def fill_plausibly(
    pixels: Float[np.ndarray, "n 3 h w"],
    hole: Bool[np.ndarray, "n 1 h w"],
    allowed: Bool[np.ndarray, "n 1 h w"],
    seed: int,
    progress: Callable[[int, int], None],
    references: Sequence[Reference] = (),
    laid: Sequence[Sequence[Reference]] = (),
) -> Int32[np.ndarray, "n h w 3"]:
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
        For each pixel the number of the picture that it is copied from (0 is the image, 1 the first reference), the row
        and the column there: its own where it is visible, `NOWHERE` where it is filled, but not copied.
    """
    copies = {}
    for index in np.flatnonzero(hole.any((1, 2, 3))).tolist():
        own = laid[index] if laid else ()
        done = plausible_fill(pixels[index], hole[index, 0], allowed[index, 0], seed, progress, references, own)
        if done is not None:
            pixels[index][:, done.where] = done.colours
            copies[index] = done
    sources = own_places(hole[:, 0])
    for index, done in copies.items():
        sources[index][done.where] = done.sources
    return sources
