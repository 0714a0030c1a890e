"""Checkpoints of trainings: written whole, found again, and judged before anything is built on them."""

import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import ModelCheckpoint

from restore.errors import FileError, UserError
from restore.images.writes import whole_file
from restore.networks import Network
from restore.networks.weights import describe, read_checkpoint


class WholeCheckpoints(TorchCheckpointIO):
    """Writes checkpoints so that each appears whole or not at all, and the one before stays where that fails."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:  # noqa: ARG002
        """Write a checkpoint.

        Raises:
            WriteError: The place cannot be written.
        """
        content = BytesIO()  # written by `torch.save` itself, what the system says of a full disk would be lost
        torch.save(checkpoint, content)
        with whole_file(Path(path), overwrite=True) as temporary, temporary.open("wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())  # so that it is whole even where the machine fails, not the process alone


def last_checkpoint(trainer: Trainer) -> Path | None:
    """The checkpoint of the most steps that a training has written, or else the one that it began with."""
    checkpoints = [one for one in trainer.checkpoint_callbacks if isinstance(one, ModelCheckpoint)]
    # Where writing one has failed, the other two name that one already.
    named = [(one.last_model_path, one.best_model_path, one._last_checkpoint_saved) for one in checkpoints]
    paths = {Path(path) for names in named for path in names if path}
    written = [path for path in paths if path.is_file()]
    if written:
        return max(written, key=steps_of)
    return Path(trainer.ckpt_path) if trainer.ckpt_path else None


def steps_of(checkpoint: Path) -> int:
    """How many steps were made before a checkpoint."""
    return int(read_checkpoint(checkpoint, "meta")["global_step"])


def require_network(path: Path, checkpoint: Mapping[str, Any], network: Network) -> None:
    """Make sure that a checkpoint is of a network.

    Raises:
        FileError: It is not.
    """
    if "pytorch-lightning_version" not in checkpoint:
        raise FileError(path, "not a checkpoint that Lightning has written")
    name = "network."
    theirs = {key: value.shape for key, value in checkpoint["state_dict"].items() if key.startswith(name)}
    if theirs != {name + key: value.shape for key, value in network.state_dict().items()}:
        raise FileError(path, f"the checkpoint is of another network: {_difference(checkpoint['network'], network)}")


def require_optimizer(path: Path, checkpoint: Mapping[str, Any], optimizer: str) -> None:
    """Make sure that a checkpoint can be trained on with an optimizer.

    Raises:
        FileError: It cannot.
    """
    if not {"optimizer_states", "lr_schedulers", "loops"} <= checkpoint.keys():
        raise FileError(path, "holds weights alone: it can be exported, and started from, but not continued")
    if checkpoint.get("optimizers", [optimizer]) != [optimizer]:
        theirs = ", ".join(checkpoint["optimizers"])
        reason = (
            f"the checkpoint is of another optimizer than {optimizer}: {theirs}; it can be exported, but not continued"
        )
        raise FileError(path, reason)


def require_file(path: str) -> Path:
    """What `--ckpt_path` names, once it is known to be a file.

    Raises:
        UserError: It is one of Lightning's words for a checkpoint of the trainer itself, which has none yet.
        FileError: It is a folder.
    """
    file = Path(path)
    if path in {"last", "best", "hpc"} and not file.exists():
        raise UserError(f"ckpt_path names a file, such as runs/…/last.ckpt; there is none yet that is the {path!r} one")
    if file.is_dir():
        held = sorted(file.rglob("*.ckpt"), key=lambda one: one.stat().st_mtime)
        raise FileError(file, "a folder, not a checkpoint" + (f"; the latest one in it is {held[-1]}" if held else ""))
    return file


def _difference(theirs: Mapping[str, Any], network: Network) -> str:
    """What tells the network of a checkpoint from another, in words."""
    ours = describe(network)
    if theirs.get("class") != ours["class"]:
        return f"a {theirs.get('class')}, not a {ours['class']}"
    arguments, own = theirs.get("arguments", {}), ours["arguments"]
    differing = [name for name in {**own, **arguments} if arguments.get(name) != own.get(name)]
    if not differing:
        return f"a {ours['class']} of another version"
    has, wants = (", ".join(f"{name} {a.get(name)}" for name in differing) for a in (arguments, own))
    return f"a {ours['class']} with {has}, not {wants}"
