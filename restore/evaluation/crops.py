"""Noise as it came, to look at: parts of images pixel for pixel, as they came, by each method, and clean."""

from collections.abc import Mapping, Sequence

import pandas as pd
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from restore.drawing.contact_sheet import contact_sheet
from restore.evaluation.battery import Damage
from restore.evaluation.examples import CELL, ranked, square_of_most
from restore.evaluation.methods import UNTREATED, Method, attempted
from restore.evaluation.scorecard import Sample
from restore.evaluation.scores import RANKING

ROWS = 6
"""The most images on a sheet."""


def draw_crops(
    methods: Mapping[str, Method],
    samples: Sequence[Sample],
    damage: Damage,
    scores: pd.DataFrame,
    seed: int,
    corner: tuple[int, int] | None = None,
) -> Image.Image:
    """A row for each of some images: a square of `CELL` pixels as it came, by each method that was scored, and clean.

    The images are spread evenly from where the restorer compares worst with the best peer to where it compares best.

    Args:
        methods: As for `restore.evaluation.scorecard.score_images`, as are the samples, the damage and the seed.
        samples: Those that were scored.
        damage: What they were scored with.
        scores: What came of it.
        seed: Of the damage.
        corner: Left and top of the squares, moved where an image ends before; by default each is where its clean image
            has the most texture.
    """
    of_image = {sample.name: sample for sample in samples}
    order = ranked(scores).index
    count = min(ROWS, len(order))
    chosen = [order[round(i * (len(order) - 1) / max(count - 1, 1))] for i in range(count)]
    shown = [name for name in methods if name in set(scores["method"]) - {UNTREATED}]
    psnr = scores.set_index(["image", "method"])[RANKING]
    pictures, captions = [], []
    for name in chosen:
        clean = of_image[name].read()
        observation = damage.degrade(clean, seed, of_image[name].index)
        span = _square(clean, corner)
        results = [attempted(method, methods[method], observation, name) for method in shown]
        pictures += [one[0][:, *span] for one in (observation.degraded, *results, clean)]
        came = psnr.get((name, UNTREATED))
        captions += [f"{name}\n{'' if came is None else f'{came:.2f} dB'}"]
        captions += [f"{method}\n{psnr[name, method]:.2f} dB" for method in shown] + ["clean"]
    arrays = [picture.permute(1, 2, 0).numpy() for picture in pictures]
    return contact_sheet(arrays, captions, columns=len(shown) + 2, cell=CELL)


def _square(clean: Float[Tensor, "1 3 h w"], corner: tuple[int, int] | None) -> tuple[slice, slice]:
    if corner is None:
        gray = clean.mean(1, keepdim=True)
        steps = gray.diff(dim=2)[..., :-1].square() + gray.diff(dim=3)[..., :-1, :].square()
        return square_of_most(steps.sqrt(), CELL)
    left, top = (max(0, min(start, size - CELL)) for start, size in zip(corner, clean.shape[:1:-1], strict=True))
    return slice(top, top + CELL), slice(left, left + CELL)
