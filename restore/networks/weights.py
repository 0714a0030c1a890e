"""Weights as files: safetensors that carry what network they belong to, and never code."""

import json
import logging
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from restore.networks.encoders import UNREADABLE
from restore.networks.masked_autoencoder import MaskedAutoencoder
from restore.networks.network import Network
from restore.networks.restoration import RestorationNetwork
from restore.networks.unet import UNet
from restore.networks.weight_files import INDEX, read_tensors, write_tensors

NETWORKS: dict[str, type[Network]] = {
    network.__name__: network for network in (MaskedAutoencoder, RestorationNetwork, UNet)
}
"""The only classes that a weights file can name."""

VERSION = 2
"""Of what the weights of a network mean. In version 1, which has no number in its files, convolutions saw precision and
the colours as they are."""

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
        ValueError: A single tensor is larger than `max_size`.
    """
    dtype = torch.float16 if half else torch.float32
    tensors = {name: value.detach().to("cpu", dtype).contiguous() for name, value in state.items()}
    write_tensors(tensors, {"network": json.dumps(description), **notes}, Path(path), max_size)


def load_network(weights: Path | str) -> Network:
    """Build the network that a weights file describes, with its weights, ready for inference.

    Args:
        weights: `default` for those that come with the package, or a safetensors file; for weights in parts, their
            index.

    Raises:
        ValueError: There is no such file, or it does not hold weights of one of this package's networks.
    """
    description, state = _read(weights)
    try:
        network = NETWORKS[description["class"]](**description["arguments"])
        network.load_state_dict(state)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{weights}: the weights do not fit the {description['class']} they describe") from error
    return network.eval()


def load_into(network: Network, weights: Path | str) -> None:
    """Start a network from the weights of another, taking every tensor whose name and shape fit.

    The weights of a `MaskedAutoencoder` go into the autoencoder of a `RestorationNetwork`, and back.

    Args:
        network: Changed in place.
        weights: `default` for those that come with the package, or a safetensors file; for weights in parts, their
            index.

    Raises:
        ValueError: There is no such file, it is of another kind of network, or nothing in it fits.
    """
    description, state = _read(weights)
    source, target = description["class"], type(network).__name__
    if (source, target) == ("MaskedAutoencoder", "RestorationNetwork"):
        state = {f"autoencoder.{name}": value for name, value in state.items()}
    elif (source, target) == ("RestorationNetwork", "MaskedAutoencoder"):
        state = {name.removeprefix("autoencoder."): value for name, value in state.items() if "autoencoder." in name}
    elif source != target:
        raise ValueError(f"{weights}: holds the weights of a {source}, which do not fit a {target}")
    own = network.state_dict()
    fitting = {name: value for name, value in state.items() if name in own and own[name].shape == value.shape}
    if not fitting:
        raise ValueError(f"{weights}: nothing in these weights of a {source} fits this {target}")
    network.load_state_dict(fitting, strict=False)
    if source == target and len(fitting) < len(own):
        logger.warning(
            "%s: made for another %s; only %d of %d tensors start from it", weights, target, len(fitting), len(own)
        )


def export_checkpoint(
    checkpoint: Path | str, path: Path | str, half: bool = False, max_size: int | None = None
) -> None:
    """Turn a training checkpoint into a weights file.

    Args:
        checkpoint: A Lightning checkpoint of one of this package's tasks. Nothing in it is executed.
        path: The safetensors file to write.
        half: Store 16-bit floats, at half the size.
        max_size: The largest allowed file, in bytes, as for `save_weights`.

    Raises:
        ValueError: The file is not such a checkpoint, or a single tensor is larger than `max_size`.
    """
    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True)
        description, parts, steps = content["network"], content["state_dict"].items(), content["global_step"]
    except (OSError, TypeError, *UNREADABLE) as error:
        raise ValueError(f"{checkpoint}: not a checkpoint of `restore fit`") from error
    state = {name.removeprefix("network."): value for name, value in parts if name.startswith("network.")}
    save_weights(state, description, path, half, max_size, training=json.dumps({"steps": steps}))


def copy_weights(weights: Path | str, path: Path | str, half: bool = False, max_size: int | None = None) -> None:
    """Write weights that are a file already once more, smaller or in parts.

    Args:
        weights: As for `load_network`.
        path: The safetensors file to write.
        half: As for `save_weights`.
        max_size: As for `save_weights`.

    Raises:
        ValueError: There are no such weights, or a single tensor is larger than `max_size`.
    """
    description, state = _read(weights)
    save_weights(state, description, path, half, max_size)


def _read(weights: Path | str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    path = Path(str(files("restore.weights") / "default.safetensors")) if weights == "default" else Path(weights)
    index = path.with_name(path.name + INDEX)
    path = index if index.is_file() and not path.exists() else path
    metadata, tensors = read_tensors(path)
    try:
        description = json.loads(metadata["network"])
    except (KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: does not say what network its weights belong to") from error
    name = description.get("class") if isinstance(description, dict) else None
    if name not in NETWORKS:
        raise ValueError(f"{path}: holds weights of {name!r}, not one of {', '.join(NETWORKS)}")
    version = description.get("version", 1)
    if version != VERSION and name != MaskedAutoencoder.__name__:
        raise ValueError(f"{path}: made for version {version} of its network, not {VERSION}: it has to be trained anew")
    return description, {name: value.float() for name, value in tensors.items()}
