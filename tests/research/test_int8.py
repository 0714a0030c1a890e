"""What 8 bits cost is measured beside the model that they are of."""

import pytest

from research.int8 import int8
from restore.networks.onnx_file import with_weights_of
from restore.networks.weights import describe, load_network
from restore.weights.models import shipped_graph

pytest.importorskip("onnxruntime")


def test_a_model_loses_nothing_to_itself(tmp_path, capsys):
    network, path = load_network("default"), tmp_path / "model.onnx"
    path.write_bytes(with_weights_of(network, shipped_graph(describe(network))))
    assert int8([str(path)], limit=1) == 0
    head, _, row = capsys.readouterr().out.splitlines()
    assert head == "| | MB | time | sigma 15 | sigma 25 | sigma 50 | thin holes |"
    assert row.startswith("| model | 31.4 | 1.00 | ")
    assert all(float(cell) > 20 for cell in row.split("|")[4:-1])
