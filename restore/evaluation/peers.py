"""Classical methods to compare with: our own fill, and those of scikit-image and OpenCV (`restore[peers]`)."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray

from restore.observation import push_pull_fill

Fill = Callable[[Float[ndarray, "h w 3"], Bool[ndarray, "h w"]], Float[ndarray, "h w 3"]]
"""Fills the hole of an image; what the hole holds does not matter."""

Denoise = Callable[[Float[ndarray, "h w 3"], float], Float[ndarray, "h w 3"]]
"""Removes noise of a known sigma, in [0, 1] units."""

RADIUS = 3
"""Neighbourhood, in pixels, from which OpenCV's methods fill; the value of its documentation."""


def push_pull(degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
    """What the networks start from: `restore.observation.push_pull_fill`."""
    pixels = torch.from_numpy(np.ascontiguousarray(degraded)).permute(2, 0, 1)[None]
    return push_pull_fill(pixels, torch.from_numpy(hole)[None, None])[0].permute(1, 2, 0).numpy()


def telea(degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
    """Fast marching (Telea 2004, DOI 10.1080/10867651.2004.10487596), at 8 bits as OpenCV has it."""
    import cv2

    return _opencv(degraded, hole, cv2.INPAINT_TELEA)


def navier_stokes(degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
    """Fluid dynamics (Bertalmio et al. 2001, DOI 10.1109/CVPR.2001.990497), at 8 bits as OpenCV has it."""
    import cv2

    return _opencv(degraded, hole, cv2.INPAINT_NS)


def biharmonic(degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
    """The smoothest surface by the biharmonic equation (Damelin and Hoang 2018, DOI 10.1155/2018/3950312)."""
    from skimage.restoration import inpaint_biharmonic

    restored: ndarray = inpaint_biharmonic(np.where(hole[..., None], 0, degraded), hole, channel_axis=2)
    return restored.clip(0, 1).astype(np.float32)


def non_local_means(degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
    """Averages of similar patches (Buades et al. 2005, DOI 10.1109/CVPR.2005.38), as scikit-image advises to use it."""
    from skimage.restoration import denoise_nl_means

    restored: ndarray = denoise_nl_means(
        degraded, patch_size=5, patch_distance=6, h=0.8 * sigma, sigma=sigma, fast_mode=True, channel_axis=2
    )
    return restored.clip(0, 1).astype(np.float32)


FILLS: dict[str, Fill] = {
    "push-pull": push_pull,
    "telea": telea,
    "navier-stokes": navier_stokes,
    "biharmonic": biharmonic,
}
DENOISERS: dict[str, Denoise] = {"nlm": non_local_means}


def _opencv(degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"], method: int) -> Float[ndarray, "h w 3"]:
    import cv2

    pixels = (np.where(hole[..., None], 0, degraded) * 255).round().clip(0, 255).astype(np.uint8)
    filled = cv2.inpaint(pixels, hole.astype(np.uint8), RADIUS, method)
    return np.asarray(filled, np.float32) / 255
