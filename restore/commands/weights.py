"""The command `restore export`, which makes a file of trained weights."""

import re
from pathlib import Path

from restore.commands.options import add_option, command_parser, one_line_messages
from restore.parser import OneLineErrors


@one_line_messages
def export(checkpoint: str, output: str, half: bool = False, max_size: str | None = None) -> int:
    """Turn a training checkpoint into a weights file for `--weights` and `Restorer.load`, or copy such a file.

    Where training averaged the weights, the averaged ones are taken. Nothing in the checkpoint is executed.

    Args:
        checkpoint: A checkpoint that `restore fit` wrote, or a weights file, to be halved or written in parts.
        output: The safetensors file to write; it is replaced if it exists.
        half: Store 16-bit floats, at half the size.
        max_size: The largest allowed file, such as 16MB or 15.9MiB. What is larger is written in parts,
            OUT-00001-of-00002.safetensors and so on, with OUT.safetensors.index.json to give to `--weights`.

    Returns:
        Exit status: 0 when done, 2 when the file is neither or the output cannot be written.
    """
    from restore.networks.weights import copy_weights, export_checkpoint

    folder = Path(output).parent
    if not folder.is_dir():
        raise ValueError(f"{output}: there is no folder {folder}")
    limit = None if max_size is None else _bytes(max_size)
    try:
        write = copy_weights if Path(checkpoint).suffix in (".safetensors", ".json") else export_checkpoint
        write(checkpoint, output, half, limit)
    except OSError as error:
        raise ValueError(f"{output}: cannot be written: {error.strerror}") from error
    return 0


def export_parser() -> OneLineErrors:
    """The arguments of `restore export`, under the names of `export`'s parameters."""
    parser = command_parser(export)
    add_option(parser, export, "checkpoint", metavar="CHECKPOINT")
    add_option(parser, export, "-o", "--output", required=True, metavar="OUT")
    add_option(parser, export, "--half", action="store_true")
    add_option(parser, export, "--max-size", type=str | None, metavar="16MB")
    return parser


def _bytes(size: str) -> int:
    units = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
    parts = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMG]I?B)", size.upper())
    if parts is None:
        raise ValueError(f"a size is a number with a unit, such as 16MB or 15.9MiB, not {size!r}")
    return int(float(parts[1]) * units[parts[2]])
