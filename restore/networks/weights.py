"""Weights as files: safetensors that carry what network they belong to, and never code."""

import inspect
import json
import logging
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from restore.errors import NO_NUMBERS, FileError
from restore.images.formats import IMAGE_SUFFIXES
from restore.networks.masked_autoencoder import MaskedAutoencoder
from restore.networks.network import Network
from restore.networks.restoration import RestorationNetwork
from restore.networks.unet import UNet
from restore.networks.weight_files import write_tensors
from restore.weights.reading import read_weights

NETWORKS: dict[str, type[Network]] = {
    network.__name__: network for network in (MaskedAutoencoder, RestorationNetwork, UNet)
}
"""The only classes that a weights file can name."""

VERSION = 2
"""Of what the weights of a network mean. In version 1, which has no number in its files, convolutions saw the
confidence and the colours as they are."""

NOT_IN_FILES = {"encoder_weights", "head"}
"""Arguments of networks that no file has a say in: where to fetch other weights, and a part of the network left out."""

logger = logging.getLogger(__name__)


def describe(network: Network) -> dict[str, Any]:
    """What is needed to build a network again, as plain JSON values: its class, its arguments, and a version."""
    return {"class": type(network).__name__, "arguments": network.arguments, "version": VERSION}


def save_weights(
    state: dict[str, Tensor],
    description: dict[str, Any],
    path: Path | str,
    half: bool = False,
    max_size: int | None = None,
    **notes: str,
) -> None:
    """Write the weights of a network; no file of them is ever seen half written.

    Args:
        state: Its state dict.
        description: From `describe`.
        path: The file, usually `*.safetensors`; replaced if it exists.
        half: Store 16-bit floats, at half the size; loading turns them back to 32 bits.
        max_size: The largest allowed file, in bytes. What is larger becomes several files with an index, `path` with
            `.index.json` after it.
        notes: Further metadata.

    Raises:
        UserError: A single tensor is larger than `max_size`.
        WriteError: The place cannot be written.
    """
    dtype = torch.float16 if half else torch.float32
    tensors = {name: value.detach().to("cpu", dtype).contiguous() for name, value in state.items()}
    write_tensors(tensors, {"network": json.dumps(description), **notes}, Path(path), max_size)


def load_network(weights: Path | str) -> Network:
    """Build the network that a weights file describes, with its weights, ready for inference. Nothing is downloaded.

    Args:
        weights: `default` for those that come with the package, or a safetensors file; for weights in parts, their
            index.

    Raises:
        FileError: There is no such file, or it does not hold weights of one of this package's networks.
    """
    path, description, state = _read(weights)
    name = description["class"]
    try:
        _check_fit(NETWORKS[name], description["arguments"], state)
        network = NETWORKS[name](**description["arguments"])
        network.load_state_dict(state)
    except Exception as error:  # whatever torch and timm make of arguments of any type and size
        raise FileError(path, f"the weights do not fit the {name} they describe") from error
    return network.eval()


def _check_fit(network: type[Network], arguments: dict[str, Any], state: dict[str, Tensor]) -> None:
    """Refuse arguments that do not lead to the weights, before they fill memory or take for ever.

    Raises:
        ValueError: They do not.
    """
    told = {name: value if isinstance(value, list) else [value] for name, value in arguments.items()}
    blocks = sum(abs(number) for name, value in told.items() if "depth" in name for number in value)
    if blocks > len(state) or any(len(value) > len(state) for value in told.values()):
        raise ValueError("more blocks than weights")
    with torch.device("meta"):
        expected = network(**arguments).state_dict()
    if {name: value.shape for name, value in expected.items()} != {name: value.shape for name, value in state.items()}:
        raise ValueError("weights of other shapes")


def load_into(network: Network, weights: Path | str) -> None:
    """Start a network from the weights of another, taking every tensor whose name and shape fit.

    The weights of a `MaskedAutoencoder` go into the autoencoder of a `RestorationNetwork`, and back.

    Args:
        network: Changed in place.
        weights: As for `load_network`.

    Raises:
        FileError: There is no such file, it is of another kind of network, or nothing in it fits.
    """
    path, description, state = _read(weights)
    source, target = description["class"], type(network).__name__
    if (source, target) == ("MaskedAutoencoder", "RestorationNetwork"):
        state = {f"autoencoder.{name}": value for name, value in state.items()}
    elif (source, target) == ("RestorationNetwork", "MaskedAutoencoder"):
        state = {name.removeprefix("autoencoder."): value for name, value in state.items() if "autoencoder." in name}
    elif source != target:
        raise FileError(path, f"holds the weights of a {source}, which do not fit a {target}")
    own = network.state_dict()
    fitting = {name: value for name, value in state.items() if name in own and own[name].shape == value.shape}
    if not fitting:
        raise FileError(path, f"nothing in these weights of a {source} fits this {target}")
    network.load_state_dict(fitting, strict=False)
    if source == target and len(fitting) < len(own):
        logger.warning(
            "%s: made for another %s; only %d of %d tensors start from it", weights, target, len(fitting), len(own)
        )


