"""Networks of others with random weights, which is enough to tell how long they take.

Their code comes from `spandrel` and `spandrel_extra_arches`; the settings are those of the published weights.
"""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from torch import Tensor, nn

from restore.networks.patches import SizeRule
from restore.observation import Observation

MULTIPLE = 64
"""Pixels of which all of them take multiples as height and width."""

MAT_SIDE = 512
"""The only height and width that MAT takes."""


def nafnet() -> nn.Module:
    """NAFNet of width 32, for camera noise (Chen et al. 2022, arXiv 2204.04676)."""
    from spandrel.architectures.NAFNet import NAFNet

    network: nn.Module = NAFNet(width=32, enc_blk_nums=[2, 2, 4, 8], middle_blk_num=12, dec_blk_nums=[2, 2, 2, 2])
    return network


def swinir() -> nn.Module:
    """SwinIR-M for noise in colour (Liang et al. 2021, arXiv 2108.10257)."""
    from spandrel.architectures.SwinIR import SwinIR

    network: nn.Module = SwinIR(
        img_size=128, window_size=8, depths=[6] * 6, embed_dim=180, num_heads=[6] * 6, mlp_ratio=2.0
    )
    return network


def restormer() -> nn.Module:
    """Restormer for Gaussian noise (Zamir et al. 2022, arXiv 2111.09881)."""
    from spandrel_extra_arches.architectures.Restormer import Restormer

    network: nn.Module = Restormer(LayerNorm_type="BiasFree")
    return network


def lama() -> nn.Module:
    """Big LaMa (Suvorov et al. 2022, arXiv 2109.07161)."""
    from spandrel.architectures.LaMa import LaMa

    network: nn.Module = LaMa(in_nc=4, out_nc=3)
    return network


def mat() -> nn.Module:
    """MAT (Li et al. 2022, arXiv 2203.15270)."""
    from spandrel_extra_arches.architectures.MAT import MAT

    network: nn.Module = MAT()
    return network


DENOISERS: dict[str, Callable[[], nn.Module]] = {"nafnet-32": nafnet, "swinir-m": swinir, "restormer": restormer}
FILLS: dict[str, Callable[[], nn.Module]] = {"lama": lama, "mat": mat}


def missing() -> bool:
    """Whether their code is not installed."""
    return find_spec("spandrel") is None or find_spec("spandrel_extra_arches") is None


class Runner:
    """One of them at work on whole images.

    Args:
        name: Of `DENOISERS` or `FILLS`.
    """

    def __init__(self, name: str) -> None:
        self.fills = name in FILLS
        self.network = (FILLS if self.fills else DENOISERS)[name]().eval()

    @torch.inference_mode()
    def __call__(self, image: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
        """Restore an image."""
        pixels = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
        observation = Observation.hide(pixels, torch.from_numpy(hole)[None, None])
        rule = SizeRule(MULTIPLE)
        padded = rule.pad(observation)
        result: Tensor
        if self.fills:
            result = self.network(padded.degraded, padded.hole.float())
        else:
            result = self.network(rule.pad(Observation.of(pixels)).degraded)
        result = rule.crop(result, *image.shape[:2])
        return (255 * result[0].clamp(0, 1)).round().byte().permute(1, 2, 0).numpy()
