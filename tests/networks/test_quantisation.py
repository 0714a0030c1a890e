"""Models in 8-bit integers are small, and predict nearly the same."""

import numpy as np
import pytest
import torch

from restore.cli import main
from restore.inference.restorer import Restorer
from restore.metrics import psnr
from restore.networks.onnx_file import with_weights_of, write_onnx
from restore.networks.quantisation import with_int8_weights
from restore.networks.weights import describe, load_network
from restore.training.calibration import drawn_observations
from restore.weights.models import metadata, outputs, shipped_graph

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def network():
    return load_network("default")


def test_weights_are_rounded_to_a_127th_of_the_largest_of_their_slice(network):
    model = with_weights_of(network, shipped_graph(describe(network)))
    small = with_int8_weights(model)
    assert len(small) < 0.3 * len(model)
    assert metadata(small) == {**metadata(model), "int8": "weights"}
    assert outputs(small) == outputs(model)
    tensors = {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load_from_string(small).graph.initializer}
    for name in ("head.weight", "detail.grow.0.weight", "autoencoder.encoder.blocks.0.mlp.fc1.weight"):
        weight = network.state_dict()[name].numpy()
        if name == "head.weight":  # of 864 values
            assert np.array_equal(tensors[name], weight)
            continue
        scale = tensors[f"{name}.scale"].reshape(-1, *[1] * (weight.ndim - 1))
        assert np.allclose(scale.flatten(), np.abs(weight).reshape(len(weight), -1).max(1) / 127)
        assert (np.abs(tensors[f"{name}.int8"] * scale - weight) <= 0.501 * scale).all()
        assert name not in tensors


def test_observations_to_see_values_with_are_the_same_every_time():
    first, second = drawn_observations(), drawn_observations()
    assert all(torch.equal(a.degraded, b.degraded) for a, b in zip(first, second, strict=True))
    assert sum(bool(one.hole.any()) for one in first) == len(first) // 2
    assert all((~one.hole).any() for one in first)


def test_int8_is_for_onnx_models(tmp_path, capsys):
    assert main(["export", "default", "-o", str(tmp_path / "w.safetensors"), "--int8", "weights"]) == 2
    assert "--int8 is for ONNX models" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(("int8", "most", "loss"), [("weights", 0.3, 0.05), ("activations", 0.4, 0.3)])
def test_images_are_restored_nearly_as_well(network, tmp_path, int8, most, loss):
    from skimage import data

    write_onnx(network, tmp_path / "float.onnx")
    write_onnx(network, tmp_path / "small.onnx", int8, drawn_observations())
    assert (tmp_path / "small.onnx").stat().st_size < most * (tmp_path / "float.onnx").stat().st_size
    image = torch.from_numpy(data.chelsea()[60:188, 60:188]).permute(2, 0, 1) / 255
    noisy = image + 25 / 255 * torch.randn(image.shape, generator=torch.Generator().manual_seed(0))
    clean, nearly = (
        Restorer.load(tmp_path / name, "cpu").denoise(noisy, 25 / 255) for name in ("float.onnx", "small.onnx")
    )
    assert not torch.equal(clean, nearly)
    assert float(psnr(nearly[None], image[None])) > float(psnr(clean[None], image[None])) - loss
