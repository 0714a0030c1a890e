"""One observation in several views, whose predictions are averaged: turned, mirrored, and moved over the grid."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from restore.inference.observed import Observed, mirrored


@dataclass(frozen=True)
class View:
    """A way to show an image to a network, and back.

    Args:
        turns: Quarter turns, counter-clockwise.
        flip: Whether left and right are swapped, before the turns.
        down: Pixels by which the image is then moved down over the network's grid; above it, its reflection is shown.
        right: The same to the right.
    """

    turns: int
    flip: bool
    down: int
    right: int

    def show(self, observed: Observed) -> Observed:
        """The view of an observation."""
        return Observed(self._show(observed.degraded), self._show(observed.sigma))

    def undo(self, x: Float[np.ndarray, "n c hh ww"]) -> Float[np.ndarray, "n c h w"]:
        """The image of a view."""
        x = np.rot90(x[..., self.down :, self.right :], -self.turns, (-2, -1))
        return x[..., ::-1] if self.flip else x

    def _show(self, x: Float[np.ndarray, "n c h w"]) -> Float[np.ndarray, "n c hh ww"]:
        x = np.rot90(x[..., ::-1] if self.flip else x, self.turns, (-2, -1))
        return mirrored(x, (self.down, 0), (self.right, 0))


def views(multiple: int) -> list[View]:
    """The eight symmetries of a square, each at another place of the grid; the first is the image as it is.

    With the mean over them, neither the way up nor the place on the grid of patches matters much: "cycle spinning"
    (Coifman and Donoho 1995, DOI 10.1007/978-1-4612-2544-7_9) and the self-ensemble of EDSR (Lim et al. 2017, arXiv
    1707.02921) in one.

    Args:
        multiple: The cell of the network's grid, in pixels.
    """
    return [View(turns=i % 4, flip=i >= 4, down=i * multiple // 8, right=3 * i % 8 * multiple // 8) for i in range(8)]
