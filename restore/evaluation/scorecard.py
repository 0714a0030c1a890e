"""The scorecard: one restorer and its peers on the same damaged images, PSNR by PSNR.

Protocol, as the papers have it: RGB, whole images, noise of known sigma added without clipping, what comes back
clipped to [0, 1], PSNR of each image (in the hole, where there is one) and then the mean over the images.
"""

import csv
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from PIL import Image

from restore.evaluation.peers import DENOISERS, FILLS, Denoise, Fill
from restore.files import find_images, read_rgb
from restore.inference.restorer import Restorer
from restore.masks import read_mask
from restore.metrics import psnr

OURS = "restore"


@dataclass(frozen=True)
class Score:
    """The figure of one method on one damaged image.

    Args:
        task: `hole` or `noise`.
        setting: The masks' folder, or sigma in 0..255 units.
        image: Path of the image below its folder.
        method: `restore`, or a peer.
        psnr: In dB; over the hole, or over the whole image.
        seconds: How long it took.
    """

    task: str
    setting: str
    image: str
    method: str
    psnr: float
    seconds: float


def score_holes(images: Path, masks: Path, restorer: Restorer, against: Sequence[str]) -> Iterator[Score]:
    """Fill the masks of each folder below `masks` in every image.

    The masks of a folder are dealt out in turn and scaled to the image, without interpolation.

    Args:
        images: Folder of clean images.
        masks: Folder of folders of masks, white = hole; or of masks.
        restorer: What is judged.
        against: Names of peers; those that do not fill holes are passed over.
    """
    methods: dict[str, Fill] = {OURS: restorer.inpaint} | {name: FILLS[name] for name in against if name in FILLS}
    groups: dict[str, list[Path]] = {}
    for path, relative in find_images([masks]):
        groups.setdefault(str(relative.parent), []).append(path)
    for setting, paths in groups.items():
        for i, (path, name) in enumerate(find_images([images])):
            image = read_rgb(path)
            hole = _scaled(read_mask(paths[i % len(paths)], "hole"), image.shape[:2])
            if not hole.any() or hole.all():
                continue
            degraded = np.where(hole[..., None], np.float32(0), image)
            for method, fill in methods.items():
                restored, seconds = _timed(fill, degraded, hole)
                yield Score("hole", setting, str(name), method, _psnr(restored, image, hole), seconds)


def score_noise(
    images: Path, sigmas: Iterable[float], restorer: Restorer, against: Sequence[str], seed: int
) -> Iterator[Score]:
    """Add white Gaussian noise to every image, and remove it, sigma being known.

    Args:
        images: Folder of clean images.
        sigmas: Standard deviations in 0..255 units.
        restorer: What is judged.
        against: Names of peers; those that do not denoise are passed over.
        seed: With the place of the image in its folder and sigma, it fixes the noise.
    """
    methods: dict[str, Denoise] = {"noisy": lambda degraded, _: degraded, OURS: restorer.denoise}
    methods |= {name: DENOISERS[name] for name in against if name in DENOISERS}
    for sigma in sigmas:
        for i, (path, name) in enumerate(find_images([images])):
            image = read_rgb(path)
            rng = np.random.default_rng([seed, i, round(sigma * 1000)])
            degraded = (image + sigma / 255 * rng.standard_normal(image.shape)).astype(np.float32)
            for method, denoise in methods.items():
                restored, seconds = _timed(denoise, degraded, sigma / 255)
                # What was not restored stays unclipped: sigma would otherwise not be what it is said to be.
                restored = restored if method == "noisy" else restored.clip(0, 1)
                yield Score("noise", f"{sigma:g}", str(name), method, _psnr(restored, image, None), seconds)


def write_report(scores: Sequence[Score], folder: Path, facts: dict[str, object]) -> str:
    """Write every score (`scores.csv`), the means (`summary.json`) and a table (`table.md`), which is returned.

    Args:
        scores: At least one.
        folder: Made if it is not there.
        facts: What else the summary should say: weights, seed, versions.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "scores.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(asdict(scores[0])))
        writer.writeheader()
        writer.writerows(asdict(score) for score in scores)
    table = _table(scores)
    (folder / "table.md").write_text(table + "\n")
    means = [
        {"task": task, "setting": setting, "method": method, "psnr": float(np.mean(figures)), "images": len(figures)}
        for (task, setting, method), figures in _groups(scores, lambda score: score.psnr).items()
    ]
    (folder / "summary.json").write_text(json.dumps({**facts, "means": means}, indent=1) + "\n")
    return table


def _table(scores: Sequence[Score]) -> str:
    figures = _groups(scores, lambda score: score.psnr)
    seconds = _groups(scores, lambda score: score.seconds)
    lines = []
    for task, title in (("hole", "hole PSNR, dB"), ("noise", "PSNR, dB, by sigma")):
        columns = list(dict.fromkeys(setting for kind, setting, _ in figures if kind == task))
        if not columns:
            continue
        lines += [f"| {title} | {' | '.join(columns)} | s/image |", "|---" * (len(columns) + 2) + "|"]
        for method in dict.fromkeys(name for kind, _, name in figures if kind == task):
            cells = [f"{np.mean(figures[task, column, method]):.2f}" for column in columns]
            times = np.median(np.concatenate([seconds[task, column, method] for column in columns]))
            lines.append(f"| {method} | {' | '.join(cells)} | {times:.2f} |")
        lines.append("")
    return "\n".join(lines).rstrip()


def _groups(scores: Sequence[Score], value: Callable[[Score], float]) -> dict[tuple[str, str, str], list[float]]:
    groups: dict[tuple[str, str, str], list[float]] = {}
    for score in scores:
        groups.setdefault((score.task, score.setting, score.method), []).append(value(score))
    return groups


def _timed(restore: Callable[..., Float[ndarray, "h w 3"]], *arguments: Any) -> tuple[Float[ndarray, "h w 3"], float]:
    start = time.perf_counter()
    restored = restore(*arguments)
    return restored, time.perf_counter() - start


def _psnr(
    restored: Float[ndarray, "h w 3"], image: Float[ndarray, "h w 3"], region: Bool[ndarray, "h w"] | None
) -> float:
    first, second = (torch.from_numpy(np.ascontiguousarray(x)).permute(2, 0, 1)[None] for x in (restored, image))
    return float(psnr(first, second, None if region is None else torch.from_numpy(region)[None, None]))


def _scaled(mask: Bool[ndarray, "h w"], size: tuple[int, int]) -> Bool[ndarray, "hh ww"]:
    scaled = Image.fromarray(mask.astype(np.uint8)).resize(size[::-1], Image.Resampling.NEAREST)
    return np.asarray(scaled) > 0
