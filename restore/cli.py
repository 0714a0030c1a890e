"""The command line: `restore COMMAND …`."""

import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version

from restore.commands.attention import attention, attention_parser
from restore.commands.dashboard import dashboard, dashboard_parser
from restore.commands.draw import draw, draw_parser
from restore.commands.evaluate import evaluate, evaluate_parser
from restore.commands.finetune import finetune, finetune_parser
from restore.commands.images import denoise, denoise_parser, inpaint, inpaint_parser
from restore.commands.report import report, report_parser
from restore.commands.robustness import robustness, robustness_parser
from restore.commands.weights import export, export_parser
from restore.parser import OneLineErrors

COMMANDS: dict[str, tuple[Callable[..., int], Callable[[], OneLineErrors], str]] = {
    "inpaint": (inpaint, inpaint_parser, "Fill holes in images."),
    "denoise": (denoise, denoise_parser, "Remove noise from images."),
    "finetune": (finetune, finetune_parser, "Train weights on for one's own images, in minutes."),
    "evaluate": (evaluate, evaluate_parser, "Judge weights beside other methods, on holes and noise."),
    "robustness": (robustness, robustness_parser, "Measure how much a restoration depends on pose."),
    "attention": (attention, attention_parser, "Show what each attention head looks at."),
    "draw": (draw, draw_parser, "Fill a folder with generated images."),
    "dashboard": (dashboard, dashboard_parser, "Show runs in a browser, without an account."),
    "report": (report, report_parser, "Sum a run up in one HTML file."),
    "export": (export, export_parser, "Turn a training checkpoint into a weights file, or halve one."),
}

TRAINING = {
    "fit": "Train a network: pretraining, restoration, or fine-tuning.",
    "validate": "Measure a checkpoint on the validation images.",
    "test": "Measure a checkpoint on the test images.",
}
"""These are parsed by LightningCLI, in `restore.training.cli`; Lightning is imported only for them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The command line without the program's name; that of this process if not given.

    Returns:
        Exit status: 0 all done, 1 some of it failed, 2 unusable arguments.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments and arguments[0] in TRAINING:
        from restore.training.cli import train

        return train(arguments)
    parser = OneLineErrors(
        prog="restore", version=version("restore"), description="Restore damaged images; train networks that do."
    )
    subcommands = parser.add_subcommands(metavar="COMMAND")
    for name, (_, build_parser, summary) in COMMANDS.items():
        subcommands.add_subcommand(name, build_parser(), help=summary)
    for name, summary in TRAINING.items():
        subcommands.add_subcommand(name, OneLineErrors(), help=summary)
    config = parser.parse_args(arguments)
    command = COMMANDS[config.subcommand][0]
    return command(**vars(config[config.subcommand]))
