"""Which backend runs a file of weights."""

import sys
from pathlib import Path
from typing import Any, Literal, get_args

from restore.errors import UserError, check_known, is_installed
from restore.inference.backend import Backend
from restore.weights.models import is_model, shipped_graph
from restore.weights.reading import read_description

BackendName = Literal["torch", "onnx", "openvino"]
"""PyTorch for files of weights; ONNX Runtime or OpenVINO for ONNX files, and for weights whose graph comes with the
package."""

GPU_DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""What Linux has where there is a driver for a GPU: NVIDIA's, that of the Linux within Windows, AMD's."""


def load_backend(weights: str | Path, device: Any = None, name: BackendName | None = None) -> Backend:
    """What runs a file of weights.

    Args:
        weights: `default`, a safetensors file, or an ONNX file that `restore export` wrote.
        device: A name or a `torch.device`; a GPU if there is one, unless said otherwise.
        name: The fastest, unless said otherwise.

    Raises:
        UserError: The file is missing or is no such file, another backend is for it, or that is not installed.
    """
    if name is None:
        name = fastest_backend(weights, device)
    check_known("backend", [name], get_args(BackendName))
    if name == "torch":
        if is_model(weights):
            raise UserError(f"{weights}: PyTorch runs safetensors files; ONNX files are for onnx and openvino")
        return _in_torch(weights, device)
    from restore.inference.onnx_backends import OnnxBackend, OpenVinoBackend

    if name == "onnx":
        return OnnxBackend(weights, None if device is None else str(device))
    if device is not None and str(device).partition(":")[0] != "cpu":
        raise UserError(f"openvino runs on the CPU here, not on {device}")
    return OpenVinoBackend(weights)


def fastest_backend(weights: str | Path, device: Any = None) -> BackendName:
    """The fastest of the backends that are installed and whose results agree.

    That is ONNX Runtime on the CPU, where there is a graph for the weights, which has been compared with PyTorch when
    it was made: it takes the same time (`research.speed`), and starts seconds sooner. On a GPU it is PyTorch. OpenVINO
    takes its place where it alone is installed.

    Args:
        weights: As for `load_backend`.
        device: Likewise.

    Raises:
        FileError: The file of weights is missing, or is no such file.
    """
    if is_model(weights):
        return "openvino" if is_installed("openvino") and not is_installed("onnxruntime") else "onnx"
    on_cpu = not _has_gpu() if device is None else str(device) == "cpu"
    _, description = read_description(weights)
    if not on_cpu or shipped_graph(description) is None:
        return "torch"
    if is_installed("onnxruntime"):
        return "onnx"
    return "openvino" if is_installed("openvino") and not is_installed("torch") else "torch"


def _has_gpu() -> bool:
    """Whether PyTorch finds one, which takes seconds to tell, and is not asked where there is no driver for one."""
    if not is_installed("torch") or (sys.platform == "linux" and not any(Path(one).exists() for one in GPU_DRIVERS)):
        return False
    import torch

    return torch.cuda.is_available()


def _in_torch(weights: str | Path, device: Any) -> Backend:
    if not is_installed("torch"):
        raise UserError(
            f"{weights}: PyTorch, which runs it, is not installed: pip install 'restore[train]'; for the default "
            "weights, and for ONNX files, pip install 'restore[onnx]' is enough"
        )
    import torch

    from restore.inference.torch_backend import TorchBackend
    from restore.networks.weights import load_network

    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return TorchBackend(load_network(weights), device)
