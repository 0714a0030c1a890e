"""Where references have what surrounds a hole, how far turned, and how large: a search at a small scale."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from restore.inference.alike.placement import Placement, View, look
from restore.inference.plausible.reference import Reference

ANGLES = 24
"""Rotations that are tried, evenly over the circle."""

SCALES = (1.0, 2**-0.5, 2**0.5, 0.5, 2.0)
"""Pixels of a reference to one of the image that are tried."""

LEAST_SIDE, MOST_SIDE = 8, 200
"""Sides, in pixels of the small scale, of references that are looked through."""

COVERED = 0.9
"""Share of the hole that a reference has to have."""

BESIDE = 0.5
"""Share of what surrounds it that a reference has to have."""

EACH = 3
"""Placements of a reference at one scale that are told, none at an angle next to a better one."""


def search(view: View, references: Sequence[Reference], most: int) -> list[Placement]:
    """The placements whose surroundings correlate best with those of a hole, brightness and contrast aside.

    Correlations at all shifts are products of spectra (Padfield 2012, "Masked object registration in the Fourier
    domain", DOI 10.1109/TIP.2011.2181402).

    Args:
        view: The image, small: the time grows with its size.
        references: To look through.
        most: How many are told, the best first.
    """
    found = []
    for number, reference in enumerate(references):
        for scale in SCALES:
            size = [max(round(side / (view.factor[0] * scale)), 1) for side in reference.size]
            if min(size) >= LEAST_SIDE and max(size) <= MOST_SIDE:
                found += _found(view, reference, number, size)
    return sorted(found, key=lambda placement: placement.error)[:most]


def _found(view: View, reference: Reference, number: int, size: list[int]) -> list[Placement]:
    """The best placements of a reference at one scale, each at another angle."""
    known = reference.allowed[None].float()
    planes = functional.interpolate(torch.cat([reference.pixels * known, known])[None], size=size, mode="area")
    reach = math.ceil(math.hypot(*size))
    away = torch.stack(torch.meshgrid(*[torch.arange(reach) - (reach - 1) / 2] * 2, indexing="ij"), -1)
    middle = [(side - 1) / 2 for side in size]
    turns = [Placement(number, 2 * math.pi * turn / ANGLES, 1.0, *middle) for turn in range(ANGLES)]
    turned = look(planes.expand(ANGLES, -1, -1, -1), torch.stack([one.places(away) for one in turns]))
    errors = _errors(view, turned)
    side = errors.shape[-1]
    best, place = errors.flatten(1).min(1)
    found = []
    valleys = (best <= best.roll(1)) & (best <= best.roll(-1)) & best.isfinite()
    for index in [index for index in best.argsort().tolist() if valleys[index]][:EACH]:
        moves = [move - side if 2 * move > side else move for move in divmod(int(place[index]), side)]
        centre = torch.tensor([at - move - (reach - 1) / 2 for at, move in zip(view.centre, moves, strict=True)])
        full = torch.tensor([whole / part for whole, part in zip(reference.size, size, strict=True)])
        row, column = ((turns[index].places(centre) + 0.5) * full - 0.5).tolist()
        scale = float(full[0]) / view.factor[0]
        found.append(Placement(number, turns[index].angle, scale, row, column, float(best[index])))
    return found


def _errors(view: View, turned: Float[Tensor, "a 4 r r"]) -> Float[Tensor, "a s s"]:
    """What turned references do not tell of all that varies in an image, at every shift; infinite if too little is."""
    side = _quick(max(turned.shape[-1], *view.weight.shape) * 5 // 4)

    def spectra(planes: Tensor) -> Tensor:
        transformed: Tensor = torch.fft.rfft2(planes, s=(side, side))
        return transformed

    seen = (turned[:, 3:] > 0.99).float()
    values = seen * turned[:, :3] / turned[:, 3:].clamp_min(1e-6)
    weight = view.weight[None]
    image = view.pixels * weight
    own = spectra(torch.cat([weight, view.hole[None].float(), image]))
    theirs = spectra(torch.cat([seen, values, values.square().sum(1, keepdim=True)], 1)).conj()
    products = [own * theirs[:, :1], own[:1] * theirs[:, 1:], (own[2:5] * theirs[:, 1:4]).sum(1, keepdim=True)]
    sums: Tensor = torch.fft.irfft2(torch.cat(products, 1), s=(side, side))
    total, covered, ours, reference, squares, both = torch.split(sums, [1, 1, 3, 3, 1, 1], 1)
    count = total.clamp_min(1e-6)

    def without_mean(products: Tensor, first: Tensor, second: Tensor) -> Tensor:
        apart: Tensor = products - (first * second).sum(1, keepdim=True) / count
        return apart

    whole = (weight * (view.pixels - image.sum((1, 2), keepdim=True) / weight.sum()).square()).sum()
    spread = without_mean(squares, reference, reference)
    likeness = without_mean(both, ours, reference).clamp_min(0)
    able = (total > BESIDE * weight.sum()) & (covered > COVERED * view.hole.sum()) & (spread > 1e-4 * count)
    told = likeness.square() / (spread * whole).clamp_min(1e-9)
    errors: Tensor = torch.where(able, 1 - told, torch.inf)[:, 0]
    return errors


def _quick(least: int) -> int:
    """A side whose Fourier transform is quick: 2, 3 or 5 times a power of two, or 9 times one."""
    return min(odd << power for odd in (2, 3, 5, 9) for power in range(12) if odd << power >= least)