def export_checkpoint(
    checkpoint: Path | str, path: Path | str, half: bool = False, max_size: int | None = None
) -> None:
    """Turn a training checkpoint into a weights file, or write such a file once more, smaller or in parts.

    Args:
        checkpoint: A Lightning checkpoint of one of this package's tasks, of which nothing is executed; or, by its
            suffix, a safetensors file or the index of one in parts; or `default`.
        path: As for `save_weights`, and so the others.
        half: Store 16-bit floats.
        max_size: In bytes.

    Raises:
        UserError: The file is not such a checkpoint, or a single tensor is larger than `max_size`.
        WriteError: The place cannot be written.
    """
    source = Path(checkpoint)
    if checkpoint == "default" or source.suffix in (".safetensors", ".json"):
        _, description, state = _read(checkpoint)
        save_weights(state, description, path, half, max_size)
        return
    content = read_checkpoint(source)
    parts, steps = content["state_dict"], content["global_step"]
    state = {name.removeprefix("network."): value for name, value in parts.items() if name.startswith("network.")}
    save_weights(state, _known(content["network"], source), path, half, max_size, training=json.dumps({"steps": steps}))


def read_checkpoint(path: Path, device: str = "cpu") -> dict[str, Any]:
    """What a Lightning checkpoint holds, its tensors on a device (`meta`: without values); nothing in it is executed.

    Raises:
        FileError: There is none, or it is not one of `restore fit`.
    """
    foreign = "not a checkpoint of `restore fit`"
    if not path.is_file():
        raise FileError(path, "a folder, not a checkpoint" if path.is_dir() else "no such checkpoint")
    if not path.stat().st_size:
        raise FileError(path, "an empty file, not a checkpoint")
    try:
        content: dict[str, Any] = torch.load(path, map_location=device, weights_only=True, mmap=True)
    except OSError as error:
        raise FileError.of(path, error) from error
    except Exception as error:  # torch, zipfile and pickle each end in their own way on a file of something else
        if path.suffix == ".safetensors":
            raise FileError(path, "weights alone, not a checkpoint: train on from them with --model.weights") from error
        if path.suffix.lower() in IMAGE_SUFFIXES:
            raise FileError(path, "an image, not a checkpoint") from error
        raise FileError(path, foreign) from error
    kinds = {"network": dict, "state_dict": dict, "global_step": int}
    if not (isinstance(content, dict) and all(isinstance(content.get(name), kind) for name, kind in kinds.items())):
        raise FileError(path, foreign)
    if not all(isinstance(value, Tensor) for value in content["state_dict"].values()):
        raise FileError(path, foreign)
    return content


def _read(weights: Path | str) -> tuple[Path, dict[str, Any], dict[str, Tensor]]:
    """Where weights lie, what network they say they belong to, and the tensors."""
    path, description, tensors = read_weights(weights, "pt")
    state = {name: value.float() for name, value in tensors.items()}
    if not all(bool(value.isfinite().all()) for value in state.values()):
        raise FileError(path, f"the weights {NO_NUMBERS}")
    return path, _known(description, path), state


def _known(description: Any, path: Path) -> dict[str, Any]:
    """What a file says of its network, once it is known to be something that `describe` can have written.

    Raises:
        FileError: It is not.
    """
    name = description.get("class") if isinstance(description, dict) else None
    if not (isinstance(name, str) and name in NETWORKS):
        raise FileError(path, f"holds weights of {name!r}, not one of {', '.join(NETWORKS)}")
    version = description.get("version", 1)
    if version != VERSION and name != MaskedAutoencoder.__name__:
        raise FileError(path, f"made for version {version} of its network, not {VERSION}: it has to be trained anew")
    arguments = description.get("arguments")
    known = inspect.signature(NETWORKS[name]).parameters.keys() - NOT_IN_FILES
    if not (isinstance(arguments, dict) and arguments.keys() <= known):
        raise FileError(path, f"does not say how its {name} was built, or names arguments that no file has a say in")
    return {"class": name, "arguments": arguments, "version": version}
