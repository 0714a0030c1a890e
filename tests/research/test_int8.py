"""What 8 bits cost is measured beside the model that they are of."""

import pytest

from research.int8 import int8
from restore.networks.onnx_file import write_onnx
from restore.networks.weights import load_network

pytest.importorskip("onnxruntime")


def test_a_model_loses_nothing_to_itself(tmp_path, capsys):
    path = tmp_path / "model.onnx"
    write_onnx(load_network("default"), path)
    assert int8([str(path)], limit=1) == 0
    head, _, row = capsys.readouterr().out.splitlines()
    assert head == "| | MB | time | sigma 15 | sigma 25 | sigma 50 | thin holes |"
    assert row.startswith("| model | 31.4 | 1.00 | ")
    assert all(float(cell) > 20 for cell in row.split("|")[4:-1])
