"""Safetensors files of weights: in one piece, or in parts below a size as the Hugging Face hub has them."""

import glob
import json
from pathlib import Path
from typing import Any

from huggingface_hub import split_torch_state_dict_into_shards
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from restore.errors import FileError, UserError
from restore.images.writes import write_whole
from restore.weights import INDEX


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
        UserError: A single tensor is larger than that.
        WriteError: The place cannot be written.
    """
    total, largest = sum(tensor.nbytes for tensor in tensors.values()), max(tensors, key=lambda k: tensors[k].nbytes)
    # The header of the whole, which no part's exceeds: the hub's function counts the tensors alone.
    header = len(save(tensors, metadata)) - total
    room = total if max_size is None else max_size - header
    if tensors[largest].nbytes > room:
        least = (header + tensors[largest].nbytes) / 1e6
        raise UserError(f"parts cannot be so small: {largest} is one piece and needs a part of {least:.2g} MB")
    split = split_torch_state_dict_into_shards(tensors, filename_pattern="{suffix}", max_shard_size=room)
    index = path.with_name(path.name + INDEX)
    index.unlink(missing_ok=True)  # before the first part is replaced: parts of two networks never have one
    names = {part: f"{path.stem}{part}{path.suffix}" for part in split.filename_to_tensors}
    for part, held in split.filename_to_tensors.items():
        content = save({name: tensors[name] for name in held}, metadata)
        write_whole(content, path.with_name(names[part]), overwrite=True)
    for earlier in path.parent.glob(f"{glob.escape(path.stem)}-?????-of-?????{path.suffix}"):
        if earlier.name not in names.values():
            earlier.unlink()
    if split.is_sharded:
        where = {name: names[part] for name, part in split.tensor_to_filename.items()}
        listing = {"metadata": {**split.metadata, **metadata}, "weight_map": where}
        write_whole((json.dumps(listing, indent=2) + "\n").encode(), index, overwrite=True)
        path.unlink(missing_ok=True)


def read_tensors(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Read the metadata and the tensors of a file, or, given an index, of its parts.

    Raises:
        FileError: A file is missing or cannot be read, or the parts are not what the index lists.
    """
    if not path.is_file():
        raise FileError(path, "no such weights file")
    if not path.name.endswith(INDEX):
        return _read_file(path)
    try:
        index = json.loads(path.read_bytes())
        metadata, wanted = dict(index["metadata"]), dict(index["weight_map"])
        # Parts lie beside their index, wherever its names lead.
        parts = {path.with_name(Path(name).name) for name in wanted.values()}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise FileError(path, "not an index of weights in parts") from error
    tensors: dict[str, Tensor] = {}
    for part in sorted(parts):
        if not part.is_file():
            raise FileError(path, f"its part {part.name} is missing")
        tensors |= _read_file(part)[1]
    if tensors.keys() != wanted.keys():
        raise FileError(path, "its parts do not hold the tensors that it lists")
    return metadata, tensors


def _read_file(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no dict
    except (SafetensorError, OSError) as error:
        hint = "; a training checkpoint becomes one with `restore export`" if path.suffix == ".ckpt" else ""
        raise FileError(path, f"not a safetensors file of weights{hint}") from error
