"""What models in 8-bit integers cost in decibels, and gain in size and time, on photographs.

restore export default -o model.onnx
restore export default -o weights.onnx --int8 weights
restore export default -o activations.onnx --int8 activations
python -m research.int8 model.onnx weights.onnx activations.onnx
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

import torch
from jaxtyping import Float
from torch import Tensor

from restore import Restorer
from restore.commands.options import CommandParser, run_command
from restore.degradations import BrushStrokes, Degradation, GaussianNoise
from restore.evaluation.scorecard import find_samples
from restore.metrics import psnr
from restore.seeding import seeded_generator

SIDE = 256
"""Of the middle of each photograph, in pixels."""

DAMAGES: dict[str, Degradation] = {
    **{f"sigma {sigma:.0f}": GaussianNoise(sigma, sigma) for sigma in (15.0, 25.0, 50.0)},
    "thin holes": BrushStrokes(0.03, 0.08, strokes_max=12, width_max=0.015),
}
PHOTOGRAPHS = ("chelsea", "coffee", "astronaut", "rocket")
"""Those that scikit-image ships in colour."""


def int8(models: list[str], *, images: str | None = None, limit: int = 8, backend: str = "onnx") -> int:
    """Restore photographs with each model, taking turns: the size, the median time and the mean PSNR of each.

    Args:
        models: ONNX files, the first of them the one to compare with.
        images: A folder of photographs; without, those of scikit-image.
        limit: The most of them.
        backend: onnx or openvino.

    Returns:
        Exit status: 0 when measured.
    """
    torch.set_num_threads(1)
    restorers = {model: Restorer.load(model, "cpu", backend) for model in models}  # type: ignore[arg-type]
    scores: dict[tuple[str, str], list[float]] = {(model, name): [] for model in models for name in DAMAGES}
    seconds: dict[str, list[float]] = {model: [] for model in models}
    for index, image in enumerate(_photographs(images, limit)):
        for name, damage in DAMAGES.items():
            observation = damage(image, seeded_generator("int8", name, index))
            where = observation.hole if observation.hole.any() else None
            for model, restorer in restorers.items():
                start = time.perf_counter()
                restored = restorer.restore(observation)
                seconds[model].append(time.perf_counter() - start)
                scores[model, name].append(float(psnr(restored, image, where)))
    first = models[0]
    sys.stdout.write(f"| | MB | time | {' | '.join(DAMAGES)} |\n|---|---|---|{'---|' * len(DAMAGES)}\n")
    for model in models:
        size, ratio = Path(model).stat().st_size / 1e6, median(seconds[model]) / median(seconds[first])
        cells = [f"{mean(scores[model, name]):.2f}" for name in DAMAGES]
        if model != first:
            cells = [f"{mean(scores[model, name]) - mean(scores[first, name]):+.2f}" for name in DAMAGES]
        sys.stdout.write(f"| {Path(model).stem} | {size:.1f} | {ratio:.2f} | {' | '.join(cells)} |\n")
    return 0


def _photographs(folder: str | None, limit: int) -> Iterator[Float[Tensor, "1 3 h w"]]:
    if folder is None:
        from skimage import data

        pixels = (getattr(data, name)() for name in PHOTOGRAPHS[:limit])
        images = (torch.from_numpy(one).permute(2, 0, 1)[None] / 255 for one in pixels)
    else:
        images = (sample.read() for sample in find_samples(Path(folder), limit)[0])
    for image in images:
        top, left = ((size - SIDE) // 2 if size > SIDE else 0 for size in image.shape[-2:])
        yield image[..., top : top + SIDE, left : left + SIDE].contiguous()


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(int8, vars(CommandParser(int8).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
