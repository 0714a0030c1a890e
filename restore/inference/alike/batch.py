"""Expected fills of the images of a batch, given other images of the set, each as if it were alone."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from restore.inference.alike.expected import Restore, fill_alike
from restore.inference.plausible.reference import Reference


def fill_all_alike(
    restore: Restore,
    pixels: Float[np.ndarray, "n 3 h w"],
    hole: Bool[np.ndarray, "n 1 h w"],
    hidden: Bool[np.ndarray, "n 1 h w"],
    references: Sequence[Reference],
) -> list[Sequence[Reference]]:
    """Add to expected fills what `fill_alike` adds.

    Args:
        restore: What filled the images.
        pixels: The images with their holes filled as is expected; what is added is written over these.
        hole: What was to be filled of each.
        hidden: Of what nothing is known.
        references: Pictures of which those that are alike are used.

    Returns:
        Those of each image, as `Alike.laid`.
    """
    laid: list[Sequence[Reference]] = []
    for index in range(len(pixels)):
        done = fill_alike(restore, pixels[index], hole[index, 0], hidden[index, 0], references)
        pixels[index] = done.filled
        laid.append(done.laid)
    return laid
