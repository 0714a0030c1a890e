"""Networks run by ONNX Runtime and OpenVINO restore as they do in PyTorch."""

import numpy as np
import pytest
import torch

import restore.fill
from restore.cli import main
from restore.errors import FileError, UserError
from restore.inference.backends import load_backend
from restore.inference.restorer import Restorer
from restore.networks.onnx_file import SIZES, write_onnx
from restore.networks.restoration import RestorationNetwork
from restore.networks.weights import describe, save_weights

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A small network with all parts, as a safetensors file and as an ONNX file; and how they compared."""
    folder = tmp_path_factory.mktemp("models")
    with torch.random.fork_rng(devices=[]), pytest.MonkeyPatch.context() as patch:
        patch.setattr(restore.fill, "LEVELS", 2)  # each level takes seconds to trace; the default weights' have all
        torch.manual_seed(0)
        network = RestorationNetwork("nano", 8, 16, 1, 2, [8, 8], [1, 1], noise_widths=[8, 8, 8]).eval()
        for name, parameter in network.named_parameters():
            if name.startswith(("head", "context", "noise_head.level")):
                torch.nn.init.normal_(parameter, std=0.1)
        save_weights(network.state_dict(), describe(network), folder / "small.safetensors")
        checks = write_onnx(network, folder / "small.onnx")
    return folder, checks


@pytest.fixture(autouse=True)
def levels(monkeypatch):
    monkeypatch.setattr(restore.fill, "LEVELS", 2)


@pytest.fixture(params=["onnx", "openvino"])
def name(request):
    if request.param == "openvino":
        pytest.importorskip("openvino")
    return request.param


def test_a_file_is_checked_at_every_size_and_damage(files):
    _, checks = files
    assert len(checks) == 3 * len(SIZES)
    assert max(check.difference for check in checks) < 1e-4


@pytest.mark.parametrize(("shape", "dtype"), [((50, 70, 3), np.uint8), ((90, 41), np.uint16), ((16, 16, 4), np.uint8)])
def test_what_is_restored_is_the_same_to_a_level(files, name, shape, dtype):
    folder, _ = files
    image = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)
    if len(shape) == 3 and shape[2] == 4:
        image[..., 3] = 255
    hole = np.zeros(shape[:2], bool)
    hole[4:13, 5:12] = True
    ours = Restorer.load(folder / "small.safetensors", "cpu", tile=64)
    theirs = Restorer.load(folder / "small.onnx", "cpu", name, tile=64)
    level = np.iinfo(dtype).max / 255
    filled, same = (one.inpaint(image, hole).astype(int) for one in (ours, theirs))
    assert (filled != image)[hole].any()
    assert np.abs(filled - same).max() <= level
    clean, alike = (one.denoise(image, 0.1).astype(int) for one in (ours, theirs))
    assert (clean != image).any()
    assert np.abs(clean - alike).max() <= level
    assert theirs.estimate_sigma(image) == pytest.approx(ours.estimate_sigma(image), rel=1e-2)


def test_the_command_writes_a_model_that_commands_run(files, tmp_path, capsys, monkeypatch):
    folder, _ = files
    model = tmp_path / "again.onnx"
    assert main(["export", str(folder / "small.safetensors"), "-o", str(model)]) == 0
    assert "differs by" in capsys.readouterr().out
    from PIL import Image

    image = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "in.png")
    options = ["--sigma", "20", "--device", "cpu"]
    for weights, target in ((model, "a.png"), (folder / "small.safetensors", "b.png")):
        assert (
            main(
                ["denoise", str(tmp_path / "in.png"), "-o", str(tmp_path / target), "--weights", str(weights), *options]
            )
            == 0
        )
    a, b = (np.asarray(Image.open(tmp_path / name)).astype(int) for name in ("a.png", "b.png"))
    assert np.abs(a - b).max() <= 1
    assert main(["export", str(model), "-o", str(tmp_path / "x.onnx"), "--half"]) == 2


def test_each_file_has_its_backends(files):
    folder, _ = files
    with pytest.raises(UserError, match="no graph of such a network"):
        load_backend(folder / "small.safetensors", "cpu", "onnx")
    with pytest.raises(UserError, match="PyTorch runs safetensors"):
        load_backend(folder / "small.onnx", "cpu", "torch")
    with pytest.raises(UserError, match="has no network in PyTorch"):
        Restorer.load(folder / "small.onnx").network  # noqa: B018


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", "cut", "foreign"])
def test_other_files_are_refused_in_one_line(files, tmp_path, name, content):
    folder, _ = files
    data = (folder / "small.onnx").read_bytes()
    if content == "foreign":
        import onnx

        model = onnx.load_from_string(data)
        del model.metadata_props[:]
        data = model.SerializeToString()
    path = tmp_path / "other.onnx"
    path.write_bytes(data[: len(data) // 2] if content == "cut" else data if content == "foreign" else content)
    with pytest.raises(FileError, match=r"other\.onnx: is no ") as caught:
        Restorer.load(path, "cpu", name)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line_too(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        Restorer.load(tmp_path / "none.onnx")


@pytest.mark.parametrize("device", ["tpu", "cuda:x", "meta"])
def test_devices_that_it_does_not_know_are_refused(files, device):
    with pytest.raises(UserError, match=f"computes on cpu or cuda, not on {device}"):
        Restorer.load(files[0] / "small.onnx", device)


def test_the_cpu_does_not_stand_in_for_a_device_that_is_not_there(files):
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("it is there")
    with pytest.raises(UserError, match="as it is installed does not compute on cuda"):
        Restorer.load(files[0] / "small.onnx", "cuda:1")
