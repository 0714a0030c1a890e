"""Networks that were exported to ONNX, run by ONNX Runtime or by OpenVINO."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from restore.errors import NO_NUMBERS, FileError, UserError, is_installed
from restore.inference.observed import Observed
from restore.inference.onnx_contents import MOST, check_contents
from restore.inference.resampling import spread
from restore.inference.threads import usable_cores
from restore.weights.models import LOG_SIGMA, RESTORED, filled, is_model, metadata, only, outputs, shipped_graph
from restore.weights.reading import read_weights

PROVIDERS = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}
"""What ONNX Runtime calls devices, the best first."""

MEMORY_IS_FULL = ("Failed to allocate memory", "bad_alloc", "bad allocation")
"""How the runtimes say so."""

FOREIGN = "is no model that `restore export` wrote"
"""What is said of others."""

Run = Callable[[Mapping[str, Any]], Any]
"""What a runtime makes of a model: from named arrays to its one output."""


def model_of(weights: Path | str) -> bytes:
    """The ONNX model of a file.

    Args:
        weights: `default`, a safetensors file, whose graph has to come with the package, or an ONNX file.

    Raises:
        FileError: It is missing, cannot be read, or there is no graph for it.
    """
    path = Path(weights)
    if is_model(path):
        try:
            data = path.read_bytes()
        except OSError as error:
            raise FileError.of(path, error) from error
        _check_installed("onnx")
        check_contents(data, path)
        return data
    path, description, tensors = read_weights(weights, "np")
    graph = shipped_graph(description)
    if graph is None:
        raise FileError(
            path, f"no graph of such a network comes with restore: `restore export {path} -o model.onnx` first"
        )
    if not all(np.isfinite(values).all() for values in tensors.values()):
        raise FileError(path, f"the weights {NO_NUMBERS}")
    try:
        return filled(graph, tensors)
    except ValueError as error:
        raise FileError(path, f"the weights do not fit the {description['class']} they describe") from error


class OnnxBackend:
    """A network from a file that `restore export` wrote, or one whose graph is there, run by ONNX Runtime.

    Args:
        path: An ONNX file, a safetensors file of the architecture of the default weights, or `default` for these.
        device: "cpu", "cuda" or "cuda:1"; unless said otherwise a GPU, if the package that is installed is for one.

    Raises:
        FileError: It is no such file.
        UserError: ONNX Runtime is not installed, or not for that device.
    """

    library = "onnxruntime"
    """What runs it, by the name of its package."""

    def __init__(self, path: Path | str, device: str | None = None) -> None:
        self.path, self._weights = Path(path), path
        self.device = "cpu"
        self._asked = device
        model = model_of(path)
        try:
            self.description = metadata(model)
            self.multiple = int(self.description["multiple"])
            self.tells_noise = LOG_SIGMA in outputs(model)
            prediction, self._noise = (
                only(model, name) if name in outputs(model) else b"" for name in (RESTORED, LOG_SIGMA)
            )
        except (KeyError, ValueError) as error:
            raise FileError(self.path, FOREIGN) from error
        if not 0 < self.multiple <= MOST:
            raise FileError(self.path, FOREIGN)
        self._predict = self._load(prediction)
        if is_model(path):
            self._try()

    @cached_property
    def network(self) -> Any:
        """The network in PyTorch, of a file of weights; of an ONNX file there is none."""
        if is_model(self.path):
            return None
        from restore.networks.weights import load_network

        return load_network(self._weights)

    @cached_property
    def _tell(self) -> Run:
        """What tells how noisy something is; loaded once that is asked."""
        return self._load(self._noise)

    def sigma(self, observed: Observed) -> Float32[np.ndarray, "n 1 h w"]:
        """What the network's noise head tells."""
        assert self.tells_noise, "asked of a model without a noise head"
        return spread(self._found(self._tell, vars(observed), 1), observed.sigma.shape[-2:])

    def predict(self, observed: Observed, mean: Float32[np.ndarray, "n 3 1 1"]) -> Float32[np.ndarray, "n 3 h w"]:
        """Predict every pixel, in single precision."""
        found = self._found(self._predict, {**vars(observed), "mean": mean}, 3)
        if found.shape != observed.degraded.shape:
            raise FileError(self.path, FOREIGN)
        return found

    def _try(self) -> None:
        """Predict once, so that a model that does something else is refused before any work."""
        side = max(2 * self.multiple, 16)
        gray = np.full((1, 3, side, side), 0.5, np.float32)
        observed = Observed(gray, np.full((1, 1, side, side), 0.1, np.float32))
        self.predict(observed, gray[..., :1, :1])
        if self.tells_noise:
            self.sigma(observed)

    def _found(self, run: Run, arrays: Mapping[str, Any], channels: int) -> Float32[np.ndarray, "n c h w"]:
        """What a model makes of an observation, once it is known to be numbers.

        Raises:
            FileError: It fails, or gives something else.
            MemoryError: It needs too much.
        """
        try:
            found = run(arrays)
        except Exception as error:  # whatever a model of any content makes of it
            if any(phrase in str(error) for phrase in MEMORY_IS_FULL):
                raise MemoryError("not enough memory for this model, or for tiles of this size") from error
            raise FileError(self.path, FOREIGN) from error
        if not (isinstance(found, np.ndarray) and found.dtype == np.float32 and found.ndim == 4):
            raise FileError(self.path, FOREIGN)
        if found.shape[:2] != (len(arrays["degraded"]), channels):
            raise FileError(self.path, FOREIGN)
        if not np.isfinite(found).all():
            raise FileError(self.path, f"the weights {NO_NUMBERS}")
        return found

    def _load(self, data: bytes) -> Run:
        """What runs a model of one output."""
        _check_installed("onnxruntime")
        import onnxruntime

        onnxruntime.set_default_logger_severity(4)  # errors are raised
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = usable_cores()
        if self.description.get("int8") == "weights":  # or it would keep them so, and scale them at every run
            options.add_session_config_entry("session.disable_quant_qdq", "1")
        providers = _providers(self._asked, onnxruntime.get_available_providers())
        try:
            session = onnxruntime.InferenceSession(data, options, providers=providers)
            names = [one.name for one in session.get_inputs()]
        except Exception as error:  # whatever a file of any content makes of it
            raise FileError(self.path, "is no ONNX model that can be run") from error

        def run(arrays: Mapping[str, Any]) -> Any:
            return session.run(None, {name: arrays[name] for name in names})[0]

        return run


