"""The command `restore finetune`: weights for one's own images, in minutes."""

import json
import sys
from pathlib import Path
from typing import Literal

from restore.commands.options import add_option, command_parser, one_line_messages
from restore.parser import OneLineErrors

Task = Literal["both", "holes", "noise"]

SHARES: dict[Task, list[int]] = {"both": [1, 1], "holes": [1, 0], "noise": [0, 1]}
"""How often training images get holes, and how often noise."""


@one_line_messages
def finetune(
    folder: str,
    output: str,
    task: Task = "both",
    val_folder: str | None = None,
    limit: int | None = None,
    weights: str = "default",
    steps: int = 300,
    set: list[str] | None = None,  # noqa: A002  the option's name
) -> int:
    """Train weights on for one kind of images, of which a few clean ones are enough.

    The images need not be aligned: in training they are turned, shifted, scaled, mirrored and varied in light. A fifth
    of them, chosen by name, is set aside; the weights that restore those best are written, and training ends early when
    nothing improves any more. Twenty images take a few minutes on two cores.

    Args:
        folder: Clean images, searched with all folders in it.
        output: The weights file to write (*.safetensors), for --weights and `Restorer.load`; replaced if it exists.
        task: What to train for: filling holes, removing noise, or both.
        val_folder: Images to judge by; those of the folder are then all trained on.
        limit: The most images of the folder to use, evenly spread over it.
        weights: What to start from: "default" for the weights that come with the package, a safetensors file, or "none"
            for a network that has learned nothing yet.
        steps: The most steps of training, of four images each.
        set: Other settings, as `restore fit` has them: data.crop=64, trainer.precision=bf16-mixed (twice as fast on
            hardware made for it), model.optimizer.learning_rate=5e-4.

    Returns:
        Exit status: 0 when done, 1 when the images set aside are restored no better than before (nothing is written
        then), 2 when the arguments allow no work.
    """
    path = Path(output)
    if path.suffix != ".safetensors":
        raise ValueError(f"{output}: weights files are called *.safetensors")
    if not path.parent.is_dir():
        raise ValueError(f"{output}: there is no folder {path.parent}")
    if steps < 1:
        raise ValueError(f"steps are at least 1, not {steps}")
    from restore.networks.weights import describe, load_network
    from restore.training import finetuning

    settings = {
        "data.folder": folder,
        "data.val_folder": val_folder,
        "data.limit": limit,
        "data.degradation.weights": SHARES[task],
        "trainer.max_steps": steps,
        "trainer.enable_progress_bar": sys.stderr.isatty(),
        "model.weights": None if weights == "none" else weights,
    }
    if weights != "none":
        network = describe(load_network(weights))
        settings["model.network"] = {
            "class_path": f"restore.networks.{network['class']}",
            "init_args": network["arguments"],
        }
    else:
        settings["model.optimizer.learning_rate"] = 4e-3
    asked = [f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in settings.items()]
    validations = finetuning.finetune([*asked, *(f"--{setting}" for setting in set or [])], path)
    start, best = validations[0], min(validations, key=lambda validation: validation.figures["val/loss"])
    say = sys.stdout.write
    say(f"images set aside, before: {start}\n")
    if best is start:
        say(f"after up to {validations[-1].step} steps they are restored no better: nothing is written\n")
        return 1
    say(f"images set aside, after {best.step} of {validations[-1].step} steps: {best}\n")
    say(f"to use it: restore inpaint IMAGE --mask MASK -o OUT --weights {output}\n")
    return 0


def finetune_parser() -> OneLineErrors:
    """The arguments of `restore finetune`, under the names of `finetune`'s parameters."""
    parser = command_parser(finetune)
    add_option(parser, finetune, "folder", metavar="FOLDER")
    add_option(parser, finetune, "-o", "--output", required=True, metavar="OUT")
    add_option(parser, finetune, "--task", type=Task)
    add_option(parser, finetune, "--val-folder", type=str | None, metavar="FOLDER")
    add_option(parser, finetune, "--limit", type=int | None, metavar="N")
    add_option(parser, finetune, "--weights", metavar="FILE")
    add_option(parser, finetune, "--steps", type=int, metavar="N")
    add_option(parser, finetune, "--set", action="append", metavar="KEY=VALUE")
    return parser
