"""Drawn cases of odd files, masks and options through the command line: each has a right result, or clear lines.

    python -m research.odd_input --cases 2000 --seed 0

Each case runs `restore inpaint` or `restore denoise` on an image of a drawn kind that another library has written.
Right means: the status is 0, 1 or 2; what is said is lines that begin with `restore`; with status 0 the result is
there, of the size and type of its image, and what is known has the same values, read by another library; with another
status there is no result; no temporary file is left.
"""

import argparse
import contextlib
import io
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from research.odd_files import LOSSLESS, read_elsewhere, write_image, write_mask
from restore.cli import main as restore

SIZES = (1, 2, 3, 5, 8, 17, 40, 65)
"""Of sides, in pixels."""


def run_case(seed: int, number: int, folder: Path) -> tuple[str, str]:
    """Carry out a case.

    Returns:
        What came of it, and what is wrong with that; empty if nothing is.
    """
    generator = np.random.default_rng((seed, number))
    height, width = (int(generator.choice(SIZES)) for _ in range(2))
    image = write_image(generator, folder, height, width)
    words, into = _output(generator, image)
    if generator.random() < 0.6:
        task, known = _inpainting(generator, image, (height, width))
    else:
        sigma = str(generator.choice(["auto", "0", "10", "60", "-1", "x"], p=[0.4, 0.1, 0.2, 0.2, 0.05, 0.05]))
        task, known = (
            ["denoise", str(image), "--sigma", sigma],
            np.ones((height, width), bool) if sigma == "0" else None,
        )
    words = [*task, *words]
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            status = restore([*words, "-o", str(folder / "out")])
    except SystemExit as end:  # of the parser
        status = int(end.code or 0)
    except Exception:  # any traceback at all is a finding, and the run goes on to the next case
        return "traceback", f"{words}\n{traceback.format_exc()}"
    lines = [line for line in said.getvalue().splitlines() if line.strip()]
    results = [path for path in (folder / "out").rglob("*") if path.is_file()]
    wrong = [line for line in lines if not line.startswith("restore")]
    if status not in (0, 1, 2) or wrong or any(path.name.startswith(".restore") for path in folder.rglob("*")):
        return "odd", f"{words}: status {status}, {wrong}"
    if status:
        is_right = not results and 1 <= len(lines) <= 2  # a mask may say that its edges are soft
        return lines[-1].rpartition(": ")[2][:60] if lines else "silent", "" if is_right else f"{words}: {lines}"
    if len(results) != 1:
        return "odd", f"{words}: {len(results)} results"
    is_kept = known is not None and into == image.suffix and into in LOSSLESS
    return "restored", difference(image, results[0], known) if is_kept else ""


def _output(generator: np.random.Generator, image: Path) -> tuple[list[str], str]:
    """Options about the result, and the suffix that it gets."""
    into = image.suffix
    words = ["--device", "cpu", "--tile", str(generator.choice([32, 64, 512]))]
    if image.suffix == ".gif" or generator.random() < 0.15:
        into = ".png" if image.suffix == ".gif" else str(generator.choice([".png", ".tif", ".jpg", ".webp", ".bmp"]))
        words += ["--format", into[1:]]
    if into == ".jpg" and generator.random() < 0.3:
        words += ["--quality", str(generator.integers(-5, 106))]
    if generator.random() < 0.1:
        words += [str(generator.choice(["--overwrite", "--skip-existing"]))]
    return words, into


def _inpainting(generator: np.random.Generator, image: Path, size: tuple[int, int]) -> tuple[list[str], Any]:
    """The options, and what stays known as it is shown; None where the mask leaves that open."""
    with contextlib.suppress(OSError, ValueError, SyntaxError, RuntimeError), Image.open(image) as opened:
        size = ImageOps.exif_transpose(opened).size[::-1]
    mask, hole = write_mask(generator, image.parent, *size)
    grown = int(generator.choice([0, 0, 0, 1, -1]))
    known = None if hole is None or grown else ~hole
    return ["inpaint", str(image), "--mask", str(mask), "--grow-mask", str(grown)], known


def difference(image: Path, result: Path, known: Any) -> str:
    """What differs where nothing may; empty if nothing does."""
    before, after = read_elsewhere(image), read_elsewhere(result)
    if len(before) != len(after):
        return f"{image.name}: {len(before)} pages became {len(after)}"
    for one, other in zip(before, after, strict=True):
        if (one.shape, one.dtype) != (other.shape, other.dtype):
            return f"{image.name}: {one.shape} {one.dtype} became {other.shape} {other.dtype}"
        if known.shape == one.shape[:2] and not np.array_equal(one[known], other[known]):
            return f"{image.name}: known pixels differ"
    return ""


def main() -> int:
    """Run all cases; the exit status is 1 if one of them is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="one case by its number")
    options = parser.parse_args()
    outcomes: Counter[str] = Counter()
    faults = 0
    numbers = range(options.cases) if options.only is None else [options.only]
    for number in tqdm(numbers, disable=not sys.stderr.isatty()):
        folder = Path(tempfile.mkdtemp(prefix="odd-"))
        try:
            outcome, fault = run_case(options.seed, number, folder)
        finally:
            shutil.rmtree(folder)
        outcomes[outcome] += 1
        if fault:
            faults += 1
            sys.stdout.write(f"case {number}: {fault}\n")
    sys.stdout.write("".join(f"{count:5}  {outcome}\n" for outcome, count in outcomes.most_common()))
    sys.stdout.write(f"{faults} of {len(numbers)} cases are wrong\n")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
