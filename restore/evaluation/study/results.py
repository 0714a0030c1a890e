"""The results of a study, as a file of rows and as a table to read."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import fmean, stdev

from restore.files import write_whole


@dataclass(frozen=True)
class Result:
    """What one variant came to with one seed.

    Args:
        variant: Its name.
        seed: Of the training.
        steps: Of all its stages.
        seconds: Of training, with validations.
        parameters: Of the network.
        images: How many it was measured on.
        noise: PSNR of what was denoised, in dB.
        hole: PSNR over what was filled, in dB.
        digest: Tells those images from any others.
    """

    variant: str
    seed: int
    steps: int
    seconds: int
    parameters: int
    images: int
    noise: float
    hole: float
    digest: str

    def __str__(self) -> str:
        return f"noise {self.noise:.2f} dB, holes {self.hole:.2f} dB after {self.steps:,} steps in {self.seconds} s"


def read_results(folder: Path) -> list[Result]:
    """The rows of `results.csv`; none where there is no such file.

    Raises:
        ValueError: It is not as `write_results` writes it.
    """
    path = folder / "results.csv"
    if not path.exists():
        return []
    try:
        with path.open(newline="") as file:
            return [_result(row) for row in csv.reader(file) if row[0] != "variant"]
    except (ValueError, IndexError) as error:
        raise ValueError(f"{path}: not the results of a study, or those of an earlier version") from error


def _result(row: Sequence[str]) -> Result:
    variant, *counts, noise, hole, digest = row
    seed, steps, seconds, parameters, images = (int(count) for count in counts)
    return Result(variant, seed, steps, seconds, parameters, images, float(noise), float(hole), digest)


def write_results(results: Sequence[Result], folder: Path, variants: Sequence[str]) -> None:
    """Write `results.csv`, and `table.md` of the means.

    Args:
        results: At least one.
        folder: Made if it is not there.
        variants: The rows of the table, in order.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Result)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(result) for result in results)
    write_whole((_table(results, variants) + "\n").encode(), folder / "table.md", overwrite=True)
    write_whole(text.getvalue().encode(), folder / "results.csv", overwrite=True)


def _table(results: Sequence[Result], variants: Sequence[str]) -> str:
    first = [result for result in results if result.variant == variants[0]]
    lines = [
        "| variant | parameters | steps | seconds | noise, dB | difference | holes, dB | difference | seeds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for variant in variants:
        group = [result for result in results if result.variant == variant]
        if group:
            cells = [variant, f"{group[0].parameters:,}", f"{group[0].steps:,}"]
            cells.append(f"{fmean(result.seconds for result in group):.0f}")
            for figures, base in (
                ([result.noise for result in group], [result.noise for result in first]),
                ([result.hole for result in group], [result.hole for result in first]),
            ):
                spread = f" ± {stdev(figures):.2f}" if len(figures) > 1 else ""
                difference = f"{fmean(figures) - fmean(base):+.2f}" if base and variant != variants[0] else ""
                cells += [f"{fmean(figures):.2f}{spread}", difference]
            lines.append(f"| {' | '.join([*cells, str(len(group))])} |")
    lines += [
        "",
        f"PSNR at sigma 25, and over brush strokes that cover 20 to 30 %, on {results[0].images} images: the mean over",
        "the seeds, with their standard deviation. Differences are to the first row.",
    ]
    return "\n".join(lines)
