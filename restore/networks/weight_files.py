"""Safetensors files of weights: in one piece, or in parts below a size as the Hugging Face hub has them."""

import json
from hashlib import sha256
from pathlib import Path

from huggingface_hub import split_torch_state_dict_into_shards
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from restore.images.writes import write_whole

INDEX = ".index.json"
"""What follows the name of the whole in the name of the file that lists the parts."""

PARTS_OF = "parts_of"
"""Metadata of parts and of their index: a digest of the whole. Parts of other weights do not mix."""


def write_tensors(
    tensors: dict[str, Tensor], metadata: dict[str, str], path: Path, max_size: int | None = None
) -> None:
    """Write tensors to a file, or, where that would be too large, to parts beside it with an index.

    `w.safetensors` becomes `w-00001-of-00002.safetensors` and so on; `w.safetensors.index.json`, which is written
    last, tells what is where. What an earlier call left in the other form is removed.

    Args:
        tensors: On the CPU and contiguous.
        metadata: Stored in every file.
        path: Where the whole goes; replaced if it exists.
        max_size: The largest allowed file, in bytes.

    Raises:
        ValueError: A single tensor is larger than that.
        WriteError: The place cannot be written.
    """
    whole = save(tensors, metadata)
    index_path = path.with_name(path.name + INDEX)
    if max_size is None or len(whole) <= max_size:
        write_whole(whole, path, overwrite=True)
        index_path.unlink(missing_ok=True)
        return
    metadata = {**metadata, PARTS_OF: sha256(whole).hexdigest()}
    parts = _split(tensors, metadata, max_size)
    files = {name: path.with_name(f"{path.stem}{name}{path.suffix}") for name in parts}
    for name, held in parts.items():
        write_whole(save({tensor: tensors[tensor] for tensor in held}, metadata), files[name], overwrite=True)
    index = {
        "metadata": {**metadata, "total_size": sum(tensor.nbytes for tensor in tensors.values())},
        "weight_map": {tensor: files[name].name for name, held in parts.items() for tensor in held},
    }
    write_whole((json.dumps(index, indent=2) + "\n").encode(), index_path, overwrite=True)
    path.unlink(missing_ok=True)


def read_tensors(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Read the metadata and the tensors of a file, or, given an index, of its parts.

    Raises:
        ValueError: A file is missing, cannot be read, or is a part of something else.
    """
    return _read_parts(path) if path.name.endswith(INDEX) else _read_file(path)


def _split(tensors: dict[str, Tensor], metadata: dict[str, str], max_size: int) -> dict[str, list[str]]:
    """The tensors of each part, by what is added to its name."""
    # The header of the whole, which no part's exceeds: the hub's function counts the tensors alone.
    header = len(save(tensors, metadata)) - sum(tensor.nbytes for tensor in tensors.values())
    name, largest = max(tensors.items(), key=lambda item: item[1].nbytes)
    if header + largest.nbytes > max_size:
        least = (header + largest.nbytes) / 1e6
        raise ValueError(f"parts cannot be so small: {name} is one piece and needs a part of {least:.2g} MB")
    split = split_torch_state_dict_into_shards(tensors, filename_pattern="{suffix}", max_shard_size=max_size - header)
    return split.filename_to_tensors


def _read_file(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    if not path.is_file():
        raise ValueError(f"{path}: no such weights file")
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no dict
    except (SafetensorError, OSError) as error:
        hint = "; a training checkpoint becomes one with `restore export`" if path.suffix == ".ckpt" else ""
        raise ValueError(f"{path}: not a safetensors file of weights{hint}") from error


def _read_parts(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    wanted, whole = _read_index(path)
    metadata: dict[str, str] = {}
    tensors: dict[str, Tensor] = {}
    for name in sorted(set(wanted.values())):
        part = path.with_name(name)
        if not part.is_file():
            raise ValueError(f"{path}: its part {name} is missing")
        metadata, held = _read_file(part)
        if metadata.get(PARTS_OF) != whole:
            raise ValueError(f"{part}: is a part of other weights than {path}")
        tensors |= held
    if tensors.keys() != wanted.keys():
        raise ValueError(f"{path}: its parts do not hold the tensors that it lists")
    return metadata, tensors


def _read_index(path: Path) -> tuple[dict[str, str], str]:
    """Which file holds each tensor, and the digest of the whole."""
    if not path.is_file():
        raise ValueError(f"{path}: no such weights file")
    try:
        index = json.loads(path.read_bytes())
        wanted, whole = dict(index["weight_map"]), str(index["metadata"][PARTS_OF])
        # Parts lie beside their index: a name that leads elsewhere is not one of ours.
        is_ours = all(Path(name).name == name for name in wanted.values())
    except (ValueError, LookupError, TypeError):
        is_ours = False
    if not is_ours:
        raise ValueError(f"{path}: not an index of weights in parts")
    return wanted, whole
