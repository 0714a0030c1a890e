"""Which backend runs a file of weights."""

from pathlib import Path
from typing import Any, Literal, get_args

from restore.errors import UserError, check_known, is_installed
from restore.inference.backend import Backend

BackendName = Literal["torch", "onnx", "openvino"]
"""PyTorch for safetensors files, ONNX Runtime or OpenVINO for ONNX files."""


def load_backend(weights: str | Path, device: Any = None, name: BackendName | None = None) -> Backend:
    """What runs a file of weights.

    Args:
        weights: `default`, a safetensors file, or an ONNX file that `restore export` wrote.
        device: A name or a `torch.device`; a GPU if there is one, unless said otherwise.
        name: For an ONNX file ONNX Runtime, unless said otherwise.

    Raises:
        UserError: The file is missing or is no such file, another backend is for it, or that is not installed.
    """
    if name is not None:
        check_known("backend", [name], get_args(BackendName))
    if Path(weights).suffix.lower() != ".onnx":
        if name not in (None, "torch"):
            raise UserError(f"{weights}: {name} runs what `restore export {weights} -o model.onnx` writes, not this")
        return _in_torch(weights, device)
    from restore.inference.onnx_backends import OnnxBackend, OpenVinoBackend

    if name == "torch":
        raise UserError(f"{weights}: PyTorch runs safetensors files; ONNX files are for onnx and openvino")
    kind = "cpu" if device is None else str(device).partition(":")[0]
    if name == "openvino":
        if kind != "cpu":
            raise UserError(f"openvino runs on the CPU here, not on {device}")
        return OpenVinoBackend(weights)
    return OnnxBackend(weights, None if device is None else str(device))


def _in_torch(weights: str | Path, device: Any) -> Backend:
    if not is_installed("torch"):
        raise UserError(
            f"{weights}: PyTorch, which runs it, is not installed: pip install 'restore[train]'; or give an ONNX file, "
            "for which pip install 'restore[onnx]' is enough"
        )
    import torch

    from restore.inference.torch_backend import TorchBackend
    from restore.networks.weights import load_network

    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return TorchBackend(load_network(weights), device)
