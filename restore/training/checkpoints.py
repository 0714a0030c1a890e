"""Checkpoints of trainings, judged before anything is built on them."""

from pathlib import Path
from typing import Any

import torch

from restore.errors import FileError, UserError
from restore.networks.encoders import UNREADABLE
from restore.training.modules import RestorationTask


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What a checkpoint holds, its tensors without their values; nothing in it is executed.

    Raises:
        FileError: There is none, or it is not one of `restore fit`.
    """
    if not path.is_file():
        raise FileError(path, "no such checkpoint")
    try:
        content = torch.load(path, weights_only=True, map_location="meta", mmap=True)
    except (OSError, TypeError, *UNREADABLE) as error:
        raise FileError(path, "not a checkpoint of `restore fit`") from error
    if not (isinstance(content, dict) and {"network", "state_dict", "global_step"} <= content.keys()):
        raise FileError(path, "not a checkpoint of `restore fit`")
    return content


def require_fit(checkpoint: dict[str, Any], task: RestorationTask, trains: bool) -> None:
    """Make sure that a checkpoint is of the network, and where it is trained on, of the optimizer of a task.

    Raises:
        UserError: It is not.
    """
    theirs = {name: value.shape for name, value in checkpoint["state_dict"].items() if name.startswith("network.")}
    if theirs != {f"network.{name}": value.shape for name, value in task.network.state_dict().items()}:
        raise UserError(f"the checkpoint is of another network: {checkpoint['network']}")
    optimizer = type(task.optimizer(task.network.named_parameters())).__name__
    if trains and checkpoint.get("optimizers", [optimizer]) != [optimizer]:
        raise UserError(
            f"the checkpoint is of another optimizer than {optimizer}: {', '.join(checkpoint['optimizers'])}; it can "
            "be exported, but not continued"
        )
