"""Weights whose graph comes with the package are run by ONNX Runtime and OpenVINO as by PyTorch, and by the fastest."""

import numpy as np
import pytest
import torch

import restore.inference.backends
from restore.errors import FileError, UserError
from restore.inference.backends import fastest_backend, load_backend
from restore.inference.onnx_backends import OnnxBackend
from restore.inference.restorer import Restorer
from restore.inference.torch_backend import TorchBackend
from restore.networks.onnx_file import checked, with_weights_of, write_onnx
from restore.networks.weights import describe, export_checkpoint, load_network, save_weights
from restore.weights.models import shipped_graph
from tests.small import write_small_weights

pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def network():
    return load_network("default")


@pytest.fixture(scope="module")
def other(tmp_path_factory, network):
    """Other weights of the default architecture, in parts."""
    folder = tmp_path_factory.mktemp("weights")
    state = {name: 1.01 * value for name, value in network.state_dict().items()}
    save_weights(state, describe(network), folder / "other.safetensors", half=True, max_size=8_000_000)
    assert len(list(folder.glob("*.safetensors"))) > 1
    return folder / "other.safetensors"


@pytest.fixture(params=["onnx", pytest.param("openvino", marks=pytest.mark.slow)])
def name(request):
    if request.param == "openvino":
        pytest.importorskip("openvino")
    return request.param


def damaged():
    image = np.random.default_rng(0).integers(0, 255, (50, 70, 3), dtype=np.uint8, endpoint=True)
    hole = np.zeros((50, 70), bool)
    hole[10:30, 20:36] = True
    return image, hole


def test_the_graph_is_what_the_network_computes(network):
    graph = shipped_graph(describe(network))
    assert graph is not None, "python -m research.ship_graph writes it again"
    checks = list(checked(network, with_weights_of(network, graph)))
    assert len(checks) == 9
    assert max(check.difference for check in checks) <= 1e-4


@pytest.mark.parametrize("which", ["default", "other"])
def test_weights_restore_as_in_pytorch(other, name, which):
    weights = "default" if which == "default" else other
    ours, theirs = Restorer.load(weights, "cpu", "torch"), Restorer.load(weights, "cpu", name)
    image, hole = damaged()
    results = [(one.inpaint(image, hole).astype(int), one.denoise(image, 0.1).astype(int)) for one in (ours, theirs)]
    (filled, clean), (same, alike) = results
    assert (filled != image)[hole].any()
    assert np.abs(filled - same).max() <= 1
    assert (clean != image).any()
    assert np.abs(clean - alike).max() <= 1
    assert theirs.estimate_sigma(image) == pytest.approx(ours.estimate_sigma(image), rel=1e-3)


def test_the_network_can_still_be_looked_into(network):
    restorer = Restorer.load("default", "cpu")
    assert isinstance(restorer.backend, OnnxBackend)
    assert torch.equal(restorer.network.head.weight, network.head.weight)
    image, _ = damaged()
    ours, theirs = (Restorer.load("default", "cpu", name).attention(image) for name in ("torch", None))
    assert torch.equal(ours.encoder, theirs.encoder)


def test_the_fastest_backend_is_taken(other, tmp_path, monkeypatch):
    small = write_small_weights(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for weights in ("default", other):
        for device in (None, "cpu", torch.device("cpu")):
            assert fastest_backend(weights, device) == "onnx"
        assert fastest_backend(weights, "cuda:0") == "torch"
    assert fastest_backend(small, "cpu") == "torch"
    assert fastest_backend("anything.onnx", "cuda") == "onnx"
    assert isinstance(load_backend(other, "cpu"), OnnxBackend)
    assert isinstance(load_backend(small, "cpu"), TorchBackend)
    assert isinstance(load_backend("default", "cpu", "torch"), TorchBackend)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(restore.inference.backends, "GPU_DRIVERS", [str(tmp_path)])
    assert fastest_backend("default") == "torch"
    assert fastest_backend("default", "cpu") == "onnx"
    monkeypatch.setattr(restore.inference.backends, "is_installed", lambda name: name != "onnxruntime")
    assert fastest_backend("default", "cpu") == "torch"
    monkeypatch.setattr(restore.inference.backends, "is_installed", lambda name: name == "openvino")
    assert fastest_backend("default") == "openvino"
    assert fastest_backend("anything.onnx") == "openvino"


def test_weights_without_a_graph_have_to_be_exported(name, tmp_path):
    path = write_small_weights(tmp_path)
    with pytest.raises(FileError, match=r"small\.safetensors: no graph .* `restore export .* -o model\.onnx` first"):
        Restorer.load(path, "cpu", name)


def test_weights_that_do_not_fit_are_refused_alike(network, tmp_path):
    state = {key: value[:1].clone() if key == "head.weight" else value for key, value in network.state_dict().items()}
    save_weights(state, describe(network), tmp_path / "odd.safetensors")
    for backend in ("torch", "onnx", None):
        with pytest.raises(FileError, match=r"odd\.safetensors: the weights do not fit the RestorationNetwork they"):
            load_backend(tmp_path / "odd.safetensors", "cpu", backend)
    for missing in ("none.safetensors", "none.onnx"):
        with pytest.raises(UserError, match="no such"):
            load_backend(tmp_path / missing, "cpu")


def test_an_export_is_filled_in_and_checked(network, tmp_path):
    checks = write_onnx(network, tmp_path / "model.onnx")
    assert max(check.difference for check in checks) <= 1e-4
    export_checkpoint("default", tmp_path / "half.safetensors", half=True)
    assert (tmp_path / "model.onnx").stat().st_size < 2.1 * (tmp_path / "half.safetensors").stat().st_size
    image, hole = damaged()
    filled = Restorer.load(tmp_path / "model.onnx", "cpu").inpaint(image, hole)
    assert np.array_equal(filled, Restorer.load("default", "cpu", "onnx").inpaint(image, hole))
