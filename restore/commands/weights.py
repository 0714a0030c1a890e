"""The command `restore export`, which makes a file of trained weights."""

import re
from pathlib import Path

from restore.errors import FileError, UserError


def export(checkpoint: str, *, output: str, half: bool = False, max_size: str | None = None) -> int:
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
    from restore.networks.weights import export_checkpoint

    if not Path(checkpoint).is_file():
        raise FileError(Path(checkpoint), "no such file; `restore fit` leaves checkpoints below runs, called last.ckpt")
    folder = Path(output).parent
    if not folder.is_dir():
        raise FileError(Path(output), f"there is no folder {folder}")
    export_checkpoint(checkpoint, output, half, None if max_size is None else _bytes(max_size))
    return 0


def _bytes(size: str) -> int:
    units = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
    parts = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMG]I?B)", size.upper())
    if parts is None:
        raise UserError(f"a size is a number with a unit, such as 16MB or 15.9MiB, not {size!r}")
    return int(float(parts[1]) * units[parts[2]])
