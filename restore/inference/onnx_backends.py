"""Networks that were exported to ONNX, run by ONNX Runtime or by OpenVINO."""

import os
import threading
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from restore.errors import FileError, UserError, is_installed
from restore.inference.observed import Observed
from restore.inference.resampling import spread

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
        self.device = "cpu"
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

    def sigma(self, observed: Observed) -> Float32[np.ndarray, "n 1 h w"]:
        """What the network's noise head tells."""
        assert self._tell is not None, "asked of a model without a noise head"
        return spread(self._tell(vars(observed)), observed.sigma.shape[-2:])

    def predict(self, observed: Observed, mean: Float32[np.ndarray, "n 3 1 1"]) -> Float32[np.ndarray, "n 3 h w"]:
        """Predict every pixel, in single precision."""
        prediction: Float32[np.ndarray, "n 3 h w"] = self._predict({**vars(observed), "mean": mean})
        return prediction

    def _load(self, data: bytes) -> tuple[Run, Mapping[str, str]]:
        """What runs a model, and its metadata."""
        _check_installed("onnxruntime")
        import onnxruntime

        onnxruntime.set_default_logger_severity(4)  # errors are raised
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads()
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
                model, "CPU", {"INFERENCE_NUM_THREADS": threads(), "INFERENCE_PRECISION_HINT": "f32"}
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


def threads() -> int:
    """How many threads one prediction is computed in: what OMP_NUM_THREADS says, or as many as there are cores."""
    said = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if said.isdecimal() and int(said) > 0:
        return int(said)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_installed(package: str) -> None:
    if not is_installed(package):
        raise UserError(
            f"{package} is not installed: pip install 'restore[{'onnx' if package == 'onnxruntime' else package}]'"
        )
