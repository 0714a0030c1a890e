"""Whether the values of an image of floats can be what they should be: in [0, 1], but for noise."""

import numpy as np
from jaxtyping import Bool, Shaped

from restore.errors import UserError

REACH = 4.0
"""How far any value may lie outside [0, 1]."""

MEAN = 0.1
"""How far the values may lie below 0, or above 1, on average. Noise of sigma 50/255 on pure black does so by 0.08."""

SMOOTH = 0.03
"""The same of the means over cells of `CELL` pixels, over which noise averages out."""

CELL = 8


def check_floats(array: Shaped[np.ndarray, "n h w c"], colours: int, known: Bool[np.ndarray, "n h w"]) -> None:
    """Refuse floats that are no numbers, or not in [0, 1] by more than noise and sharpening explain.

    Args:
        array: The values; alpha, where there is one, lies after the colours.
        colours: Number of the channels that are colours.
        known: What is looked at; the rest does not matter.

    Raises:
        UserError: Some are not finite, or they are in another range; with what to do about it.
    """
    bad = int((known & ~np.isfinite(array).all(-1)).sum())
    if bad:
        raise UserError(
            f"{bad} pixel{'s' * (bad > 1)} of the image hold{'s' * (bad == 1)} NaN or infinite values: "
            "`inpaint` fills them if they are given as hole"
        )
    if not known.any():
        return
    low = float(np.min(array, where=known[..., None], initial=np.inf))
    high = float(np.max(array, where=known[..., None], initial=-np.inf))
    if low >= 0 and high <= 1:
        return
    outside = [_outside(one[..., :colours], where) for one, where in zip(array, known, strict=True) if where.any()]
    if low >= -REACH and high <= 1 + REACH and not any(outside):
        return
    raise UserError(f"floats are in [0, 1], not in {low:g} … {high:g}: {_remedy(low, high)}")


def _outside(image: Shaped[np.ndarray, "h w c"], known: Bool[np.ndarray, "h w"]) -> bool:
    """Whether an image leaves [0, 1] by more than noise does."""
    step = 1 + int(np.sqrt(known.size) // 1024)  # a part of a large image tells as much as all of it
    values = image[::step, ::step][known[::step, ::step]].astype(np.float32)
    # Few values may lie outside together.
    if len(values) and _excess(values) > MEAN + 0.5 / np.sqrt(len(values)):
        return True
    rows, columns = (size // CELL for size in known.shape)
    if not rows * columns:
        return False
    filled = np.where(known[..., None], image, 0.5)[: rows * CELL, : columns * CELL]
    cells = filled.reshape(rows, CELL, columns, CELL, -1).mean((1, 3), dtype=np.float32)
    return _excess(cells) > SMOOTH


def _excess(values: Shaped[np.ndarray, "*_"]) -> float:
    """How far values lie outside [0, 1] on average, on the side where they do so more."""
    return float(max(-np.minimum(values, 0).mean(), np.maximum(values - 1, 0).mean()))


def _remedy(low: float, high: float) -> str:
    if low >= -1.1 and high <= 1.1:
        return "if they are in [-1, 1], give (image + 1) / 2"
    for white in (255, 4095, 65535):
        if -high / 4 <= low and REACH < high <= 1.25 * white:
            return f"divide by {white}"
    return "scale them, (image - black) / (white - black)"
