"""Which of many scores are worth a look: for each setting the worst, the median and the best, as pictures."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from numpy import ndarray
from PIL import Image
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from restore.drawing.contact_sheet import BLANK, HOLE_COLOUR, contact_sheet
from restore.evaluation.battery import Setting
from restore.evaluation.means import Mean
from restore.evaluation.methods import OURS, OWN, methods_of, restored_by
from restore.evaluation.scorecard import Sample, Score
from restore.inference.restorer import Restorer

CELL = 192
"""Largest side of a picture on the sheet, in pixels."""

COARSE = 16
"""Side of a square, in pixels: holes that hold one are shown at half scale, all finer damage at its own."""

Cell = tuple[Float[ndarray, "h w 3"], str]


class Example(NamedTuple):
    """One image in one setting.

    Args:
        rank: `worst`, `median` or `best`.
        image: The sample's name.
        figures: PSNR in dB of the restorer, then of the best peer of the setting if there is one; over the hole where
            there is one.
    """

    rank: str
    image: str
    figures: dict[str, float]


def choose(scores: Sequence[Score], means: Sequence[Mean]) -> list[Example]:
    """The images at which the restorer compares worst, in the middle and best with the peer that is best on average.

    PSNR alone orders images mostly by how much detail they have; the difference to a peer tells where the restorer
    fails. Without a peer, PSNR has to do.

    Args:
        scores: Of one setting.
        means: Of the same setting.
    """
    peers = [mean for mean in means if mean.method not in OWN and not math.isnan(mean.figure)]
    shown = [OURS, *(mean.method for mean in sorted(peers, key=lambda mean: mean.figure)[-1:])]
    figures: dict[str, dict[str, float]] = {}
    for score in scores:
        if score.method in shown:
            figures.setdefault(score.image, {})[score.method] = score.figure
    order = sorted(figures, key=lambda image: figures[image][OURS] - sum(figures[image][name] for name in shown[1:]))
    places = {"worst": 0, "median": len(order) // 2, "best": len(order) - 1}
    # Of one or two images, none is shown twice.
    chosen = {order[place]: rank for rank, place in places.items()} if order else {}
    return [Example(rank, image, {name: figures[image][name] for name in shown}) for image, rank in chosen.items()]


def draw_sheet(
    restorer: Restorer,
    samples: Sequence[Sample],
    settings: Sequence[Setting],
    scores: Sequence[Score],
    means: Sequence[Mean],
    seed: int,
) -> Image.Image:
    """A row for each setting, with up to three examples in it: degraded, ours, the best peer's and the truth.

    What is shown is restored once more, so that no pictures have to be kept while many images are scored.
    """
    of_image = {sample.name: sample for sample in samples}
    rows: list[list[list[Cell]]] = []
    for setting in tqdm(settings, "contact sheet", unit="row", disable=None):
        of_setting = [score for score in scores if (score.task, score.setting) == (setting.task, setting.name)]
        its_means = [mean for mean in means if (mean.task, mean.setting) == (setting.task, setting.name)]
        examples = choose(of_setting, its_means)
        rows.append([_draw(restorer, of_image[example.image], setting, example, seed) for example in examples])
    width, count = max(len(example) for row in rows for example in row), max(map(len, rows))
    cells = []
    for row in rows:
        for example in row + [[]] * (count - len(row)):
            cells += example[:-1] + [(BLANK, "")] * (width - len(example)) + example[-1:]
    return contact_sheet([pixels for pixels, _ in cells], [text for _, text in cells], columns=count * width, cell=CELL)


def _draw(restorer: Restorer, sample: Sample, setting: Setting, example: Example, seed: int) -> list[Cell]:
    image = sample.read()
    observation = setting.damage(image, seed, sample.index)
    methods = methods_of(setting.task, restorer, list(example.figures))
    restored = {name: restored_by(name, methods[name], observation) for name in example.figures}
    is_coarse = bool((functional.max_pool2d(1 - observation.hole.float(), COARSE, stride=4) == 0).any())
    rows, columns = worst_part(restored[OURS], image, 2 * CELL if is_coarse else CELL)
    name = f"sigma {setting.name}" if setting.task == "noise" else setting.name
    pictures = [
        (
            torch.where(observation.hole, torch.tensor(HOLE_COLOUR)[:, None, None], observation.degraded),
            f"{name}: {example.rank}\n{sample.name}",
        ),
        *((restored[method], f"{method}\n{text}") for method, text in _in_words(example.figures).items()),
        (image, "truth"),
    ]
    return [(pixels[0, :, rows, columns].permute(1, 2, 0).numpy(), text) for pixels, text in pictures]


def _in_words(figures: dict[str, float]) -> dict[str, str]:
    words = {method: f"{figure:.2f} dB" for method, figure in figures.items()}
    for peer in figures.keys() - {OURS}:
        words[OURS] += f" ({figures[OURS] - figures[peer]:+.2f})"
    return words


def worst_part(restored: Float[Tensor, "1 3 h w"], image: Float[Tensor, "1 3 h w"], side: int) -> tuple[slice, slice]:
    """The square with the largest error, among those that start at every eighth pixel."""
    height, width = (min(side, size) for size in image.shape[-2:])
    error = (restored - image).square().mean(1, keepdim=True)
    error = functional.avg_pool2d(error, (height, width), stride=8)
    top, left = divmod(int(error.argmax()), error.shape[-1])
    return slice(8 * top, 8 * top + height), slice(8 * left, 8 * left + width)
