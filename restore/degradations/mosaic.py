"""Colour filter mosaics, as image sensors have them, and the interpolation that makes images of them."""

from functools import cache

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional


def colour_sites(phase: Int[Tensor, "n 2"], height: int, width: int) -> Bool[Tensor, "n 3 h w"]:
    """Which colour each site of a Bayer mosaic sees; red where row and column, counted from the phase, are even."""
    row = (torch.arange(height, device=phase.device)[:, None] + phase[:, 0, None, None]) % 2 == 0
    column = (torch.arange(width, device=phase.device) + phase[:, 1, None, None]) % 2 == 0
    return torch.stack([row & column, row ^ column, ~row & ~column], 1)


def demosaic(
    raw: Float[Tensor, "n 1 h w"], sites: Bool[Tensor, "n 3 h w"], corrected: Bool[Tensor, " n"]
) -> Float[Tensor, "n 3 h w"]:
    """Fill in the two colours that each site has not seen.

    Args:
        raw: What each site has seen.
        sites: From `colour_sites`.
        corrected: Images interpolated with the gradients of the colour that was seen, after Malvar, He and Cutler
            ("High-quality linear interpolation for demosaicing of Bayer-patterned color images", ICASSP 2004,
            DOI 10.1109/ICASSP.2004.1326587); the others bilinearly.
    """
    kernels = _kernels().to(raw)
    padded = functional.pad(raw, (2, 2, 2, 2), mode="reflect")
    bilinear, gradients = functional.conv2d(padded, kernels).chunk(2, 1)
    cross, across, down, diagonal = torch.where(corrected[:, None, None, None], gradients, bilinear).chunk(4, 1)
    red, green, blue = sites.chunk(3, 1)
    # In rows with red, its neighbours of a green site lie beside it; in rows with blue, above and below.
    has_red = red.any(3, keepdim=True)
    beside, above = torch.where(has_red, across, down), torch.where(has_red, down, across)
    return torch.cat(
        [
            torch.where(red, raw, torch.where(blue, diagonal, beside)),
            torch.where(green, raw, cross),
            torch.where(blue, raw, torch.where(red, diagonal, above)),
        ],
        1,
    )


@cache
def _kernels() -> Float[Tensor, "8 1 5 5"]:
    """Bilinear, then corrected: green where another colour is seen; red or blue beside, above, diagonal to its own."""
    bilinear = torch.zeros(4, 5, 5)
    bilinear[0, [1, 2, 2, 3], [2, 1, 3, 2]] = 1 / 4
    bilinear[1, 2, [1, 3]] = 1 / 2
    bilinear[2, [1, 3], 2] = 1 / 2
    bilinear[3, [1, 1, 3, 3], [1, 3, 1, 3]] = 1 / 4
    beside = [[0, 0, 0.5, 0, 0], [0, -1, 0, -1, 0], [-1, 4, 5, 4, -1], [0, -1, 0, -1, 0], [0, 0, 0.5, 0, 0]]
    cross = [[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]]
    diagonal = [[0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]]
    corrected = torch.stack([torch.tensor(kernel) / 8 for kernel in (cross, beside, beside, diagonal)])
    corrected[2] = corrected[1].T
    return torch.cat([bilinear, corrected])[:, None]
