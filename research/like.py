"""What twenty images of one kind of part are worth, learned from or copied from: hole PSNR and perceptual distance.

python -m research.like coins -o out/coins                                  # also writes out/coins/learn, twenty images
restore finetune out/coins/learn -o coins.safetensors --task holes
python -m research.like coins -o out/coins --weights coins.safetensors
"""

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from torch import Tensor
from torch.nn import functional

from restore.commands.options import CommandParser, run_command
from restore.errors import UserError, check_at_least
from restore.evaluation.perceptual import perceptual_distance, unavailable
from restore.images.codec import read_rgb, write_picture
from restore.images.folders import find_images
from restore.images.picture import Picture
from restore.inference.restorer import Restorer
from restore.metrics import psnr
from restore.seeding import seeded_generator

LEARNED = 20
"""Images to learn from, and to refer to."""

DIAMETER = 0.4
"""Of a hole, as a share of the shorter side of an image."""

BUSY = 0.9
"""A hole lies where there is at least this share of the detail of the busiest place."""

KINDS = ("whole", "half")
"""A disc, and one half of it."""


def like(
    folder: str,
    *,
    output: str,
    weights: str | None = None,
    count: int = 8,
    side: int = 320,
    seed: int = 0,
    expected_only: bool = False,
) -> int:
    """Fill holes over the parts in images of a set, with and without what twenty others of it tell.

    By name, twenty images spread evenly over the folder are learned from; of the others as many as are asked for,
    spread evenly, get two holes each. One is a disc over the part, 0.4 times as wide as the image: it lies where there
    is most detail, or nearly so. The other is that half of it which lies on one side of a line drawn at random.

    Args:
        folder: The set.
        output: Folder for the twenty images (learn), and for all scores (scores.csv).
        weights: What `restore finetune` made of the twenty images.
        count: Images to restore.
        side: The longer side, in pixels, to which larger images are reduced.
        seed: Of the holes.
        expected_only: Leave the plausible fills out, which take longest.

    Returns:
        Exit status: 0 when done, 2 when the arguments allow no work.
    """
    check_at_least(1, count=count)
    learned, others = split([path for path, _ in find_images([folder])], count)
    references = [reduced(path, side) for path in learned]
    for path, pixels in zip(learned, references, strict=True):
        write_picture(Picture(pixels), Path(output) / "learn" / f"{path.stem}.png", overwrite=True)
    rows = []
    for name, file in (("default", "default"), ("finetuned", weights)):
        if file is None:
            continue
        restorer = Restorer.load(file, device="cpu")
        for path in others:
            image = reduced(path, side)
            for kind, hole in holes(image, seed, path.name):
                for refers in (False, True):
                    scores = _scores(restorer, image, hole, references if refers else [], expected_only)
                    method = f"{name}{' + like' if refers else ''}"
                    rows.append({"image": path.name, "hole": kind, "method": method, **scores})
                    pd.DataFrame(rows).to_csv(Path(output) / "scores.csv", index=False)
    table = pd.DataFrame(rows).drop(columns="image").groupby(["hole", "method"], sort=False).mean()
    sys.stdout.write(f"{len(others)} images of {folder}\n{table.round(3).to_string()}\n")
    return 0


def split(paths: list[Path], count: int) -> tuple[list[Path], list[Path]]:
    """Images to learn from, and others to restore, both spread evenly over all of them in the order of their names.

    Raises:
        UserError: There are not enough.
    """
    if len(paths) < LEARNED + count:
        raise UserError(f"{LEARNED} images to learn from and {count} to restore are more than the {len(paths)} there")
    paths = sorted(paths)
    learned = _spread(paths, LEARNED)
    return learned, _spread([path for path in paths if path not in learned], count)


def _spread(paths: list[Path], count: int) -> list[Path]:
    return [paths[index] for index in np.linspace(0, len(paths) - 1, count).round().astype(int)]


def reduced(path: Path, side: int) -> UInt8[np.ndarray, "h w 3"]:
    """An image of at most so many pixels each way."""
    image = Image.fromarray((read_rgb(path) * 255).round().astype(np.uint8))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.array(image)


def holes(image: UInt8[np.ndarray, "h w 3"], seed: int, name: str) -> Iterator[tuple[str, Bool[np.ndarray, "h w"]]]:
    """A disc over what is busy in an image, and half of it."""
    generator = seeded_generator("like", seed, name)
    height, width = image.shape[:2]
    radius = DIAMETER * min(height, width) / 2
    busy = detail(image, 2 * int(radius) + 1)
    places = (busy >= BUSY * busy.max()).nonzero()
    row, column = places[int(torch.randint(len(places), (1,), generator=generator))].tolist()
    angle = 2 * math.pi * float(torch.rand(1, generator=generator))
    down, right = np.ogrid[:height, :width]
    down, right = down - row - int(radius), right - column - int(radius)
    disc = down**2 + right**2 <= radius**2
    yield KINDS[0], disc
    yield KINDS[1], disc & (math.cos(angle) * right + math.sin(angle) * down >= 0)


def detail(image: UInt8[np.ndarray, "h w 3"], window: int) -> Float[Tensor, "rows columns"]:
    """Mean difference of neighbours in squares of an image, most in their middles, by their upper left corners."""
    gray = torch.from_numpy(image.mean(2, dtype=np.float32))
    change = gray.diff(dim=0)[:, 1:].abs() + gray.diff(dim=1)[1:].abs()
    # Twice a window of half the size: what lies in the middle counts most.
    half = functional.avg_pool2d(change[None, None], window // 2, 1)
    return functional.avg_pool2d(half, window // 2, 1)[0, 0]


def _scores(
    restorer: Restorer,
    image: UInt8[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    references: list[UInt8[np.ndarray, "h w 3"]],
    expected_only: bool,
) -> dict[str, float]:
    """Of the expected fill the PSNR in the hole, of the plausible one the perceptual distance, where installed."""
    region = torch.from_numpy(hole)[None, None]
    truth = _tensor(image)
    expected = restorer.inpaint(image, hole, like=references)
    scores = {"expected: psnr_hole": float(psnr(_tensor(expected), truth, region))}
    if not expected_only:
        plausible = restorer.inpaint(image, hole, fill="plausible", like=references)
        scores["plausible: psnr_hole"] = float(psnr(_tensor(plausible), truth, region))
        if unavailable() is None:
            scores["plausible: perceptual"] = float(perceptual_distance(_tensor(plausible), truth, region))
    return scores


def _tensor(image: UInt8[np.ndarray, "h w 3"]) -> Float[Tensor, "1 3 h w"]:
    return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(like, vars(CommandParser(like).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
