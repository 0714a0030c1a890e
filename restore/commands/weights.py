"""The command `restore export`, which makes a file of trained weights."""

import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from restore.errors import FileError, UserError


def export(
    checkpoint: str,
    *,
    output: str,
    half: bool = False,
    max_size: str | None = None,
    int8: Literal["weights", "activations"] | None = None,
) -> int:
    """Turn a training checkpoint into a weights file for `--weights` and `Restorer.load`, or into an ONNX model.

    Where training averaged the weights, the averaged ones are taken. Nothing in the checkpoint is executed. An ONNX
    model takes batches, heights and widths of any size, and needs no PyTorch to run; its predictions are compared with
    those of the network first.

    Args:
        checkpoint: A checkpoint that `restore fit` wrote, a weights file, or "default".
        output: The file to write, *.safetensors or *.onnx; it is replaced if it exists.
        half: Store 16-bit floats, at half the size.
        max_size: The largest allowed file, such as 16MB or 15.9MiB. What is larger is written in parts,
            OUT-00001-of-00002.safetensors and so on, with OUT.safetensors.index.json to give to `--weights`.
        int8: Of an ONNX model, what is in integers of 8 bits: "weights", for a quarter of the size, or "activations" as
            well, so that it is faster on processors for that; docs/models.md has what either costs.

    Returns:
        Exit status: 0 when done, 2 when the file is neither or the output cannot be written.
    """
    if checkpoint != "default" and not Path(checkpoint).is_file():
        raise FileError(Path(checkpoint), "no such file; `restore fit` leaves checkpoints below runs, called last.ckpt")
    folder = Path(output).parent
    if not folder.is_dir():
        raise FileError(Path(output), f"there is no folder {folder}")
    if Path(output).suffix.lower() == ".onnx":
        if half or max_size is not None:
            raise UserError("--half and --max-size are for safetensors files")
        return _export_onnx(checkpoint, Path(output), int8)
    if int8 is not None:
        raise UserError("--int8 is for ONNX models")
    from restore.networks.weights import export_checkpoint

    export_checkpoint(checkpoint, output, half, None if max_size is None else _bytes(max_size))
    return 0


def _export_onnx(checkpoint: str, output: Path, int8: Any) -> int:
    from restore.networks.onnx_file import OPSET, write_onnx
    from restore.networks.weights import export_checkpoint, load_network
    from restore.training.calibration import drawn_observations

    weights = checkpoint
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        if checkpoint != "default" and Path(checkpoint).suffix == ".ckpt":
            weights = str(Path(folder) / "weights.safetensors")
            export_checkpoint(checkpoint, weights)
        checks = write_onnx(load_network(weights), output, int8, drawn_observations() if int8 == "activations" else ())
    for check in checks:
        count, height, width = check.size
        sys.stdout.write(f"{count} x {height} x {width}, {check.damage}: differs by {check.difference:.1e} at most\n")
    sys.stdout.write(f"{output}: opset {OPSET}, {output.stat().st_size / 1e6:.1f} MB\n")
    return 0


def _bytes(size: str) -> int:
    units = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
    parts = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMG]I?B)", size.upper())
    if parts is None:
        raise UserError(f"a size is a number with a unit, such as 16MB or 15.9MiB, not {size!r}")
    return int(float(parts[1]) * units[parts[2]])
