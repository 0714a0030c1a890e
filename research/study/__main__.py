"""The command `restore study`: variants of a training, compared."""

import math
import sys
import time
from pathlib import Path

from restore.commands.options import CommandParser, run_command
from restore.errors import UserError


def study(
    study: str,
    *,
    output: str,
    images: str | None = None,
    let: list[str] | None = None,
    set: list[str] | None = None,  # noqa: A002  the option's name
    minutes: float = math.inf,
    limit: int | None = None,
    device: str | None = None,
) -> int:
    """Train variants of a training, each with several seeds, and measure them on the same damaged images.

    Each is measured by denoising at sigma 25 and by filling brush strokes over 20 to 30 % of an image, as `restore
    evaluate` does; or, where the study says so, by filling holes in drawn parts in all poses, as `restore robustness`
    does. results.csv has a row for each variant and seed, table.md the means, their spread and the differences to the
    first variant; curves.png shows what is varied step by step, poses.png the poses. The same command continues where
    it stopped, or was killed, and leaves out what is done.

    Args:
        study: A YAML file with `variants`: each has a name, and what it overrides or `stages` of its own, as a recipe
            has them, and perhaps `seeds`; `stages` and `seeds` for all the others; perhaps `along`, a setting with
            several values, each tried with every variant; and perhaps `poses`, the drawn parts to measure on.
        output: Folder of the runs and the results.
        images: Folder of clean images to measure on, unless the study measures on drawn parts.
        let: What a $NAME in the study stands for: NAME=VALUE.
        set: Settings for all variants, as for `restore recipe`: trainer.precision=32-true.
        minutes: How long to train in this call; to the end if not given. A measurement that has begun is finished.
        limit: The most images to measure on, evenly spread over the folder.
        device: Where to measure, for example "cpu" or "cuda:1"; by default a GPU if there is one.

    Returns:
        Exit status: 0 when the study or the time is up, 2 when something that was given is unusable.
    """
    deadline = time.monotonic() + 60 * minutes
    from research.study import conduct, read_study
    from research.study.measures import measure_of
    from restore.evaluation.scorecard import find_samples
    from restore.training.terminal import announce

    values = dict(_pair(text) for text in let or [])
    described = read_study(Path(study), values, set or [])
    if (images is None) == (described.poses is None):
        raise UserError(
            f"{study}: measures on {'photographs: give' if images is None else 'drawn parts, not'} --images"
        )
    samples, _ = ([], 0) if images is None else find_samples(Path(images), limit)
    if images is not None and not samples:
        raise UserError(f"{images}: none of the images can be measured on")
    for line in conduct(described, Path(output), measure_of(described.poses, samples), deadline, device):
        announce(line)
    table = Path(output) / "table.md"
    if table.exists():
        announce(f"\n{table.read_text()}")
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--let takes NAME=VALUE, not {text!r}")
    return name, value


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(study, vars(CommandParser(study).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
