"""Safetensors files of weights are written in one piece, or in parts below a size as the Hugging Face hub has them."""

import glob
import json
from pathlib import Path

from huggingface_hub import split_torch_state_dict_into_shards
from safetensors.torch import save
from torch import Tensor

from restore.errors import UserError
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
