"""Where references have what surrounds a hole, how far turned, and how large: a search at a small scale."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Complex64, Float32
from scipy import fft

from restore.inference.alike.placement import Placement, View, look
from restore.inference.plausible.reference import Reference
from restore.inference.resampling import area_means

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
            height, width = (max(round(side / (view.factor[0] * scale)), 1) for side in reference.size)
            if min(height, width) >= LEAST_SIDE and max(height, width) <= MOST_SIDE:
                found += _found(view, reference, number, (height, width))
    return sorted(found, key=lambda placement: placement.error)[:most]


def _found(view: View, reference: Reference, number: int, size: tuple[int, int]) -> list[Placement]:
    """The best placements of a reference at one scale, each at another angle."""
    planes = area_means(np.stack([*(reference.pixels * reference.allowed), reference.allowed]), size)
    reach = math.ceil(math.hypot(*size))
    away = np.stack(np.meshgrid(*[np.arange(reach) - (reach - 1) / 2] * 2, indexing="ij"), -1)
    middle = [(side - 1) / 2 for side in size]
    turns = [Placement(number, 2 * math.pi * turn / ANGLES, 1.0, *middle) for turn in range(ANGLES)]
    turned = look(planes, np.stack([one.places(away) for one in turns]))
    errors = _errors(view, np.moveaxis(turned, 0, 1))
    side = errors.shape[-1]
    place = errors.reshape(ANGLES, -1).argmin(1)
    best = errors.reshape(ANGLES, -1)[np.arange(ANGLES), place]
    found = []
    valleys = (best <= np.roll(best, 1)) & (best <= np.roll(best, -1)) & np.isfinite(best)
    for index in [index for index in best.argsort(kind="stable").tolist() if valleys[index]][:EACH]:
        moves = [move - side if 2 * move > side else move for move in divmod(int(place[index]), side)]
        centre = np.array([at - move - (reach - 1) / 2 for at, move in zip(view.centre, moves, strict=True)])
        full = np.array(reference.size) / size
        row, column = ((turns[index].places(centre) + 0.5) * full - 0.5).tolist()
        scale = float(full[0]) / view.factor[0]
        found.append(Placement(number, turns[index].angle, scale, row, column, float(best[index])))
    return found


def _errors(view: View, turned: Float32[np.ndarray, "a 4 r r"]) -> Float32[np.ndarray, "a s s"]:
    """What turned references do not tell of all that varies in an image, at every shift; infinite if too little is."""
    side = _quick(max(turned.shape[-1], *view.weight.shape) * 5 // 4)

    def spectra(planes: Float32[np.ndarray, "*n _ _"]) -> Complex64[np.ndarray, "*n s half"]:
        transformed: Complex64[np.ndarray, "*n s half"] = fft.rfft2(planes, s=(side, side))
        return transformed

    seen = (turned[:, 3:] > 0.99).astype(np.float32)
    values = seen * turned[:, :3] / turned[:, 3:].clip(1e-6)
    weight = view.weight[None]
    image = view.pixels * weight
    own = spectra(np.concatenate([weight, view.hole[None].astype(np.float32), image]))
    theirs = spectra(np.concatenate([seen, values, np.square(values).sum(1, keepdims=True)], 1)).conj()
    products = [own * theirs[:, :1], own[:1] * theirs[:, 1:], (own[2:5] * theirs[:, 1:4]).sum(1, keepdims=True)]
    sums = fft.irfft2(np.concatenate(products, 1), s=(side, side))
    total, covered, ours, reference, squares, both = np.split(sums, [1, 2, 5, 8, 9], 1)
    count = total.clip(1e-6)

    def without_mean(
        products: Float32[np.ndarray, "a 1 s s"],
        first: Float32[np.ndarray, "a c s s"],
        second: Float32[np.ndarray, "a c s s"],
    ) -> Float32[np.ndarray, "a 1 s s"]:
        apart: Float32[np.ndarray, "a 1 s s"] = products - (first * second).sum(1, keepdims=True) / count
        return apart

    whole = (weight * np.square(view.pixels - image.sum((1, 2), keepdims=True) / weight.sum())).sum()
    spread = without_mean(squares, reference, reference)
    likeness = without_mean(both, ours, reference).clip(0)
    able = (total > BESIDE * weight.sum()) & (covered > COVERED * view.hole.sum()) & (spread > 1e-4 * count)
    told = np.square(likeness) / (spread * whole).clip(1e-9)
    errors: Float32[np.ndarray, "a s s"] = np.where(able, 1 - told, np.float32(np.inf))[:, 0]
    return errors


def _quick(least: int) -> int:
    """A side whose Fourier transform is quick: 2, 3 or 5 times a power of two, or 9 times one."""
    return min(odd << power for odd in (2, 3, 5, 9) for power in range(12) if odd << power >= least)
