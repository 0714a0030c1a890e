import json
from pathlib import Path

import pytest
import torch

from restore.errors import FileError
from restore.networks import UNet
from restore.networks.weight_files import write_tensors
from restore.networks.weights import describe, load_into, load_network, save_weights

LIMIT = 12_000
"""Bytes; the largest tensor of the network below has 2,304, its header about 2,900."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "network.safetensors"


@pytest.fixture
def network():
    torch.manual_seed(0)
    return UNet(widths=(4, 8, 8), depths=(2, 2, 2))


def save(network, path, limit=LIMIT, **options):
    save_weights(network.state_dict(), describe(network), path, max_size=limit, **options)
    return path.with_name(path.name + ".index.json")


def parts(path):
    return sorted(path.parent.glob("*-of-*.safetensors"))


def same_weights(one, other):
    expected = other.state_dict()
    return all(torch.equal(value, expected[name]) for name, value in one.state_dict().items())


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("limit", [6_000, 9_000, LIMIT])
def test_parts_below_the_limit_are_the_same_network_bit_for_bit(network, path, tmp_path, limit, half):
    index = save(network, path, limit, half=half)
    save(network, tmp_path / "whole", limit=None, half=half)
    assert not path.exists()
    assert len(parts(path)) > 1
    assert all(part.stat().st_size <= limit for part in parts(path))
    assert same_weights(load_network(index), load_network(tmp_path / "whole"))
    start = UNet(widths=(4, 8, 8), depths=(2, 2, 2))
    load_into(start, index)
    assert same_weights(start, load_network(index))


def test_the_index_is_what_the_hub_expects(network, path):
    index = json.loads(save(network, path).read_text())
    count = len(parts(path))
    assert [part.name for part in parts(path)] == [
        f"network-{i + 1:05d}-of-{count:05d}.safetensors" for i in range(count)
    ]
    assert set(index["weight_map"]) == set(network.state_dict())
    assert set(index["weight_map"].values()) == {part.name for part in parts(path)}
    assert index["metadata"]["total_size"] == 4 * sum(tensor.numel() for tensor in network.state_dict().values())


def test_the_name_of_the_whole_finds_its_parts(network, path):
    save(network, path)
    assert same_weights(load_network(path), network)


def test_what_fits_into_one_file_is_one_file(network, path):
    save(network, path)
    for part in parts(path):
        part.unlink()
    save(network, path, limit=path.parent.stat().st_size + 100_000)
    assert list(path.parent.iterdir()) == [path]  # the index of the parts is gone too
    save(network, path, limit=path.stat().st_size)
    assert list(path.parent.iterdir()) == [path]
    save(network, path, limit=path.stat().st_size - 1)
    assert len(parts(path)) == 2
    assert not path.exists()


def test_a_missing_part_is_refused_by_name(network, path):
    index = save(network, path)
    parts(path)[1].unlink()
    with pytest.raises(ValueError, match=f"{index}: its part {parts(path)[0].name[:7]}-00002-of-.* is missing"):
        load_network(index)


def test_a_part_in_the_place_of_another_is_refused_by_name(network, path):
    index = save(network, path)
    first, second, *_ = parts(path)
    first.write_bytes(second.read_bytes())
    with pytest.raises(ValueError, match=f"{index}: its parts do not hold"):
        load_network(index)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"metadata": {}, "weight_map": 3}',
        b'{"metadata": {}, "weight_map": {"head.weight": 3}}',
    ],
)
def test_what_is_no_index_is_refused_by_name(path, content):
    index = path.with_name("x.index.json")
    with pytest.raises(ValueError, match=f"{index}: no such weights file"):
        load_network(index)
    index.write_bytes(content)
    with pytest.raises(ValueError, match=f"{index}: not an index"):
        load_network(index)


def test_an_index_leads_nowhere_but_beside_itself(network, path, tmp_path):
    save(network, tmp_path / "network.safetensors")
    (tmp_path / "below").mkdir()
    index = json.loads((tmp_path / "network.safetensors.index.json").read_text())
    index["weight_map"] = {name: f"../{part}" for name, part in index["weight_map"].items()}
    elsewhere = tmp_path / "below" / "w.safetensors.index.json"
    elsewhere.write_text(json.dumps(index))
    with pytest.raises(FileError, match=f"{elsewhere}: its part network-00001-of-.* is missing"):
        load_network(elsewhere)


def test_parts_smaller_than_a_tensor_are_refused_and_nothing_is_written(network, path):
    with pytest.raises(ValueError, match=r"parts cannot be so small: .* is one piece and needs a part of"):
        save(network, path, limit=3_000)
    assert list(path.parent.iterdir()) == []


def test_no_part_of_an_earlier_file_stays(tmp_path):
    tensors = {f"{i}": torch.zeros(1000) for i in range(4)}
    write_tensors(tensors, {}, tmp_path / "w.safetensors", max_size=5000)
    assert len(list(tmp_path.iterdir())) == 5
    write_tensors(tensors, {}, tmp_path / "w.safetensors", max_size=9000)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "w-00001-of-00002.safetensors",
        "w-00002-of-00002.safetensors",
        "w.safetensors.index.json",
    ]
    write_tensors(tensors, {}, tmp_path / "w.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]
