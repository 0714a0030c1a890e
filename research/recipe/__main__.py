"""The command `restore recipe`: trainings in a row, in as many sittings as it takes."""

import math
import sys
import time
from pathlib import Path

from restore.commands.options import CommandParser, run_command


def recipe(
    recipe: str,
    *,
    output: str,
    minutes: float = math.inf,
    set: list[str] | None = None,  # noqa: A002  the option's name
) -> int:
    """Train a recipe: stages in a row, each of which starts from the weights of the one before it.

    The same command continues where it stopped, or was killed, and ends where it would have ended without a stop; the
    learning rate does not depend on the stops. It tells where it stands; when all is done, RUN/weights.safetensors is
    there.

    Args:
        recipe: A YAML file with a list of `stages`; each has a name, the config of a training (as for `restore fit`;
            relative to the recipe) and perhaps overrides.
        output: Folder of the run: checkpoints, and the weights in the end.
        minutes: How long to train in this call, the time to start and the last validation included; to the end if not
            given. One step is always made.
        set: Settings for all stages (trainer.precision=32-true) or for one of them (detail.trainer.max_steps=100). A
            run keeps those that it began with.

    Returns:
        Exit status: 0 when the recipe or the time is up, 2 when something that was given is unusable, 143 when the
        process was told to end.
    """
    deadline = time.monotonic() + 60 * minutes
    from research.recipe.run import Run
    from research.recipe.stages import read_recipe
    from restore.training.cli import TERMINATED, TOLD_TO_END
    from restore.training.terminal import announce

    run = Run(read_recipe(Path(recipe), set or []), Path(output))
    try:
        for progress in run.advance(deadline):
            announce(str(progress))
    except TOLD_TO_END:
        announce("told to end; the same command goes on")
        return TERMINATED
    if run.is_done:
        announce(f"done after {run.seconds / 60:.0f} min of training: {run.weights}")
        announce(f"to use it: restore inpaint IMAGE --mask MASK -o OUT --weights {run.weights}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(recipe, vars(CommandParser(recipe).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
