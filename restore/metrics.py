"""Figures of quality as the papers report them: per image, then averaged."""

import torch
from jaxtyping import Bool, Float
from kornia.metrics import ssim
from torch import Tensor


def psnr(
    restored: Float[Tensor, "n c h w"],
    image: Float[Tensor, "n c h w"],
    region: Bool[Tensor, "n 1 h w"] | None = None,
) -> Float[Tensor, " n"]:
    """Peak signal-to-noise ratio of each image in dB, for a range of [0, 1].

    Average the images' figures, not their errors: that is what is published.

    Args:
        restored: Compared with `image`; not clamped here.
        image: The truth.
        region: Where to look; everywhere if not given. An image without any such pixel gives NaN.
    """
    error = (restored - image).square()
    if region is None:
        return -10 * torch.log10(error.mean((1, 2, 3)))
    inside = torch.where(region, error, 0).sum((1, 2, 3)) / (region.sum((1, 2, 3)) * error.shape[1])
    return -10 * torch.log10(inside)


def structural_similarity(restored: Float[Tensor, "n c h w"], image: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
    """SSIM of each image with a Gaussian window of 11 pixels (Wang et al. 2004), for a range of [0, 1].

    As published, only windows that lie within the image count, so it has at least 11 pixels each way.
    """
    similarity: Tensor = ssim(restored, image, window_size=11, eps=0.0, padding="valid")
    return similarity.mean((1, 2, 3))
