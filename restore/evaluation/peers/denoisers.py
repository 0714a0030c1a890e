"""Peers that remove white Gaussian noise of a known level, each at the best settings known for it."""

from collections.abc import Callable
from functools import wraps

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from restore.evaluation.peers.ffdnet import published_ffdnet

Denoise = Callable[[Float[ndarray, "h w 3"], float], Float[ndarray, "h w 3"]]
"""Removes noise of a known sigma, in [0, 1] units, from RGB that is nominally in [0, 1] and may leave it.

What comes back is in [0, 1], float32.
"""


def _without_noise_unchanged(denoise: Denoise) -> Denoise:
    """Several methods divide by sigma; at zero there is nothing to do. The result's range and type are set here too."""

    @wraps(denoise)
    def run(degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
        restored = denoise(degraded, sigma) if sigma > 0 else degraded
        return restored.clip(0, 1).astype(np.float32)

    return run


@_without_noise_unchanged
def non_local_means(degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
    """Averages of similar patches (Buades et al. 2005, DOI 10.1109/CVPR.2005.38).

    scikit-image's fast variant, with the patches of its gallery. Its documentation offers a cut-off of 0.8 sigma to
    start from; 0.6 is used, which is better by 0.4 dB on 16 generated images (`restore.synthetic.Leaves`), averaged
    over sigma 15, 25 and 50.
    """
    from skimage.restoration import denoise_nl_means

    restored: ndarray = denoise_nl_means(
        degraded, patch_size=5, patch_distance=6, h=0.6 * sigma, sigma=sigma, fast_mode=True, channel_axis=2
    )
    return restored


@_without_noise_unchanged
def wavelet(degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
    """Soft thresholds that adapt to each subband: BayesShrink (Chang, Yu and Vetterli 2000, DOI 10.1109/83.862633).

    scikit-image's, in YCbCr and averaged over 16 shifts (Coifman and Donoho 1995, DOI 10.1007/978-1-4612-2544-7_9), as
    its documentation advises: the shifts are worth 1.2 dB at sigma 25 on generated images, `db2` in place of the
    default `db1` another 0.1.
    """
    from skimage.restoration import cycle_spin, denoise_wavelet

    settings = {"sigma": sigma, "wavelet": "db2", "method": "BayesShrink", "convert2ycbcr": True, "channel_axis": 2}
    restored: ndarray = cycle_spin(degraded, denoise_wavelet, max_shifts=3, func_kw=settings, workers=1, channel_axis=2)
    return restored


@_without_noise_unchanged
def total_variation(degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
    """The image of least total variation near the noisy one (Rudin, Osher and Fatemi 1992, by Chambolle's algorithm).

    DOI 10.1016/0167-2789(92)90242-F and 10.1023/B:JMIV.0000011325.36760.1e; scikit-image's. The weight, 1.2 sigma^1.2,
    was fitted to 16 generated images (`restore.synthetic.Leaves`), where it is within 0.02 dB of the best weight at
    each sigma from 5 to 50; no test image was looked at. At the default tolerance the iterations would end too early.
    """
    from skimage.restoration import denoise_tv_chambolle

    restored: ndarray = denoise_tv_chambolle(degraded, weight=1.2 * sigma**1.2, eps=1e-5, channel_axis=2)
    return restored


@_without_noise_unchanged
def bm3d(degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
    """Collaborative filtering of stacks of similar blocks (Dabov et al. 2007, DOI 10.1109/TIP.2007.901238).

    The colour version of the authors' own package: blocks are matched by luminance. Its usual settings, and above sigma
    40 / 255 those it has for strong noise (`vn`: Hou et al. 2011), worth 0.1 dB at 50. Its licence is for
    non-commercial use, so this package neither depends on it nor installs it.
    """
    from bm3d import bm3d_rgb

    restored: ndarray = bm3d_rgb(degraded, sigma, profile="vn" if sigma > 40 / 255 else "np")
    return restored


@_without_noise_unchanged
def ffdnet(degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
    """A convolutional network with its published weights, on the CPU: `restore.evaluation.peers.ffdnet.FFDNet`."""
    noisy = torch.from_numpy(np.ascontiguousarray(degraded, np.float32)).permute(2, 0, 1)[None]
    with torch.inference_mode():
        restored: Tensor = published_ffdnet()(noisy, torch.tensor([sigma], dtype=torch.float32))
    return restored[0].permute(1, 2, 0).numpy()


DENOISERS: dict[str, Denoise] = {
    "nlm": non_local_means,
    "wavelet": wavelet,
    "tv": total_variation,
    "bm3d": bm3d,
    "ffdnet": ffdnet,
}
