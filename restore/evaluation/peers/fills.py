"""Peers that fill holes from around them: our own smooth fill, and those of OpenCV and scikit-image."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray

from restore.fill import push_pull_fill

Fill = Callable[[Float[ndarray, "h w 3"], Bool[ndarray, "h w"]], Float[ndarray, "h w 3"]]
"""Fills the hole of an RGB image in [0, 1]; what the hole holds does not matter, and the rest comes back unchanged."""

RADIUS = 3
"""Neighbourhood, in pixels, from which OpenCV's methods fill; the value of its documentation."""


def push_pull(degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
    """What the networks start from: `restore.fill.push_pull_fill`."""
    pixels = torch.from_numpy(np.ascontiguousarray(degraded)).permute(2, 0, 1)[None]
    return push_pull_fill(pixels, torch.from_numpy(hole)[None, None])[0].permute(1, 2, 0).numpy()


def telea(degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
    """Fast marching (Telea 2004, DOI 10.1080/10867651.2004.10487596).

    OpenCV's, which computes at 8 bits, within `RADIUS`.
    """
    import cv2

    return _opencv(degraded, hole, cv2.INPAINT_TELEA)


def navier_stokes(degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
    """Fluid dynamics (Bertalmio et al. 2001, DOI 10.1109/CVPR.2001.990497).

    OpenCV's, which computes at 8 bits, within `RADIUS`.
    """
    import cv2

    return _opencv(degraded, hole, cv2.INPAINT_NS)


def biharmonic(degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
    """The smoothest surface by the biharmonic equation (Damelin and Hoang 2018, DOI 10.1155/2018/3950312).

    scikit-image's, which has nothing to set.
    """
    from skimage.restoration import inpaint_biharmonic

    filled: ndarray = inpaint_biharmonic(np.where(hole[..., None], 0, degraded), hole, channel_axis=2)
    return np.where(hole[..., None], filled.clip(0, 1).astype(np.float32), degraded)


def _opencv(degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"], method: int) -> Float[ndarray, "h w 3"]:
    import cv2

    pixels = (np.where(hole[..., None], 0, degraded) * 255).round().clip(0, 255).astype(np.uint8)
    filled = cv2.inpaint(pixels, hole.astype(np.uint8), RADIUS, method)
    return np.where(hole[..., None], np.asarray(filled, np.float32) / 255, degraded)


FILLS: dict[str, Fill] = {
    "push-pull": push_pull,
    "telea": telea,
    "navier-stokes": navier_stokes,
    "biharmonic": biharmonic,
}
