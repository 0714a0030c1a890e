"""How well the error that `--expect-error` tells agrees with the true one, and the factors that it is told with.

python -m research.expected_error -o out/calibration                              # prints the factors
python -m research.expected_error -o out/held_out --images cid22/val --images cbsd68 --picture docs/expected_error.png
"""

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, UInt8
from tqdm import tqdm

from research.expected_error_picture import draw
from research.like import holes as busy_holes
from restore.commands.options import CommandParser, names, run_command
from restore.degradations.blobs import Blobs
from restore.degradations.strokes import BrushStrokes
from restore.errors import check_at_least, check_known
from restore.images.codec import read_rgb
from restore.images.folders import find_images
from restore.inference.expected_error import COVERAGE, PASSES, PROBES, estimates
from restore.inference.plausible import FILLS, Fill
from restore.inference.probe_errors import LEVEL, Errors, errors_of, pooled, probe_errors
from restore.inference.probes import place_probes
from restore.inference.restorer import Restorer
from restore.seeding import seeded_generator
from restore.synthetic import Leaves

Image = UInt8[np.ndarray, "h w 3"]

PHOTOGRAPHS = (
    *("astronaut", "camera", "chelsea", "coffee", "coins", "rocket", "moon"),
    *("brick", "grass", "gravel", "hubble_deep_field", "immunohistochemistry", "retina"),
)
"""What is calibrated with: photographs that come with scikit-image, and need no download."""

CROPS = 3
"""Of each of them: the middle, and two corners."""

LARGE = 850
"""Pixels of height above which they are halved, so that a crop shows more than a detail."""

DRAWN = 24
"""Images of the world `leaves` beside them."""

KINDS = ("strokes", "blob", "centre", "busy")
"""Brush strokes over 3 to 12 % of the image; a blob of 15 to 40 % of its side; a square in its middle of 25 to 50 % of
its side; and a disc over what is busiest, as in `research.like`, which nothing is calibrated with."""


def expected_error_study(
    *,
    output: str,
    images: list[str] | None = None,
    fills: str = "expected,plausible",
    count: int = 40,
    side: int = 256,
    seed: int = 0,
    weights: str = "default",
    picture: str | None = None,
    again: bool = False,
    alone: bool = False,
) -> int:
    """Fill holes of which the truth is known, and compare their errors with those of their probes.

    Without images, those are used that the factors are calibrated with, and the factors are printed; with images, how
    many errors lie within the intervals, how wide these are, and the rank correlation of what is told and what is true.

    Args:
        output: Folder for all errors (errors.csv).
        images: A folder, of which as many images as are asked for are used, spread evenly, and of each its middle;
            repeat it for several.
        fills: The kinds of fills, separated by commas.
        count: Images of each folder, or of those that are calibrated with.
        side: Of the squares that are looked at, in pixels.
        seed: Of the holes.
        weights: "default" for those that come with the package, or a file.
        picture: PNG file for the plot of what is told and what is true.
        alone: Also hide each probe by itself, to see whether those that are hidden at once are in each other's way.
        again: Take the errors from the file instead of filling anything.

    Returns:
        Exit status: 0 when done, 2 when the arguments allow no work.
    """
    check_at_least(1, count=count)
    check_at_least(64, side=side)
    check_known("fill", names(fills), FILLS)
    file = Path(output) / "errors.csv"
    if not again:
        pictures = held_out(images, count, side) if images else spread(list(calibration(side)), count)
        restorer = Restorer.load(weights, device="cpu")
        rows = []
        for name, image in tqdm(list(pictures), disable=None):
            for kind, hole in holes(name, image, seed).items():
                if images or kind != KINDS[-1]:
                    wanted = [fill for fill in FILLS if fill in names(fills)]
                    rows += [row(restorer, name, image, kind, hole, fill, alone) for fill in wanted]
        file.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(rows).to_csv(file, index=False)
    scores = pd.read_csv(file)
    shown = table(scores) if images else factors(scores)
    sys.stdout.write(f"{scores['image'].nunique()} images\n{shown.to_string()}\n")
    told = scores[scores["probes"] > 0]
    times = told["seconds_probes"].sum() / told["seconds"].sum()
    sys.stdout.write(f"told of {len(told)} holes of {len(scores)}, in {times:.2f} times the time of the fills\n")
    if alone:
        change = np.log((told["pixels_probes"] + LEVEL) / (told["pixels_alone"] + LEVEL))
        sys.stdout.write(f"hidden at once, {math.exp(change.mean()):.3f} times the error of probes hidden alone")
        sys.stdout.write(f", between {math.exp(change.min()):.2f} and {math.exp(change.max()):.2f}\n")
    if picture:
        Path(picture).write_bytes(draw(with_estimates(scores)))
    return 0


