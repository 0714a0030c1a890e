"""Every kind of damage on one drawn image, at its true size, with its name: the picture in the manual.

python -m research.damage_sheet -o docs/damage.webp
"""

import inspect
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

import restore.degradations as module
from research.sheet_file import write_sheet
from restore.commands.options import CommandParser, run_command
from restore.degradations import Degradation
from restore.drawing.contact_sheet import HOLE_COLOUR, contact_sheet
from restore.errors import check_at_least
from restore.images.codec import read_rgb
from restore.images.folders import find_images
from restore.observation import Observation
from restore.seeding import seeded_generator
from restore.synthetic import Leaves

Picture = Float[np.ndarray, "h w 3"]

STRENGTHS: dict[str, dict[str, float]] = {
    "Banding": {"sigma_min": 8.0, "sigma_max": 8.0},
    "BrushStrokes": {"hole_ratio_min": 0.2, "hole_ratio_max": 0.2},
    "CameraNoise": {"shot_min": 8e-3, "shot_max": 8e-3},
    "FilmGrain": {"sigma_min": 12.0, "sigma_max": 12.0},
    "GaussianNoise": {"sigma_min": 25.0, "sigma_max": 25.0},
    "JpegCompression": {"quality_min": 10.0, "quality_max": 10.0},
    "NoiseRamp": {"sigma_min": 0.0, "sigma_max": 50.0},
    "PoissonGaussianNoise": {"shot_min": 30.0, "shot_max": 30.0, "read_min": 3.0, "read_max": 3.0},
    "RandomPatches": {"patch_size": 16},
    "SaltAndPepper": {"share_min": 0.1, "share_max": 0.1},
    "ScanNoise": {"sigma_min": 8.0, "sigma_max": 8.0, "told_share": 0.0},
    "SignalNoise": {"black_min": 5.0, "black_max": 10.0, "white_min": 5.0, "white_max": 10.0},
    "Speckle": {"sigma_min": 40.0, "sigma_max": 40.0},
}
"""What is shown of the kinds that have no strength by default, or none that shows well."""

LEFT_OUT = ("MaskFiles", "OverDetail", "ProfileNoise")
"""Need files, or choose among holes of another kind. What is made of other kinds is left out as well."""

COLUMNS = 6


def damage_sheet(
    *, output: str, seed: int = 0, index: int = 14, size: int = 160, beside: str | None = None, limit: int = 12
) -> int:
    """Draw every kind of damage on one generated image, at its true size; holes are magenta.

    Args:
        output: The picture, in a format that Pillow writes, named by its suffix; one that exists is replaced.
        seed: Seed of the generated image and of the damage.
        index: Which of the generated leaves to damage.
        size: Height and width of each image on the sheet, in pixels.
        beside: Folder of images with damage of their own, whose middles follow, to compare by eye.
        limit: The most of these, evenly spread over the folder.

    Returns:
        Exit status: 0 when the sheet is there, 2 when the arguments allow no work.
    """
    check_at_least(8, size=size)
    check_at_least(0, index=index)
    check_at_least(1, limit=limit)
    image = Leaves(index + 1, size, seed)[index]
    shown = {"as drawn": _displayed(Observation.of(image[None]))}
    for name, degradation in kinds().items():
        shown[name] = _displayed(degradation(image[None], seeded_generator("damage sheet", seed, name)))
    if beside is not None:
        shown |= _middles(Path(beside), size, limit)
    write_sheet(contact_sheet(list(shown.values()), list(shown), COLUMNS, size), Path(output))
    sys.stdout.write(f"{len(shown)} images in {output}\n")
    return 0


def kinds() -> dict[str, Degradation[Any]]:
    """Every public kind of damage by its name, but for `LEFT_OUT` and those made of others."""
    found = {name: getattr(module, name) for name in sorted(module.__all__)}
    return {
        name: kind(**STRENGTHS.get(name, {}))
        for name, kind in found.items()
        if not inspect.isabstract(kind)
        and kind.__module__ != "restore.degradations.composition"
        and name not in LEFT_OUT
    }


def _displayed(observation: Observation) -> Picture:
    marked = torch.where(observation.hole, torch.tensor(HOLE_COLOUR).view(1, 3, 1, 1), observation.degraded)
    # As files hold it: in eight bits, clipped.
    return (marked[0].clamp(0, 1) * 255).round().div(255).permute(1, 2, 0).numpy()


def _middles(folder: Path, size: int, limit: int) -> dict[str, Picture]:
    found = [path for path, _ in find_images([folder])]
    chosen = [found[i] for i in np.linspace(0, len(found) - 1, min(limit, len(found))).round().astype(int)]
    middles = {}
    for path in chosen:
        image = read_rgb(path)
        top, left = (max(0, (length - size) // 2) for length in image.shape[:2])
        middles[path.stem] = image[top : top + size, left : left + size]
    return middles


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(damage_sheet, vars(CommandParser(damage_sheet).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
