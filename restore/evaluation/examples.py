"""Which of many scores are worth a look: for each damage the worst, the median and the best, pixel for pixel."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from restore.drawing.contact_sheet import BLANK, HOLE_COLOUR, contact_sheet
from restore.evaluation.battery import Damage
from restore.evaluation.methods import OURS, OWN, PLAUSIBLE, UNTREATED, Method, has_only_holes, restored_by
from restore.evaluation.scorecard import Sample
from restore.evaluation.scores import RANKING

CELL = 192
"""Largest side of a picture on the sheet, in pixels."""

WIDE_CELL = 320
"""The same where holes are coarse, so that a hole of 256 pixels is seen with what is around it."""

COARSE = 16
"""Side of a square, in pixels: holes that hold one are coarse."""

Cell = tuple[Float[ndarray, "h w 3"], str]


class Example(NamedTuple):
    """One image with one damage.

    Args:
        rank: `worst`, `median` or `best`.
        image: The sample's name.
        scores: PSNR in dB of what was damaged: of the restorer (of its plausible fill if that alone was scored), then
            of the best peer if there is one.
        others: The same of all other methods that did something and did not fail, in the order of their first scores.
    """

    rank: str
    image: str
    scores: dict[str, float]
    others: dict[str, float]


def choose(scores: pd.DataFrame) -> list[Example]:
    """The images at which the restorer compares worst, in the middle and best with the peer that is best on average.

    PSNR alone orders images mostly by how much detail they have; the difference to a peer tells where the restorer
    fails. Without a peer, PSNR has to do. The scores are those of one damage.
    """
    shown = ranked(scores)
    places = {"worst": 0, "median": len(shown) // 2, "best": len(shown) - 1}
    # Of one or two images, none is shown twice.
    chosen = {shown.index[place]: rank for rank, place in places.items()} if len(shown) else {}
    others = [method for method in scores["method"].unique() if method not in {*shown.columns, UNTREATED}]
    every = scores.pivot(index="image", columns="method", values=RANKING)[others]
    return [
        Example(rank, image, shown.loc[image].to_dict(), every.loc[image].dropna().to_dict())
        for image, rank in chosen.items()
    ]


def ranked(scores: pd.DataFrame) -> pd.DataFrame:
    """The scores of one damage by image and method: the restorer's and the best peer's, the worst comparison first."""
    by_image = scores.pivot(index="image", columns="method", values=RANKING).reindex(scores["image"].unique())
    ours = OURS if OURS in by_image else PLAUSIBLE
    peers = by_image.drop(columns=list(OWN), errors="ignore").mean(skipna=False).dropna()
    shown = by_image[[ours, *([] if peers.empty else [peers.idxmax()])]]
    return shown.loc[(shown[ours] - shown.iloc[:, 1:].sum(axis="columns")).sort_values(kind="stable").index]


def draw_sheet(
    methods: Mapping[str, Method],
    samples: Sequence[Sample],
    damages: Sequence[Damage],
    scores: pd.DataFrame,
    seed: int,
    progress: Callable[[], object] = lambda: None,
) -> Image.Image:
    """For each damage up to three rows, an example in each: degraded, ours, the best peer's, other fills, the truth.

    A pixel of an image is a pixel of the sheet. What `score_images` has scored is restored once more, so that no
    pictures have to be kept while many images are scored; progress is called after each damage.
    """
    of_image = {sample.name: sample for sample in samples}
    rows: list[list[Cell]] = []
    for damage in damages:
        for example in choose(scores[scores["damage"] == damage.name]):
            rows.append(_draw(methods, of_image[example.image], damage, example, seed))
        progress()
    width = max(map(len, rows))
    cells: list[Cell] = []
    for row in rows:
        cells += row[:-1] + [(BLANK, "")] * (width - len(row)) + row[-1:]
    side = max(CELL, *(max(pixels.shape[:2]) for pixels, _ in cells))
    return contact_sheet([pixels for pixels, _ in cells], [text for _, text in cells], columns=width, cell=side)


def _draw(methods: Mapping[str, Method], sample: Sample, damage: Damage, example: Example, seed: int) -> list[Cell]:
    image = sample.read()
    observation = damage.degrade(image, seed, sample.index)
    scores = {**example.scores, **(example.others if has_only_holes(observation) else {})}
    scores = dict(sorted(scores.items(), key=lambda item: item[0] not in OWN))  # both our fills side by side
    restored = {name: restored_by(methods[name], observation) for name in scores}
    ours, *peers = example.scores
    rows, columns = shown_part(restored[ours], image, observation.hole)
    degraded = torch.where(observation.hole, torch.tensor(HOLE_COLOUR)[:, None, None], observation.degraded)
    margin = "".join(f" ({scores[ours] - scores[peer]:+.2f})" for peer in peers)
    pictures = [(degraded, f"{damage.name}: {example.rank}\n{sample.name}")]
    for method, score in scores.items():
        pictures.append((restored[method], f"{method}\n{score:.2f} dB{margin if method == ours else ''}"))
    pictures.append((image, "truth"))
    return [(pixels[0, :, rows, columns].permute(1, 2, 0).numpy(), text) for pixels, text in pictures]


def shown_part(
    restored: Float[Tensor, "1 3 h w"], image: Float[Tensor, "1 3 h w"], hole: Bool[Tensor, "1 1 h w"]
) -> tuple[slice, slice]:
    """The part of an image that a sheet shows: the whole hole in the middle if it fits, or else the worst square.

    Args:
        restored: What was made of it.
        image: The truth.
        hole: With a coarse hole, the part has a side of `WIDE_CELL`, and of `CELL` otherwise, or that of the image.
    """
    is_coarse = bool((functional.max_pool2d(1 - hole.float(), COARSE, stride=4) == 0).any())
    side = WIDE_CELL if is_coarse else CELL
    around = [hole[0, 0].any(axis).nonzero()[:, 0] for axis in (1, 0)]
    if not hole.any() or max(int(places[-1] - places[0]) for places in around) >= side:
        return worst_part(restored, image, side)
    spans = []
    for places, size in zip(around, hole.shape[-2:], strict=True):
        start = max(0, min(int(places[0] + places[-1] + 1 - side) // 2, size - side))
        spans.append(slice(start, min(start + side, size)))
    return spans[0], spans[1]


def worst_part(restored: Float[Tensor, "1 3 h w"], image: Float[Tensor, "1 3 h w"], side: int) -> tuple[slice, slice]:
    """The square with the largest error."""
    return square_of_most((restored - image).square().mean(1, keepdim=True), side)


def square_of_most(what: Float[Tensor, "1 1 h w"], side: int) -> tuple[slice, slice]:
    """The square with the largest mean, among those that start at every eighth pixel."""
    height, width = (min(side, size) for size in what.shape[-2:])
    means = functional.avg_pool2d(what, (height, width), stride=8)
    top, left = divmod(int(means.argmax()), means.shape[-1])
    return slice(8 * top, 8 * top + height), slice(8 * left, 8 * left + width)
