"""ONNX files of strangers are refused before they can do harm."""

import os

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from research.strangers.models import small_model  # noqa: E402
from restore.errors import FileError  # noqa: E402
from restore.inference.restorer import Restorer  # noqa: E402

IMAGE = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)


def load(folder, model):
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return Restorer.load(path, "cpu")


def node(kind, inputs, output="restored", **attributes):
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def test_a_model_of_our_contract_restores(tmp_path):
    restorer = load(tmp_path, small_model())
    hole = np.zeros(IMAGE.shape[:2], bool)
    hole[5:9, 5:9] = True
    filled = restorer.inpaint(IMAGE, hole)
    assert np.array_equal(filled[~hole], IMAGE[~hole])
    assert (filled != IMAGE)[hole].any()


@pytest.mark.parametrize("where", ["absolute", "../weights.bin", "weights.bin"])
@pytest.mark.parametrize("within", ["graph", "node"])
def test_weights_in_other_files_are_never_read(tmp_path, monkeypatch, where, within):
    folder = tmp_path / "in"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for place in (tmp_path, folder):
        os.mkfifo(place / "weights.bin")  # whoever opens it waits for ever
    weight = TensorProto(name="kernel", data_type=TensorProto.FLOAT, dims=[3, 3, 3, 3])
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=str(tmp_path / "weights.bin") if where == "absolute" else where)
    model = small_model(weight)
    if within == "node":
        constant = helper.make_node("Constant", [], ["other"])
        constant.attribute.add(name="value", type=onnx.AttributeProto.TENSOR).t.CopyFrom(weight)
        model = small_model(None, [constant, node("Conv", "near other", pads=[1, 1, 1, 1])])
    with pytest.raises(FileError, match=r"model\.onnx: is no model that .* it has weights in other files"):
        load(folder, model)


def endless():
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [node("Identity", "go", "on"), node("Sin", "x", "y")],
        "body",
        [value("i", TensorProto.INT64, []), value("go", TensorProto.BOOL, []), value("x", TensorProto.FLOAT, None)],
        [value("on", TensorProto.BOOL, []), value("y", TensorProto.FLOAT, None)],
    )
    yes = helper.make_node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array([True])[0]))
    times = helper.make_node("Constant", [], ["times"], value_int=2**62)
    return small_model(None, [times, yes, node("Loop", "times yes near", body=body)])


def of_another_program():
    model = small_model(None, [node("FusedGelu", "near", domain="com.microsoft")])
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


def of_another_input():
    model = small_model()
    model.graph.input[0].name = "picture"
    model.graph.node[1].input[2] = "picture"
    return model


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (endless, "it has loops or branches"),
        (of_another_program, "it has operators of other programs"),
        (of_another_input, "it has other inputs"),
        (lambda: small_model(None, [node("GlobalAveragePool", "near")]), "is no model that `restore export` wrote"),
        (lambda: small_model(None, [node("Concat", "near near", axis=1)]), "is no model that `restore export` wrote"),
        (
            lambda: small_model(numpy_helper.from_array(np.full((3, 3, 3, 3), np.nan, np.float32), "kernel")),
            "no numbers",
        ),
        (lambda: small_model(multiple="0"), "is no model that `restore export` wrote"),
        (lambda: small_model(multiple="1000000000"), "is no model that `restore export` wrote"),
    ],
)
def test_what_is_not_ours_is_refused_before_any_work(tmp_path, model, reason):
    with pytest.raises(FileError, match=reason) as caught:
        load(tmp_path, model())
    assert "\n" not in str(caught.value)


def test_metadata_that_are_no_text_are_no_traceback(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(small_model(multiple="wide").SerializeToString().replace(b"wide", b"\x80\x80\x80\x80"))
    with pytest.raises(FileError, match="is no model that `restore export` wrote"):
        Restorer.load(path, "cpu")


def test_a_model_that_needs_too_much_memory_is_no_traceback(tmp_path):
    made = [
        helper.make_node("Constant", [], ["shape"], value_ints=[2**40]),
        node("ConstantOfShape", "shape", "zeros"),
        node("ReduceSum", "zeros", "none", keepdims=0),
        node("Add", "near none"),
    ]
    with pytest.raises(MemoryError, match="not enough memory for this model"):
        load(tmp_path, small_model(None, made))
