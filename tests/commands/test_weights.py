import pytest
import torch

from restore.cli import main
from restore.inference.restorer import Restorer
from restore.networks.unet import UNet
from restore.networks.weights import describe


@pytest.fixture
def checkpoint(tmp_path):
    network = UNet(widths=(4, 4), depths=(1, 1))
    state = {f"network.{name}": value for name, value in network.state_dict().items()}
    content = {"network": describe(network), "state_dict": state, "global_step": 1}
    torch.save(content, tmp_path / "last.ckpt")
    return str(tmp_path / "last.ckpt")


def test_what_is_exported_can_be_loaded(checkpoint, tmp_path, capsys):
    assert main(["export", checkpoint, "-o", str(tmp_path / "w.safetensors")]) == 0
    assert isinstance(Restorer.load(tmp_path / "w.safetensors", "cpu").network, UNet)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("output", "reason"), [("nodir/w.safetensors", "there is no folder"), ("taken", "taken")])
def test_an_output_that_cannot_be_written_is_one_line(checkpoint, tmp_path, capsys, output, reason):
    (tmp_path / "taken").mkdir()
    assert main(["export", checkpoint, "-o", str(tmp_path / output)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("restore: ")
    assert reason in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last.ckpt", "taken"]


def test_weights_are_exported_in_parts_below_a_size(checkpoint, tmp_path, capsys):
    assert main(["export", checkpoint, "-o", str(tmp_path / "w.safetensors"), "--max-size", "3KB"]) == 0
    parts = list(tmp_path.glob("w-*-of-*.safetensors"))
    assert len(parts) > 1
    assert all(part.stat().st_size <= 3000 for part in parts)
    assert isinstance(Restorer.load(tmp_path / "w.safetensors.index.json", "cpu").network, UNet)


@pytest.mark.parametrize(("size", "reason"), [("16", "a number with a unit"), ("0.1KB", "parts cannot be so small")])
def test_a_size_that_cannot_be_kept_is_one_line(checkpoint, tmp_path, capsys, size, reason):
    assert main(["export", checkpoint, "-o", str(tmp_path / "w.safetensors"), "--max-size", size]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert reason in line
    assert list(tmp_path.iterdir()) == [tmp_path / "last.ckpt"]


def test_a_weights_file_is_halved_and_parted(checkpoint, tmp_path):
    whole, half = tmp_path / "w.safetensors", tmp_path / "half.safetensors"
    assert main(["export", checkpoint, "-o", str(whole)]) == 0
    assert main(["export", str(whole), "-o", str(half), "--half", "--max-size", "3KB"]) == 0
    parts = list(tmp_path.glob("half-*-of-*.safetensors"))
    assert sum(part.stat().st_size for part in parts) < 0.75 * whole.stat().st_size
    before, after = (Restorer.load(path, "cpu").network for path in (whole, tmp_path / "half.safetensors.index.json"))
    for one, other in zip(before.parameters(), after.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-3)
    assert main(["export", str(tmp_path / "no.safetensors"), "-o", str(half)]) == 2


def test_a_checkpoint_that_is_not_there_is_told_where_they_are(tmp_path, capsys):
    assert main(["export", str(tmp_path / "no.ckpt"), "-o", str(tmp_path / "w.safetensors")]) == 2
    assert "no.ckpt: no such file; `restore fit` leaves checkpoints below runs" in capsys.readouterr().err