class OpenVinoBackend(OnnxBackend):
    """The same files, run by OpenVINO on the CPU.

    Args:
        path: As for `OnnxBackend`.

    Raises:
        FileError: It is no such file.
        UserError: OpenVINO is not installed.
    """

    library = "openvino"

    def __init__(self, path: Path | str) -> None:
        super().__init__(path)

    def _load(self, data: bytes) -> Run:
        _check_installed("openvino")
        import openvino

        try:
            model = openvino.Core().read_model(data)
            compiled = openvino.compile_model(
                model, "CPU", {"INFERENCE_NUM_THREADS": usable_cores(), "INFERENCE_PRECISION_HINT": "f32"}
            )
            names = [one.get_any_name() for one in model.inputs]
        except Exception as error:  # whatever a file of any content makes of it
            raise FileError(self.path, "is no ONNX model that can be run") from error
        local = threading.local()  # a request is for one thread at a time

        def run(arrays: Mapping[str, Any]) -> Any:
            if not hasattr(local, "request"):
                local.request = compiled.create_infer_request()
            result = local.request.infer({name: arrays[name] for name in names})
            return np.array(result[0])

        return run


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


def _check_installed(package: str) -> None:
    if not is_installed(package):
        extra = "openvino" if package == "openvino" else "onnx"
        raise UserError(f"{package} is not installed: pip install 'restore[{extra}]'")