def calibration(side: int) -> Iterator[tuple[str, Image]]:
    """Crops of the photographs of scikit-image, and drawn images."""
    import skimage.data

    for name in PHOTOGRAPHS:
        image = getattr(skimage.data, name)()
        image = np.broadcast_to(image.reshape(*image.shape[:2], -1), (*image.shape[:2], 3))
        if image.shape[0] > LARGE:
            height, width = (length // 2 * 2 for length in image.shape[:2])
            cells = image[:height, :width].reshape(height // 2, 2, width // 2, 2, 3)
            image = cells.mean((1, 3)).round().astype(np.uint8)
        down, right = (max(0, length - side) for length in image.shape[:2])
        for index, (top, left) in enumerate([(down // 2, right // 2), (0, 0), (down, right)][:CROPS]):
            yield f"{name}-{index}", np.ascontiguousarray(image[top : top + side, left : left + side])
    drawn = Leaves(DRAWN, side)
    for index in range(DRAWN):
        yield f"leaves-{index}", (255 * drawn[index].permute(1, 2, 0)).round().to(torch.uint8).numpy()


def held_out(folders: list[str], count: int, side: int) -> Iterator[tuple[str, Image]]:
    """The middles of images, spread evenly over each folder in the order of names."""
    for folder in folders:
        paths = sorted(path for path, _ in find_images([folder]))
        for path in spread(paths, count):
            image = (255 * read_rgb(path)).round().astype(np.uint8)
            top, left = (max(0, length - side) // 2 for length in image.shape[:2])
            yield path.name, np.ascontiguousarray(image[top : top + side, left : left + side])


def spread(things: list[Any], count: int) -> list[Any]:
    """So many of them, at even distances."""
    places = np.linspace(0, len(things) - 1, min(count, len(things)))
    return [things[place] for place in places.round().astype(int)]


def holes(name: str, image: Image, seed: int) -> dict[str, Bool[np.ndarray, "h w"]]:
    """A hole of each kind."""
    height, width = image.shape[:2]
    generator = seeded_generator("expected error", seed, name)
    share = 0.25 + 0.25 * float(torch.rand(1, generator=generator))
    rows, columns = (round(share * length) for length in (height, width))
    top, left = (height - rows) // 2, (width - columns) // 2
    centre = np.zeros((height, width), dtype=np.bool_)
    centre[top : top + rows, left : left + columns] = True
    strokes = BrushStrokes(0.03, 0.12).draw(1, height, width, generator)
    blob = Blobs(1, 0.15, 0.4).draw(1, height, width, generator)
    busy = next(busy_holes(image, seed, name))[1]
    return dict(zip(KINDS, (strokes[0, 0].numpy(), blob[0, 0].numpy(), centre, busy), strict=True))


def row(
    restorer: Restorer,
    name: str,
    image: Image,
    kind: str,
    hole: Bool[np.ndarray, "h w"],
    fill: Fill,
    alone: bool = False,
) -> dict[str, str | float]:
    """The true errors of a fill, and those of its probes, in [0, 1] units."""
    start = time.process_time()
    filled = restorer.inpaint(image, hole, fill)
    middle = time.process_time()
    probes = place_probes(hole, ~hole, PROBES, PASSES, np.random.default_rng(0))
    errors = probe_errors(restorer, image, hole, np.zeros_like(hole), probes, {"fill": fill})
    end = time.process_time()
    true, told = errors_of(filled, image, hole), pooled(errors) if errors else Errors(math.nan, math.nan)
    about = {"image": name, "hole": kind, "fill": fill, "share": float(hole.mean()), "is_cut": probes.is_cut}
    found = {f"{one}_{what}": getattr(e, one) for what, e in (("true", true), ("probes", told)) for one in e._fields}
    times = {"seconds": middle - start, "seconds_probes": end - middle}
    if alone and errors:
        one_by_one = replace(probes, passes=tuple((probe,) for some in probes.passes for probe in some))
        each = probe_errors(restorer, image, hole, np.zeros_like(hole), one_by_one, {"fill": fill})
        found["pixels_alone"] = pooled(each).pixels
    return {**about, "probes": len(errors), "passes": len(probes.passes), **found, **times}


def factors(scores: pd.DataFrame) -> pd.DataFrame:
    """What the errors of holes are to those of their probes, as quantiles that hold for others like these."""
    rows = []
    for (fill, is_cut), some in scores[scores["probes"] > 0].groupby(["fill", "is_cut"]):
        for measure in Errors._fields:
            ratios = np.sort((some[f"{measure}_true"] + LEVEL) / (some[f"{measure}_probes"] + LEVEL))
            n, tail = len(ratios), (1 - COVERAGE) / 2
            low = ratios[max(0, math.floor(tail * (n + 1)) - 1)]
            high = ratios[min(n - 1, math.ceil((1 - tail) * (n + 1)) - 1)]
            numbers = dict(zip(("low", "middle", "high"), np.round([low, np.median(ratios), high], 2), strict=True))
            rows.append({"fill": fill, "is_cut": is_cut, "measure": measure, "holes": n, **numbers})
    return pd.DataFrame(rows).set_index(["fill", "is_cut", "measure"])


def with_estimates(scores: pd.DataFrame) -> pd.DataFrame:
    """The same, of those of which something is told, with what is told of each measure."""
    told = scores[scores["probes"] > 0].copy()
    for index, one in told.iterrows():
        errors = Errors(*(one[f"{measure}_probes"] for measure in Errors._fields))
        for measure, estimate in zip(Errors._fields, estimates(errors, one["fill"], one["is_cut"]), strict=True):
            for what, value in zip(estimate._fields, estimate, strict=True):
                told.loc[index, f"{measure}_{what}"] = value
    return told


def table(scores: pd.DataFrame) -> pd.DataFrame:
    """By fill, measure and hole: what share of the errors lies in the intervals, their width, and rank correlation."""
    told = with_estimates(scores)
    rows = []
    for fill, of_fill in told.groupby("fill"):
        kinds = [(kind, of_fill[of_fill["hole"] == kind]) for kind in KINDS]
        kinds += [("first three", of_fill[of_fill["hole"] != KINDS[-1]])]
        for measure in Errors._fields:
            for kind, some in kinds:
                true, low, high = (some[f"{measure}_{what}"] for what in ("true", "low", "high"))
                ranks = [some[f"{measure}_{what}"].rank() for what in ("true", "expected")]
                numbers = {
                    "n": len(some),
                    "below": float((true < low).mean()),
                    "coverage": float(((low <= true) & (true <= high)).mean()),
                    "above": float((true > high).mean()),
                    "true": 255 * true.mean(),
                    "width": 255 * (high - low).mean(),
                    "times": float(((high + LEVEL) / (low + LEVEL)).mean()),
                    "rank correlation": ranks[0].corr(ranks[1]),
                }
                rows.append({"fill": fill, "measure": measure, "hole": kind, **numbers})
    return pd.DataFrame(rows).set_index(["fill", "measure", "hole"]).round(2)


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(expected_error_study, vars(CommandParser(expected_error_study).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
