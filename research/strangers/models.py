"""ONNX files of strangers: broken, of another contract, that read other files, fill all memory or never end."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from research.strangers.breaking import BREAKS, Generator, pick

KINDS = ("broken", "metadata", "external", "huge", "domain", "other people's", "contract", "endless", "values")
IMAGE, PLANE, COLOUR = ["n", 3, "h", "w"], ["n", 1, "h", "w"], ["n", 3, 1, 1]


def small_model(weight: Any = None, nodes: Sequence[Any] = (), **metadata: str) -> onnx.ModelProto:
    """A model of the contract of `restore export`: a mean of what is around a pixel, and of all.

    Args:
        weight: Of the convolution; drawn if not given.
        nodes: In the place of the last, from `near` to `restored`.
        metadata: In the place of its own.
    """
    if weight is None:
        kernel = np.random.default_rng(0).random((3, 3, 3, 3), np.float32) / 27
        weight = numpy_helper.from_array(kernel, "kernel")
    last = list(nodes) or [helper.make_node("Clip", ["near", "low", "high"], ["restored"])]
    graph = helper.make_graph(
        [
            helper.make_node("IsInf", ["sigma"], ["hole"]),
            helper.make_node("Where", ["hole", "mean", "degraded"], ["filled"]),
            helper.make_node("Conv", ["filled", "kernel"], ["near"], pads=[1, 1, 1, 1]),
            *last,
        ],
        "small",
        [_value("degraded", IMAGE), _value("sigma", PLANE), _value("mean", COLOUR)],
        [_value("restored", IMAGE)],
        [
            weight,
            *(numpy_helper.from_array(np.array(value, np.float32), name) for name, value in (("low", 0), ("high", 1))),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    described = {"class": "UNet", "arguments": {"widths": [8, 8], "depths": [1, 1]}, "version": 2}
    helper.set_model_props(
        model, {"network": json.dumps(described), "multiple": "2", "producer": "restore 1", **metadata}
    )
    return model


def write_model(generator: Generator, folder: Path, secret: Path) -> tuple[Path, str]:
    """An ONNX file that is not right.

    Args:
        generator: Draws what is wrong.
        folder: Where to write.
        secret: What must not be read; it holds enough for the convolution.

    Returns:
        The file, and what was done to it.
    """
    kind, path = str(generator.choice(KINDS)), folder / "m.onnx"
    if kind == "broken":
        kind = str(generator.choice(list(BREAKS)))
        data = BREAKS[kind](generator, small_model().SerializeToString())
    else:
        data = _WRONG[kind](generator, secret).SerializeToString()
    path.write_bytes(data)
    return path, f"ONNX: {kind}"


def _value(name: str, shape: Any, kind: int = TensorProto.FLOAT) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def _metadata(generator: Generator, _: Path) -> onnx.ModelProto:
    """Multiples that cannot be, and noise heads that are none."""
    if generator.random() < 0.5:
        return small_model(
            multiple=str(generator.choice(["0", "-1", "x", "", "1e9", "1000000000", "9" * 5000, "3", "2048"]))
        )
    model = small_model()
    operator, source = pick(
        generator, (("Identity", "degraded"), ("Shape", "mean"), ("ReduceSum", "sigma"), ("Log", "mean"))
    )
    model.graph.node.append(helper.make_node(operator, [source], ["log_sigma"]))
    model.graph.output.append(
        _value("log_sigma", None, TensorProto.INT64 if operator == "Shape" else TensorProto.FLOAT)
    )
    return model


def _external(generator: Generator, secret: Path) -> onnx.ModelProto:
    """Weights that are in another file."""
    places = [
        str(secret),
        f"../{secret.name}",
        f"./../{secret.name}",
        f"x/../../{secret.name}",
        "/etc/passwd",
        "a.bin",
        "",
    ]
    weight = TensorProto(
        name="kernel", data_type=TensorProto.FLOAT, dims=[3, 3, 3, 3], data_location=TensorProto.EXTERNAL
    )
    said = {"location": pick(generator, places), "offset": "0", "length": "324"}
    for key, value in said.items():
        weight.external_data.add(key=key, value=value)
    if generator.random() < 0.3:  # within a node
        constant = helper.make_node("Constant", [], ["other"])
        constant.attribute.add(name="value", type=onnx.AttributeProto.TENSOR).t.CopyFrom(weight)
        return small_model(None, [constant, *_nodes(("Conv", "near other", "late")), _CLIPPED])
    return small_model(weight)


def _huge(generator: Generator, _: Path) -> onnx.ModelProto:
    """Shapes that fill all memory, said or made."""
    if generator.random() < 0.3:
        dims = pick(generator, [[2**40, 3, 3, 3], [2**31, 2**31, 3, 3], [-1, 3, 3, 3], [3, 3, 3, 3, 3], []])
        return small_model(TensorProto(name="kernel", data_type=TensorProto.FLOAT, dims=dims, raw_data=bytes(324)))
    shape = pick(generator, [[2**40], [2**31, 2], [20000, 20000, 3], [-5]])
    made = [
        helper.make_node("Constant", [], ["shape"], value_ints=shape),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["none"], keepdims=0),
        helper.make_node("Add", ["near", "none"], ["restored"]),
    ]
    return small_model(None, made)


def _domain(generator: Generator, _: Path) -> onnx.ModelProto:
    """Operators that come with another program, or that there are not."""
    known = (("Evil", "com.evil"), ("PyOp", "ai.onnx.contrib"), ("Evil", ""), ("FusedMatMul", "com.microsoft"))
    name, domain = pick(generator, known)
    model = small_model(None, [helper.make_node(name, ["near"], ["restored"], domain=domain)])
    if domain:
        model.opset_import.append(helper.make_opsetid(domain, 1))
    return model


def _foreign(generator: Generator, _: Path) -> onnx.ModelProto:
    """A classifier, without what is said of ours, or with it."""
    size = [1, 3, 224, 224] if generator.random() < 0.5 else ["n", 3, "h", "w"]
    name = str(generator.choice(["input", "degraded", "sigma"]))
    graph = helper.make_graph(
        _nodes(("GlobalAveragePool", name, "output")),
        "classifier",
        [_value(name, size)],
        [_value("output", ["n", 3, 1, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    if generator.random() < 0.7:
        helper.set_model_props(model, {"multiple": "1"})
    return model


def _contract(generator: Generator, _: Path) -> onnx.ModelProto:
    """Predictions of another type, size or number, or none at all."""
    endings = (
        [helper.make_node("Cast", ["near"], ["restored"], to=TensorProto.DOUBLE)],
        [helper.make_node("Cast", ["near"], ["restored"], to=TensorProto.INT64)],
        [helper.make_node("Cast", ["near"], ["restored"], to=TensorProto.STRING)],
        _nodes(("GlobalAveragePool", "near", "restored")),
        _nodes(("Shape", "near", "restored")),
        _nodes(("Flatten", "near", "restored")),
        [helper.make_node("Concat", ["near", "near"], ["restored"], axis=1)],
        [helper.make_node("Concat", ["near", "near"], ["restored"], axis=3)],
        [helper.make_node("SequenceConstruct", ["near"], ["restored"])],
    )
    model = small_model(None, pick(generator, endings))
    del model.graph.output[:]
    if generator.random() < 0.9:
        model.graph.output.append(onnx.ValueInfoProto(name="restored"))
    return model


def _endless(generator: Generator, _: Path) -> onnx.ModelProto:
    """A loop that never ends."""
    body = helper.make_graph(
        _nodes(("Identity", "go", "on"), ("Sin", "x", "y")),
        "body",
        [_value("i", [], TensorProto.INT64), _value("go", [], TensorProto.BOOL), _value("x", IMAGE)],
        [_value("on", [], TensorProto.BOOL), _value("y", IMAGE)],
    )
    made = [
        helper.make_node("Constant", [], ["times"], value_int=int(generator.choice([2**40, 2**62]))),
        helper.make_node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(True))),
        helper.make_node("Loop", ["times", "yes", "near"], ["restored"], body=body),
    ]
    return small_model(None, made)


def _values(generator: Generator, _: Path) -> onnx.ModelProto:
    """Predictions that are no numbers."""
    wrong = np.full((3, 3, 3, 3), generator.choice([np.nan, np.inf, -np.inf, 1e38]), np.float32)
    end = [helper.make_node("Identity", ["near"], ["restored"])] if generator.random() < 0.5 else []
    return small_model(numpy_helper.from_array(wrong, "kernel"), end)


def _nodes(*described: tuple[str, str, str]) -> list[Any]:
    return [helper.make_node(kind, inputs.split(), [output]) for kind, inputs, output in described]


_CLIPPED = helper.make_node("Clip", ["late", "low", "high"], ["restored"])
_WRONG = {
    "metadata": _metadata,
    "external": _external,
    "huge": _huge,
    "domain": _domain,
    "other people's": _foreign,
    "contract": _contract,
    "endless": _endless,
    "values": _values,
}
