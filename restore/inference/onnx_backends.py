"""Networks that were exported to ONNX, run by ONNX Runtime or by OpenVINO."""

import threading
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from restore.errors import FileError, UserError
from restore.networks.noise_head import spread
from restore.observation import Observation

PROVIDERS = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}
"""What ONNX Runtime calls devices, the best first."""

Run = Callable[[Mapping[str, Any]], Any]
"""What a runtime makes of a model: from named arrays to its one output."""


class OnnxBackend:
    """A network from a file that `restore export` wrote, run by ONNX Runtime.

    Args:
        path: The file.
        device: "cpu", "cuda" or "cuda:1"; unless said otherwise a GPU, if the package that is installed is for one.

    Raises:
        FileError: It is no such file.
        UserError: ONNX Runtime is not installed, or not for that device.
    """

    library = "onnxruntime"
    """What runs it, by the name of its package."""

    def __init__(self, path: Path | str, device: str | None = None) -> None:
        self.path = Path(path)
        self.device = torch.device("cpu")
        self._asked = device
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise FileError.of(self.path, error) from error
        self._predict, metadata = self._load(data)
        try:
            self.multiple = int(metadata["multiple"])
            noise = metadata.get("noise")
            self._tell = self._load(b64decode(noise, validate=True))[0] if noise else None
        except (KeyError, ValueError):
            raise FileError(self.path, "is no model that `restore export` wrote") from None
        self.tells_noise = self._tell is not None

    def sigma(self, observation: Observation) -> Float[Tensor, "n 1 h w"]:
        """What the network's noise head tells."""
        assert self._tell is not None, "asked of a model without a noise head"
        return spread(torch.from_numpy(self._tell(_arrays(observation))))

    def predict(self, observation: Observation, mean: Float[Tensor, "n 3 1 1"]) -> Float[Tensor, "n 3 h w"]:
        """Predict every pixel, in single precision."""
        return torch.from_numpy(self._predict({**_arrays(observation), "mean": mean.numpy()}))

    def _load(self, data: bytes) -> tuple[Run, Mapping[str, str]]:
        """What runs a model, and its metadata."""
        _check_installed("onnxruntime")
        import onnxruntime

        onnxruntime.set_default_logger_severity(4)  # errors are raised
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        providers = _providers(self._asked, onnxruntime.get_available_providers())
        try:
            session = onnxruntime.InferenceSession(data, options, providers=providers)
        except Exception as error:  # whatever a file of any content makes of it
            raise FileError(self.path, "is no ONNX model that can be run") from error
        names = [one.name for one in session.get_inputs()]

        def run(arrays: Mapping[str, Any]) -> Any:
            return session.run(None, {name: arrays[name] for name in names})[0]

        return run, session.get_modelmeta().custom_metadata_map


class OpenVinoBackend(OnnxBackend):
    """The same file, run by OpenVINO on the CPU.

    Args:
        path: The file.

    Raises:
        FileError: It is no such file.
        UserError: OpenVINO is not installed.
    """

    library = "openvino"

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)

    def _load(self, data: bytes) -> tuple[Run, Mapping[str, str]]:
        _check_installed("openvino")
        import openvino

        try:
            model = openvino.Core().read_model(data)
            compiled = openvino.compile_model(
                model, "CPU", {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "INFERENCE_PRECISION_HINT": "f32"}
            )
            said = model.get_rt_info("framework").value if model.has_rt_info("framework") else {}
        except Exception as error:  # whatever a file of any content makes of it
            raise FileError(self.path, "is no ONNX model that can be run") from error
        names = [one.get_any_name() for one in model.inputs]
        local = threading.local()  # a request is for one thread at a time

        def run(arrays: Mapping[str, Any]) -> Any:
            if not hasattr(local, "request"):
                local.request = compiled.create_infer_request()
            result = local.request.infer({name: arrays[name] for name in names})
            return np.array(result[0])

        return run, {key: str(getattr(value, "value", value)) for key, value in said.items()}


def _providers(device: str | None, available: Sequence[str]) -> list[Any]:
    """What ONNX Runtime computes with; asked for a device that it has not, it would take the CPU without a word.

    Raises:
        UserError: It has no such device.
    """
    if device is None:
        return [name for name in PROVIDERS.values() if name in available]
    kind, _, index = device.partition(":")
    if kind not in PROVIDERS or not (index or "0").isdecimal():
        raise UserError(f"ONNX Runtime computes on cpu or cuda, not on {device}")
    if PROVIDERS[kind] not in available:
        raise UserError(f"ONNX Runtime as it is installed does not compute on {kind}")
    return [(PROVIDERS[kind], {"device_id": index})] if index and kind == "cuda" else [PROVIDERS[kind]]


def _arrays(observation: Observation) -> dict[str, np.ndarray]:
    return {"degraded": observation.degraded.numpy(), "sigma": observation.sigma.numpy()}


def _check_installed(package: str) -> None:
    if find_spec(package) is None:
        raise UserError(
            f"{package} is not installed: pip install 'restore[{'onnx' if package == 'onnxruntime' else package}]'"
        )
