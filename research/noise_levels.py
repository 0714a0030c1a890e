"""What noise is found in images, and what denoising changes: the tables of docs/denoising.md.

python -m research.noise_levels photographs
python -m research.noise_levels polyu/noisy --clean polyu/clean
python -m research.noise_levels cbsd68 --sigma 15
"""

import sys
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from tqdm import tqdm

from restore.commands.options import CommandParser, run_command, within
from restore.data.pairs import paired
from restore.errors import check_at_least
from restore.images.codec import read_rgb
from restore.images.folders import find_images
from restore.inference.noise import Noise
from restore.inference.restorer import Restorer
from restore.seeding import seeded_generator

LEVELS = 255
"""What a level of 1 is written as."""

QUANTILES = (0.5, 0.1, 0.9)

Picture = Float[ndarray, "_ _ 3"]


def noise_levels(
    images: str,
    *,
    clean: str | None = None,
    sigma: float = 0.0,
    weights: str = "default",
    crop: int = 256,
    seed: int = 0,
) -> int:
    """Print what is found in the middle of each image of a folder: median, tenth and ninth decile over the images.

    Args:
        images: Folder of images; what is in them counts as noise, or as clean if there is none.
        clean: Folder of clean partners, which tell the true level.
        sigma: White noise to add to them, 0 to 255; not clipped.
        weights: Whose noise head to ask; "default" for those that come with the package.
        crop: Side of what is looked at, in pixels.
        seed: Of the added noise.

    Returns:
        Exit status: 0 when the table is there, 2 when the arguments allow no work.
    """
    within("sigma", sigma, LEVELS)
    check_at_least(32, crop=crop)
    restorer = Restorer.load(weights)
    rows = []
    for index, (image, truth) in enumerate(tqdm(list(_pictures(images, clean, crop)), disable=None)):
        generator = seeded_generator("noise levels", seed, index)
        noise = torch.randn(image.shape, generator=generator).numpy() * np.float32(sigma / LEVELS)
        noisy = image + noise
        told, patches = restorer.noise(noisy), Noise.of(*_planes(noisy))
        changed = np.abs(restorer.denoise(noisy, told) - noisy)
        true = np.sqrt(np.square(noisy - truth).mean())
        levels = (true, float(np.median(told.sigma)), told.level, patches.level, float(changed.mean()))
        rows.append([LEVELS * level for level in levels])
    table = np.array(rows)
    for name, values in zip(("true", "told, median", "told, rms", "flat patches", "mean change"), table.T, strict=True):
        middle, low, high = np.quantile(values, QUANTILES)
        sys.stdout.write(f"{name:13} {middle:6.2f} ({low:.2f} to {high:.2f}), mean {values.mean():.2f}\n")
    sys.stdout.write(f"{len(table)} images, {np.mean(table[:, -1] == 0):.0%} left as they are\n")
    return 0


def _pictures(images: str, clean: str | None, crop: int) -> Iterator[tuple[Picture, Picture]]:
    """The middle of each image, and of what is true of it."""
    if clean is not None:
        for noisy, truth in (pair.read() for pair in paired(images, clean)):
            yield _middle(noisy, crop), _middle(truth, crop)
        return
    for path, _ in find_images([images]):
        image = _middle(read_rgb(path), crop)
        yield image, image


def _middle(image: Picture, crop: int) -> Picture:
    top, left = (max(0, (length - crop) // 2) for length in image.shape[:2])
    return image[top : top + crop, left : left + crop]


def _planes(image: Picture) -> tuple[np.ndarray, np.ndarray]:
    return np.moveaxis(image, -1, 0), np.zeros(image.shape[:2], bool)


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(noise_levels, vars(CommandParser(noise_levels).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
