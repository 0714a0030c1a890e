"""Does a transformer learn where to look? What docs/evidence.md tells of it.

python -m research.looking --minutes 25 -o looking.safetensors
"""

import sys
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file

from restore.commands.options import CommandParser, run_command


def looking(
    *,
    output: str,
    start: Literal["default", "none"] = "default",
    minutes: float = 25.0,
    count: int = 1500,
    images: int = 24,
    seed: int = 0,
) -> int:
    """Teach a transformer which visible patches a hidden one is like, and measure it beside what compares patches.

    Measured on tilings that it was not taught with: of each hidden patch of 16 x 16 pixels, the share of its attention
    that goes to visible patches that hold a repeat of its middle.

    Args:
        output: Weights file to write, or, if it exists, to measure.
        start: The transformer to begin with: that of the default weights, or one that has learned nothing.
        minutes: To teach, of one core.
        count: Dead leaves to teach with, and as many tilings.
        images: Tilings to measure on.
        seed: Of what is drawn in teaching.

    Returns:
        Exit status: 0 when measured.
    """
    from research.looking import lessons, measures
    from research.looking.network import Looking
    from restore import Restorer

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    path, pupil = Path(output), Looking(start)
    if not path.exists():
        lessons.teach(pupil, lessons.world(count, seed=77), minutes, seed, path)
    pupil.load_state_dict(load_file(path))
    patch_size, restorer = pupil.patch_size, Restorer.load("default", "cpu")
    ways = {
        "even": measures.evenly(patch_size),
        "nearest": measures.nearest(patch_size),
        "default weights, all layers": measures.of_transformer(restorer),
        "taught": measures.taught(pupil),
        "copies of the plausible fill": measures.of_copies(restorer, patch_size),
    }
    shares: dict[str, list[float]] = {name: [] for name in ways}
    exact = []
    for riddle in measures.riddles(images, patch_size):
        for name, attention in ways.items():
            shares[name].append(float((attention(riddle) * riddle.repeats).sum(1).mean()))
        exact.append(measures.exactly(restorer, riddle))
    for name, values in shares.items():
        sys.stdout.write(f"{name}: {torch.tensor(values).nanmean():.3f} of the attention\n")
    sys.stdout.write(f"copies of the plausible fill, to 3 pixels: {torch.tensor(exact).nanmean():.3f}\n")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(looking, vars(CommandParser(looking).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
