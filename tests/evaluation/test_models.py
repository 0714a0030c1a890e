"""Reports say what ran the weights, and of what file they were."""

import hashlib

import pytest

from restore.evaluation.report import provenance, weights_hash
from restore.inference.restorer import Restorer
from restore.networks.onnx_file import with_weights_of
from restore.networks.weights import describe, load_network
from restore.weights.models import shipped_graph

pytest.importorskip("onnxruntime")


def test_a_model_is_told_by_its_file_and_weights_by_their_values(tmp_path):
    network = load_network("default")
    data = with_weights_of(network, shipped_graph(describe(network)))
    (tmp_path / "model.onnx").write_bytes(data)
    model = Restorer.load(tmp_path / "model.onnx", "cpu")
    assert weights_hash(model) == hashlib.sha256(data).hexdigest()
    facts = provenance(model)
    assert (facts["backend"], facts["network"], facts["parameters"]) == ("OnnxBackend", "a model", None)
    there, here = (provenance(Restorer.load("default", "cpu", name)) for name in ("onnx", "torch"))
    assert (there.pop("backend"), here.pop("backend")) == ("OnnxBackend", "TorchBackend")
    assert there == here
