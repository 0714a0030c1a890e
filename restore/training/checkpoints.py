"""Checkpoints of trainings, judged before anything is built on them."""

from typing import Any

from restore.errors import UserError
from restore.training.modules import RestorationTask


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
