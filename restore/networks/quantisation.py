"""ONNX models in 8-bit integers: the weights alone, or what convolutions and linear layers compute as well."""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np

from restore.weights.models import parameters

Int8 = Literal["weights", "activations"]
"""What of a model is in integers of 8 bits: its weights, or these and what goes into its layers."""

SMALL = 1024
"""Tensors with fewer values stay as they are."""

IN_FLOAT = (
    *("head.weight", "detail.stem.weight", "detail.down.0.", "detail.up.0.", "noise_head."),
    "autoencoder.encoder.patch_embed.proj.weight",
)
"""How the names of the weights begin whose layers stay in floats: the first ones, the last one, those that work at full
resolution, which lose most of what is lost, and those that tell noise."""

LEVELS = 127


def with_int8_weights(model: bytes) -> bytes:
    """A model that stores its weights as integers, with a scale for each slice along their first axis.

    It computes in floats: runtimes multiply the weights by their scales as they load.

    Args:
        model: As `restore.weights.models.filled` makes it.
    """
    import onnx
    from onnx import helper, numpy_helper

    proto = onnx.load_from_string(model)
    assert not parameters(model), "the graph is not filled"
    scaled, nodes = [], []
    for tensor in proto.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim < 2 or values.size < SMALL:
            scaled.append(tensor)
            continue
        scale = np.abs(values).reshape(len(values), -1).max(1).clip(1e-8) / LEVELS
        levels = np.round(values / scale.reshape(-1, *[1] * (values.ndim - 1))).astype(np.int8)
        names = [f"{tensor.name}.int8", f"{tensor.name}.scale"]
        scaled += [numpy_helper.from_array(array, name) for array, name in zip((levels, scale), names, strict=True)]
        nodes.append(helper.make_node("DequantizeLinear", names, [tensor.name], axis=0))
    nodes += proto.graph.node
    for field, content in ((proto.graph.initializer, scaled), (proto.graph.node, nodes)):
        del field[:]
        field.extend(content)
    return _noted(proto, "weights")


def with_int8_activations(model: bytes, inputs: Sequence[dict[str, np.ndarray]]) -> bytes:
    """A model whose convolutions and linear layers multiply integers: with weights as `with_int8_weights` has them.

    What goes into a layer is rounded to 256 levels between the least and the largest value that was seen there (static
    quantisation: Jacob et al. 2018, arXiv 1712.05877). The fill, attention, norms and `IN_FLOAT` stay in floats.

    Args:
        model: As `restore.weights.models.filled` makes it.
        inputs: What to see values with: all inputs of the model, several times.
    """
    import onnx
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # of a library without types
        """All inputs once."""

        def __init__(self) -> None:
            self._rest: Iterator[Any] = iter(inputs)

        def get_next(self) -> Any:
            """The next, or none."""
            return next(self._rest, None)

    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(plain)  # where weights are transposed, not as it runs
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        graph = onnx.load(plain).graph
        constants = {tensor.name for tensor in graph.initializer}
        layers = [
            node.name
            for node in graph.node
            if node.op_type in ("Conv", "MatMul", "Gemm")
            and constants.intersection(node.input)
            and not any(name.startswith(IN_FLOAT) for name in node.input)
        ]
        with _no_advice():
            quantize_static(
                plain,
                small,
                Reader(),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_quantize=layers,
            )
        return _noted(onnx.load(small), "activations", onnx.load_from_string(model).metadata_props)


@contextmanager
def _no_advice() -> Iterator[None]:
    """To prepare the model, which it is."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _noted(proto: Any, int8: Int8, metadata: Sequence[Any] | None = None) -> bytes:
    from onnx import checker, helper

    said = {entry.key: entry.value for entry in (proto.metadata_props if metadata is None else metadata)}
    helper.set_model_props(proto, {**said, "int8": int8})
    used = {node.domain for node in proto.graph.node}
    opsets = [opset for opset in proto.opset_import if opset.domain in used]
    del proto.opset_import[:]
    proto.opset_import.extend(opsets)
    checker.check_model(proto)
    data: bytes = proto.SerializeToString()
    return data
