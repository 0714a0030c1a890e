"""Which of many scores are worth a look: for each damage the worst, the median and the best, as pictures."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import torch
from jaxtyping import Float
from numpy import ndarray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from restore.drawing.contact_sheet import BLANK, HOLE_COLOUR, contact_sheet
from restore.evaluation.battery import Damage
from restore.evaluation.methods import OURS, OWN, Method, restored_by
from restore.evaluation.scorecard import Sample
from restore.evaluation.scores import RANKING

CELL = 192
"""Largest side of a picture on the sheet, in pixels."""

COARSE = 16
"""Side of a square, in pixels: holes that hold one are shown at half scale, all finer damage at its own."""

Cell = tuple[Float[ndarray, "h w 3"], str]


class Example(NamedTuple):
    """One image with one damage.

    Args:
        rank: `worst`, `median` or `best`.
        image: The sample's name.
        scores: PSNR in dB of what was damaged: of the restorer, then of the best peer if there is one.
    """

    rank: str
    image: str
    scores: dict[str, float]


def choose(scores: pd.DataFrame) -> list[Example]:
    """The images at which the restorer compares worst, in the middle and best with the peer that is best on average.

    PSNR alone orders images mostly by how much detail they have; the difference to a peer tells where the restorer
    fails. Without a peer, PSNR has to do. The scores are those of one damage.
    """
    shown = ranked(scores)
    places = {"worst": 0, "median": len(shown) // 2, "best": len(shown) - 1}
    # Of one or two images, none is shown twice.
    chosen = {shown.index[place]: rank for rank, place in places.items()} if len(shown) else {}
    return [Example(rank, image, shown.loc[image].to_dict()) for image, rank in chosen.items()]


def ranked(scores: pd.DataFrame) -> pd.DataFrame:
    """The scores of one damage by image and method: the restorer's and the best peer's, the worst comparison first."""
    by_image = scores.pivot(index="image", columns="method", values=RANKING).reindex(scores["image"].unique())
    peers = by_image.drop(columns=list(OWN), errors="ignore").mean(skipna=False).dropna()
    shown = by_image[[OURS, *([] if peers.empty else [peers.idxmax()])]]
    return shown.loc[(shown[OURS] - shown.iloc[:, 1:].sum(axis="columns")).sort_values(kind="stable").index]


def draw_sheet(
    methods: Mapping[str, Method],
    samples: Sequence[Sample],
    damages: Sequence[Damage],
    scores: pd.DataFrame,
    seed: int,
    progress: Callable[[], object] = lambda: None,
) -> Image.Image:
    """A row for each damage, with up to three examples in it: degraded, ours, the best peer's and the truth.

    What `score_images` has scored is restored once more, so that no pictures have to be kept while many images are
    scored; progress is called after each row.
    """
    of_image = {sample.name: sample for sample in samples}
    rows: list[list[list[Cell]]] = []
    for damage in damages:
        examples = choose(scores[scores["damage"] == damage.name])
        rows.append([_draw(methods, of_image[example.image], damage, example, seed) for example in examples])
        progress()
    width, count = max(len(example) for row in rows for example in row), max(map(len, rows))
    cells = []
    for row in rows:
        for example in row + [[]] * (count - len(row)):
            cells += example[:-1] + [(BLANK, "")] * (width - len(example)) + example[-1:]
    return contact_sheet([pixels for pixels, _ in cells], [text for _, text in cells], columns=count * width, cell=CELL)


def _draw(methods: Mapping[str, Method], sample: Sample, damage: Damage, example: Example, seed: int) -> list[Cell]:
    image = sample.read()
    observation = damage.degrade(image, seed, sample.index)
    restored = {name: restored_by(methods[name], observation) for name in example.scores}
    is_coarse = bool((functional.max_pool2d(1 - observation.hole.float(), COARSE, stride=4) == 0).any())
    rows, columns = worst_part(restored[OURS], image, 2 * CELL if is_coarse else CELL)
    degraded = torch.where(observation.hole, torch.tensor(HOLE_COLOUR)[:, None, None], observation.degraded)
    ours, *peers = example.scores.values()
    margin = "".join(f" ({ours - peer:+.2f})" for peer in peers)
    pictures = [(degraded, f"{damage.name}: {example.rank}\n{sample.name}")]
    for method, score in example.scores.items():
        pictures.append((restored[method], f"{method}\n{score:.2f} dB{margin if method == OURS else ''}"))
    pictures.append((image, "truth"))
    return [(pixels[0, :, rows, columns].permute(1, 2, 0).numpy(), text) for pixels, text in pictures]


def worst_part(restored: Float[Tensor, "1 3 h w"], image: Float[Tensor, "1 3 h w"], side: int) -> tuple[slice, slice]:
    """The square with the largest error."""
    return square_of_most((restored - image).square().mean(1, keepdim=True), side)


def square_of_most(what: Float[Tensor, "1 1 h w"], side: int) -> tuple[slice, slice]:
    """The square with the largest mean, among those that start at every eighth pixel."""
    height, width = (min(side, size) for size in what.shape[-2:])
    means = functional.avg_pool2d(what, (height, width), stride=8)
    top, left = divmod(int(means.argmax()), means.shape[-1])
    return slice(8 * top, 8 * top + height), slice(8 * left, 8 * left + width)
