import json
import os
import socket
import stat
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from restore.errors import FileError
from restore.images.writes import WriteError
from restore.networks import MaskedAutoencoder, RestorationNetwork, UNet
from restore.networks.weights import VERSION, describe, export_checkpoint, load_into, load_network, save_weights


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "network.safetensors"


def save(network, path, **options):
    save_weights(network.state_dict(), describe(network), path, **options)


def metadata(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata()


def same_weights(one, other):
    expected = other.state_dict()
    return all(torch.equal(value, expected[name]) for name, value in one.state_dict().items())


@torch.inference_mode()
def predict(network, observation):
    return network(observation)


def test_a_saved_network_predicts_the_same_bits(network, draw_observation, path):
    save(network, path)
    loaded = load_network(path)
    observation = draw_observation(2, 33, 40)
    assert type(loaded) is type(network)
    assert not loaded.training
    assert torch.equal(predict(loaded, observation), predict(network, observation))


def test_half_the_bits_predict_nearly_the_same(network, draw_observation, path, tmp_path):
    save(network, path)
    save(network, tmp_path / "half.safetensors", half=True)
    loaded = load_network(tmp_path / "half.safetensors")
    observation = draw_observation(2, 33, 40)
    assert all(p.dtype == torch.float32 for p in loaded.parameters())
    assert (tmp_path / "half.safetensors").stat().st_size < 0.7 * path.stat().st_size
    torch.testing.assert_close(predict(loaded, observation), predict(network, observation), atol=0.01, rtol=0.01)


def test_the_file_says_what_network_it_holds_and_what_else_was_noted(network, path):
    save(network, path, half=True, licence="Apache-2.0")
    notes = metadata(path)
    described = json.loads(notes["network"])
    assert (described["class"], described["arguments"]) == (type(network).__name__, network.arguments)
    assert notes["licence"] == "Apache-2.0"


def test_loading_and_saving_again_gives_the_same_file(network, path, tmp_path):
    save(network, path)
    save(load_network(path), tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_saving_over_a_file_replaces_it_and_leaves_nothing_beside_it(trained, untrained, path):
    save(untrained("UNet"), path)
    save(trained("UNet"), path)
    assert same_weights(load_network(path), trained("UNet"))
    assert list(path.parent.iterdir()) == [path]


def test_a_save_that_fails_leaves_nothing(trained, tmp_path):
    network = trained("UNet")
    with pytest.raises(TypeError):
        save(network, tmp_path / "a.safetensors", note=3)
    assert list(tmp_path.iterdir()) == []
    occupied = tmp_path / "occupied"
    occupied.mkdir()
    with pytest.raises(WriteError, match="occupied"):
        save(network, occupied)
    assert list(tmp_path.iterdir()) == [occupied]


def test_a_save_that_fails_leaves_the_old_file(trained, path):
    network = trained("UNet")
    save(network, path)
    with pytest.raises(TypeError):
        save(network, path, note=3)
    assert same_weights(load_network(path), network)


def test_a_missing_file_is_refused_by_name(path):
    with pytest.raises(ValueError, match=f"{path}: no such weights file"):
        load_network(path)


@pytest.mark.parametrize("content", [b"", b"junk", b"\xff" * 1000, b"PK\x03\x04" * 100])
def test_a_file_that_is_not_safetensors_is_refused_by_name(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{path}: not a safetensors file"):
        load_network(path)


def test_a_checkpoint_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "last.ckpt"
    torch.save({"state_dict": {}}, path)
    with pytest.raises(ValueError, match=f"{path}: .*restore export"):
        load_network(path)


@pytest.mark.parametrize("notes", [None, {"format": "pt"}, {"network": "not JSON"}])
def test_a_file_that_does_not_say_its_network_is_refused_by_name(path, notes):
    save_file({"weight": torch.zeros(2)}, path, metadata=notes)
    with pytest.raises(ValueError, match=f"{path}: does not say what network"):
        load_network(path)


def test_weights_made_before_the_network_changed_are_refused_by_name(path):
    network = UNet([4, 4], [1, 1])
    old = {name: value for name, value in describe(network).items() if name != "version"}
    save_weights(network.state_dict(), old, path)
    for use in (load_network, lambda weights: load_into(network, weights)):
        with pytest.raises(ValueError, match=rf"{path}: made for version 1 of its network, not \d+: it has to be"):
            use(path)


@pytest.mark.parametrize("description", [{"class": "Linear", "arguments": {}}, {"arguments": {}}, 3, "UNet", ["UNet"]])
def test_classes_that_are_no_networks_of_this_package_are_refused_by_name(path, description):
    save_file({"weight": torch.zeros(2)}, path, metadata={"network": json.dumps(description)})
    with pytest.raises(ValueError, match=f"{path}: holds weights of"):
        load_network(path)


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ({"class": "UNet"}, "does not say how"),
        ({"class": "UNet", "arguments": {"wings": 2}}, "does not say how its UNet was built, or names arguments"),
        ({"class": "UNet", "arguments": [3]}, "does not say how"),
        ({"class": "UNet", "arguments": {"widths": [4], "depths": [1, 1]}}, "the weights do not fit the"),
        ({"class": "UNet", "arguments": {"widths": [4, 4], "depths": [1, 1]}}, "the weights do not fit the"),
        ({"class": "UNet", "arguments": {"widths": "x", "depths": None}}, "the weights do not fit the"),
        ({"class": "UNet", "arguments": {"widths": [10**9, 10**9], "depths": [1, 1]}}, "the weights do not fit the"),
        ({"class": "UNet", "arguments": {"widths": [4, 4], "depths": [10**9, 1]}}, "the weights do not fit the"),
        ({"class": "UNet", "arguments": {"widths": [4] * 10**5, "depths": [1] * 10**5}}, "the weights do not fit the"),
        ({"class": "MaskedAutoencoder", "arguments": {"decoder_depth": 10**9}}, "the weights do not fit the"),
        ({"class": "MaskedAutoencoder", "arguments": {"encoder": "no_such_encoder"}}, "the weights do not fit the"),
        ({"class": "MaskedAutoencoder", "arguments": {"encoder": "hf-hub:some/one"}}, "the weights do not fit the"),
    ],
)
def test_weights_that_are_not_of_the_network_they_name_are_refused_by_name(path, description, reason, trained):
    save_weights(trained("UNet").state_dict(), {"version": VERSION, **description}, path)
    with pytest.raises(FileError, match=f"{path}: {reason}"):
        load_network(path)


@pytest.mark.parametrize("name", ["MaskedAutoencoder", "RestorationNetwork"])
@pytest.mark.parametrize("weights", ["published", "/etc/passwd", None])
def test_a_file_cannot_have_other_weights_fetched(name, weights, path, untrained, monkeypatch):
    def connect(*arguments):
        raise AssertionError(f"a connection to {arguments}")

    monkeypatch.setattr(socket.socket, "connect", connect)
    description = describe(untrained(name))
    description["arguments"] |= {"encoder": "vit_tiny_patch16_224", "encoder_weights": weights}
    save_weights(untrained(name).state_dict(), description, path)
    for use in (load_network, lambda weights: load_into(untrained(name), weights)):
        with pytest.raises(FileError, match="names arguments that no file has a say in") as caught:
            use(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_weights_that_are_no_numbers_are_refused(path, value, trained):
    state = {name: held.clone() for name, held in trained("UNet").state_dict().items()}
    next(iter(state.values()))[0, 0, 0, 0] = value
    save_weights(state, describe(trained("UNet")), path)
    with pytest.raises(FileError, match=f"{path}: the weights hold or give values that are no numbers"):
        load_network(path)


def test_what_a_file_says_beyond_its_network_is_not_heeded(path, trained):
    save_weights(trained("UNet").state_dict(), {**describe(trained("UNet")), "encoder_weights": "published"}, path)
    assert same_weights(load_network(path), trained("UNet"))


def test_weights_from_when_confidence_was_called_precision_load(path, trained):
    network = trained("RestorationNetwork")
    state = {name.replace("confidence_embed", "precision_embed"): value for name, value in network.state_dict().items()}
    assert state.keys() != network.state_dict().keys()
    save_weights(state, describe(network), path)
    assert same_weights(load_network(path), network)


def test_pretraining_carries_over_to_the_autoencoder_of_the_restoration_network(trained, untrained, path):
    pretrained, network, before = (
        trained("MaskedAutoencoder"),
        untrained("RestorationNetwork"),
        untrained("RestorationNetwork"),
    )
    save(pretrained, path)
    load_into(network, path)
    assert same_weights(network.autoencoder, pretrained)
    assert same_weights(network.detail, before.detail)
    assert same_weights(network.context, before.context)
    assert same_weights(network.head, before.head)


def test_the_autoencoder_of_a_restoration_network_can_be_pretrained_further(trained, untrained, path):
    source, network, before = (
        trained("RestorationNetwork"),
        untrained("MaskedAutoencoder"),
        untrained("MaskedAutoencoder"),
    )
    save(source, path)
    load_into(network, path)
    assert same_weights(source.autoencoder, network)
    assert same_weights(network.head, before.head)


def test_tensors_of_other_shapes_keep_what_they_were(trained, path):
    save(trained("UNet"), path)
    wider = UNet(widths=(4, 8, 16), depths=(1, 1, 1))
    before = {name: value.clone() for name, value in wider.state_dict().items()}
    load_into(wider, path)
    assert torch.equal(wider.detail.stem.weight, trained("UNet").detail.stem.weight)
    assert torch.equal(wider.detail.down[2][0].first.weight, before["detail.down.2.0.first.weight"])


def test_weights_of_another_kind_of_network_are_refused_by_name(trained, path):
    save(trained("MaskedAutoencoder"), path)
    with pytest.raises(ValueError, match=f"{path}: holds the weights of a MaskedAutoencoder, which do not fit a UNet"):
        load_into(trained("UNet"), path)


def test_a_checkpoint_is_exported_as_the_network_it_holds(network, draw_observation, tmp_path, path):
    state = {f"network.{name}": value for name, value in network.state_dict().items()}
    checkpoint = tmp_path / "last.ckpt"
    torch.save(
        {"state_dict": {**state, "loss.weight": torch.ones(1)}, "network": describe(network), "global_step": 7},
        checkpoint,
    )
    export_checkpoint(checkpoint, path)
    observation = draw_observation(1, 33, 40)
    assert torch.equal(predict(load_network(path), observation), predict(network, observation))
    assert json.loads(metadata(path)["training"]) == {"steps": 7}


@pytest.mark.parametrize("content", [{"state_dict": {}}, {"network": {}, "state_dict": 3}, [1], None])
def test_what_is_no_checkpoint_is_not_exported(tmp_path, path, content):
    checkpoint = tmp_path / "last.ckpt"
    torch.save(content, checkpoint)
    with pytest.raises(ValueError, match=f"{checkpoint}: not a checkpoint"):
        export_checkpoint(checkpoint, path)
    assert not path.exists()


def test_every_network_can_be_named_by_a_file(untrained, path):
    for kind in (MaskedAutoencoder, RestorationNetwork, UNet):
        save(untrained(kind.__name__), path)
        assert type(load_network(path)) is kind


def test_files_have_the_rights_that_the_user_gives_to_new_files(trained, path):
    before = os.umask(0o027)
    try:
        save(trained("UNet"), path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
