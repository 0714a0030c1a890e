"""Peers that fill holes: our own smooth fill, those of OpenCV and scikit-image, and one that copies patches."""

from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import Tensor

from restore.evaluation.peers.peer import Fill, Peer
from restore.fill import push_pull_fill
from restore.observation import Observation

RADIUS = 3
"""Neighbourhood, in pixels, from which OpenCV's methods fill; the value of its documentation."""

PATCHMATCH_SEED = 0
"""Of its random search."""

SKIMAGE = {"skimage": "pip install scikit-image"}


class PushPull(Peer):
    """What the networks start from: `restore.fill.push_pull_fill`."""

    name = "push-pull"
    treats = Fill.treats

    def __call__(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Fill holes."""
        return push_pull_fill(observation.degraded, observation.hole)


class Telea(Fill):
    """Fast marching (Telea 2004, DOI 10.1080/10867651.2004.10487596).

    OpenCV's, which computes at 8 bits, within `RADIUS`.
    """

    name = "telea"
    needs: ClassVar = {"cv2": "pip install opencv-python-headless"}
    method = "INPAINT_TELEA"

    def fill(self, degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
        """Fill from the border of the hole inwards."""
        import cv2

        pixels = (degraded * 255).round().clip(0, 255).astype(np.uint8)
        filled = cv2.inpaint(pixels, hole.astype(np.uint8), RADIUS, getattr(cv2, self.method))
        return np.asarray(filled, np.float32) / 255


class NavierStokes(Telea):
    """Fluid dynamics (Bertalmio et al. 2001, DOI 10.1109/CVPR.2001.990497); OpenCV's too."""

    name = "navier-stokes"
    method = "INPAINT_NS"


class Biharmonic(Fill):
    """The smoothest surface by the biharmonic equation (Damelin and Hoang 2018, DOI 10.1155/2018/3950312).

    scikit-image's, which has nothing to set.
    """

    name = "biharmonic"
    needs = SKIMAGE

    def fill(self, degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
        """Solve the equation."""
        from skimage.restoration import inpaint_biharmonic

        filled: ndarray = inpaint_biharmonic(degraded, hole, channel_axis=2)
        return filled


class PatchMatch(Fill):
    """Copies of patches that are alike, from coarse to fine (Barnes et al. 2009, DOI 10.1145/1531326.1531330).

    The compiled package of the InvokeAI project, which computes at 8 bits, always with the same seed.

    Args:
        side: Of the patches in pixels, odd.
    """

    needs: ClassVar = {"patchmatch": "pip install pypatchmatch"}

    def __init__(self, side: int) -> None:
        self.side = side
        self.name = f"patchmatch-{side}"

    def fill(self, degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
        """Copy patches."""
        from patchmatch import patch_match

        patch_match.set_random_seed(PATCHMATCH_SEED)
        pixels = (degraded * 255).round().clip(0, 255).astype(np.uint8)
        filled = patch_match.inpaint(pixels, hole.astype(np.uint8) * 255, patch_size=self.side // 2)
        return np.asarray(filled, np.float32) / 255
