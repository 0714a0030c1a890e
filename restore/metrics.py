"""Scores as the papers report them: per image, then averaged."""

import torch
from jaxtyping import Bool, Float
from kornia.metrics import ssim
from torch import Tensor
from torch.nn import functional

SSIM_WINDOW = 11
"""Side of the windows of SSIM in pixels, and so the smallest side of an image that has any."""

SEAM_BAND = 3
"""Steps, counted from the border into the hole, over which a seam is looked for."""

SEAM_WINDOW = 33
"""Side in pixels of the windows in which the steps of a border are averaged: some dozens of steps, one surface."""

SEAM_STRIDE = 8
"""Pixels from one window to the next."""

VISIBLE_STEP = 0.01
"""The smallest step that the eye sees, about 1 % of white (Weber's law)."""


def psnr(
    restored: Float[Tensor, "n c h w"],
    image: Float[Tensor, "n c h w"],
    region: Bool[Tensor, "n 1 h w"] | None = None,
) -> Float[Tensor, " n"]:
    """Peak signal-to-noise ratio of each image in dB, for a range of [0, 1].

    Average the images' scores, not their errors: that is what is published.

    Args:
        restored: Compared with `image`; not clamped here.
        image: The truth.
        region: Where to look; everywhere if not given. An image without any such pixel gives NaN.
    """
    error = (restored - image).square()
    return -10 * torch.log10(error.mean((1, 2, 3)) if region is None else _mean_over(error, region))


def structural_similarity(
    restored: Float[Tensor, "n c h w"],
    image: Float[Tensor, "n c h w"],
    region: Bool[Tensor, "n 1 h w"] | None = None,
) -> Float[Tensor, " n"]:
    """SSIM of each image with a Gaussian window of 11 pixels (Wang et al. 2004), for a range of [0, 1].

    As published, only windows that lie within the image count, so it has at least 11 pixels each way.

    Args:
        restored: Compared with `image`; not clamped here.
        image: The truth.
        region: Where the windows' centres lie; everywhere if not given. An image without any such centre 5 pixels or
            more from its borders gives NaN.
    """
    similarity: Tensor = ssim(restored, image, window_size=SSIM_WINDOW, eps=0.0, padding="valid")
    if region is None:
        return similarity.mean((1, 2, 3))
    margin = SSIM_WINDOW // 2
    return _mean_over(similarity, region[..., margin:-margin, margin:-margin])


def seam(
    restored: Float[Tensor, "n c h w"], image: Float[Tensor, "n c h w"], hole: Bool[Tensor, "n 1 h w"]
) -> Float[Tensor, " n"]:
    """How visible the border of each hole is: 0 not at all, 1 where steps across it are twice or half what they were.

    A pixel's depth is its distance to the nearest visible pixel in moves to one of four neighbours: 0 for what is
    visible, 1 for what touches it. Step k, for k = 1, 2 and 3, is the difference between two neighbours of depths k - 1
    and k, its size the root mean square over the channels. With S_k the mean size of the steps k in a window of 33 x 33
    pixels, one every 8 pixels, and a step of 0.01, which the eye hardly sees, added to both,

        seam = sqrt(mean over all steps and windows of log2((S_k(restored) + 0.01) / (S_k(image) + 0.01)) ** 2).

    A shift of brightness or colour makes the first steps larger, a halo the second and third too, a blurred border
    smaller ones. Only their size is compared, window by window: texture that was invented, but is as lively as the true
    one right up to the border, leaves no seam. Where the image ends there is no neighbour and so no step, and in a
    hole 1 or 2 pixels wide the deeper steps do not exist. An image without a border has NaN.

    Args:
        restored: Agrees with `image` outside the hole.
        image: The truth.
        hole: True where something was filled in.
    """
    depth = _depth(hole)
    sizes = {axis: _sizes(restored, image, axis) for axis in (2, 3)}
    ratios, counts = [], []
    for step in range(1, SEAM_BAND + 1):
        steps = depth.new_zeros(len(depth), 3, *depth.shape[2:])
        for axis, size in sizes.items():
            upper, lower = depth.narrow(axis, 0, size.shape[axis]), depth.narrow(axis, 1, size.shape[axis])
            is_step = (upper != lower) & (torch.maximum(upper, lower) == step)
            for start in (0, 1):  # at both of its pixels, so that a mirrored image has the same score
                steps.narrow(axis, start, size.shape[axis]).add_(torch.where(is_step, size, 0))
        means = functional.avg_pool2d(steps, SEAM_WINDOW, SEAM_STRIDE, SEAM_WINDOW // 2)
        count, of_restored, of_image = (means[:, k : k + 1] for k in range(3))
        some = count.clamp_min(1e-6)  # without any step both sizes are 0, and so is their weight
        ratios.append((of_restored / some + VISIBLE_STEP) / (of_image / some + VISIBLE_STEP))
        counts.append(count)
    weight = torch.cat(counts, 1)
    return ((torch.cat(ratios, 1).log2().square() * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))).sqrt()


def liveliness(
    restored: Float[Tensor, "n c h w"], image: Float[Tensor, "n c h w"], hole: Bool[Tensor, "n 1 h w"]
) -> Float[Tensor, " n"]:
    """How much goes on in each hole beside the truth: 1 as much, 0 nothing (a blur), above 1 more.

    The root of the ratio of two energies: the squared differences between neighbours within the hole, summed over the
    channels and both axes, of `restored` and of `image`. An image without such neighbours, or flat ones, has NaN.

    Args:
        restored: Agrees with `image` outside the hole.
        image: The truth.
        hole: True where something was filled in.
    """
    energies = []
    for x in (restored, image):
        energy = x.new_zeros(len(x))
        for axis in (2, 3):
            last = x.shape[axis] - 1
            within = hole.narrow(axis, 0, last) & hole.narrow(axis, 1, last)
            energy += torch.where(within, x.diff(dim=axis).square(), 0).sum((1, 2, 3))
        energies.append(energy)
    ours, true = energies
    return torch.where(true > 0, ours / true, torch.nan).sqrt()


def _depth(hole: Bool[Tensor, "n 1 h w"]) -> Float[Tensor, "n 1 h w"]:
    """Distance to the nearest visible pixel in moves to neighbours, as far as the band of a seam reaches."""
    depth = torch.where(hole, SEAM_BAND + 1.0, 0.0)
    for step in range(1, SEAM_BAND + 1):
        reached = (depth < step).float()
        reached = torch.maximum(
            functional.max_pool2d(reached, (3, 1), 1, (1, 0)), functional.max_pool2d(reached, (1, 3), 1, (0, 1))
        )
        depth = torch.where((reached > 0) & (depth > step), float(step), depth)
    return depth


def _sizes(
    restored: Float[Tensor, "n c h w"], image: Float[Tensor, "n c h w"], axis: int
) -> Float[Tensor, "n 3 hh ww"]:
    """Of the differences along an axis: their number (1), their size in `restored`, their size in `image`."""
    of_restored, of_image = (x.diff(dim=axis).square().mean(1, keepdim=True).sqrt() for x in (restored, image))
    return torch.cat([torch.ones_like(of_image), of_restored, of_image], dim=1)


def _mean_over(x: Float[Tensor, "n c h w"], region: Bool[Tensor, "n 1 h w"]) -> Float[Tensor, " n"]:
    return torch.where(region, x, 0).sum((1, 2, 3)) / (region.sum((1, 2, 3)) * x.shape[1])
