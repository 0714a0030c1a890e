"""Graphs without weights, filled, and cut to what one output needs: judged by ONNX's own library and runtime."""

import json
import subprocess
import sys

import numpy as np
import pytest

from restore.weights.models import filled, metadata, only, outputs, parameters, shipped_graph
from restore.weights.reading import read_description, read_weights

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

SHAPES = {"head.weight": (3, 3, 1, 1), "head.bias": (3,), "noise.weight": (1, 3, 1, 1)}


@pytest.fixture
def graph():
    """`restored` is a convolution of `degraded` and twice `mean`; `log_sigma` is another, of the same."""
    helper, float32 = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Mul", ["degraded", "two"], ["doubled"]),
        helper.make_node("Conv", ["doubled", "head.weight", "head.bias"], ["changed"]),
        helper.make_node("Add", ["changed", "mean"], ["restored"]),
        helper.make_node("Conv", ["doubled", "noise.weight"], ["log_sigma"]),
    ]
    sizes = {"degraded": ["n", 3, "h", "w"], "sigma": ["n", 1, "h", "w"], "mean": ["n", 3, 1, 1], **SHAPES}
    inputs = [helper.make_tensor_value_info(name, float32, shape) for name, shape in sizes.items()]
    results = [
        helper.make_tensor_value_info(name, float32, ["n", None, "h", "w"]) for name in ("restored", "log_sigma")
    ]
    constants = [onnx.numpy_helper.from_array(np.float32(2), "two")]
    model = helper.make_model(
        helper.make_graph(nodes, "network", inputs, results, constants), opset_imports=[helper.make_opsetid("", 20)]
    )
    model.ir_version = 10
    helper.set_model_props(model, {"multiple": "4"})
    onnx.checker.check_model(model)
    return model.SerializeToString()


@pytest.fixture
def tensors():
    generator = np.random.default_rng(0)
    return {name: generator.normal(size=shape).astype(np.float16) for name, shape in SHAPES.items()}


def run(model, *names):
    onnx.checker.check_model(onnx.load_from_string(model))
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    assert [one.name for one in session.get_inputs()] == list(names)
    image = np.random.default_rng(1).random((2, 3, 4, 8), np.float32)
    given = {"degraded": image, "sigma": image[:, :1], "mean": np.full((2, 3, 1, 1), 0.5, np.float32)}
    return image, session.run(None, {name: given[name] for name in names})


def convolved(image, weight):
    return np.einsum("nchw,oc->nohw", 2 * image, weight[..., 0, 0].astype(np.float32))


def test_a_filled_graph_computes_with_the_weights(graph, tensors):
    model = filled(graph, tensors, producer="restore 1")
    image, (restored, log_sigma) = run(model, "degraded", "sigma", "mean")
    bias = tensors["head.bias"].astype(np.float32)[:, None, None]
    assert np.allclose(restored, convolved(image, tensors["head.weight"]) + bias + 0.5, atol=1e-5)
    assert np.allclose(log_sigma, convolved(image, tensors["noise.weight"]), atol=1e-5)
    assert metadata(model) == {"multiple": "4", "producer": "restore 1"}
    assert outputs(model) == ["restored", "log_sigma"]
    assert parameters(model) == {}
    assert parameters(graph) == SHAPES


def test_what_one_output_does_not_need_is_left_out(graph, tensors):
    model = filled(graph, tensors)
    _, both = run(model, "degraded", "sigma", "mean")
    cut = only(model, "log_sigma")
    assert outputs(cut) == ["log_sigma"]
    assert metadata(cut) == {"multiple": "4"}
    assert {tensor.name for tensor in onnx.load_from_string(cut).graph.initializer} == {"two", "noise.weight"}
    assert np.array_equal(run(cut, "degraded")[1][0], both[1])
    assert np.array_equal(run(only(model, "restored"), "degraded", "mean")[1][0], both[0])
    with pytest.raises(ValueError, match="no output depth"):
        only(model, "depth")


@pytest.mark.parametrize("change", ["missing", "foreign", "shape"])
def test_other_weights_are_refused(graph, tensors, change):
    if change == "missing":
        del tensors["head.bias"]
    else:
        tensors["head.bias" if change == "shape" else "tail.bias"] = np.zeros(4, np.float32)
    with pytest.raises(ValueError, match="not those of the graph"):
        filled(graph, tensors)


def test_the_default_network_has_a_graph_that_holds_no_weights():
    _, description, tensors = read_weights("default", "np")
    graph = shipped_graph(description)
    assert graph is not None
    assert len(graph) < 1e6
    assert parameters(graph) == {name: values.shape for name, values in tensors.items()}
    assert json.loads(metadata(graph)["network"]) == description
    onnx.checker.check_model(onnx.load_from_string(graph))
    description["arguments"]["widths"] = [32, 64]
    assert shipped_graph(description) is None


def test_a_description_is_read_without_the_tensors(tmp_path):
    path, description = read_description("default")
    assert description == read_weights("default", "np")[1]
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="not a safetensors file of weights"):
        read_description(cut)


def test_weights_become_a_model_without_pytorch():
    code = (
        "import sys; from restore.weights.models import *; from restore.weights.reading import read_weights;"
        "_, said, tensors = read_weights('default', 'np'); assert len(filled(shipped_graph(said), tensors)) > 2e7;"
        "assert not {'torch', 'onnx'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
