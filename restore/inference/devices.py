"""Where PyTorch runs a network: whether that works at all."""

import torch

from restore.errors import UserError

REASON = 100
"""The most characters of PyTorch's reason that are shown: the longer ones list its backends."""


def usable_device(device: torch.device | str) -> torch.device:
    """The device of that name, once it has held a number.

    Args:
        device: For example "cpu" or "cuda:1".

    Raises:
        UserError: There is no such device, or it does not work; the message says which there are.
    """
    try:
        torch.ones(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:  # it asserts, or imports, what the device needs
        reason = str(error).partition("\n")[0].partition(". ")[0].rstrip(".")
        reason = reason if 0 < len(reason) <= REASON else "PyTorch cannot compute on it here"
        found = ", ".join(devices())
        raise UserError(f"the device {str(device)!r} cannot be used: {reason}; this machine has {found}") from error
    return torch.device(device)


def devices() -> list[str]:
    """The names of the devices of this machine."""
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if accelerator is None:
        return ["cpu"]
    return ["cpu", *(f"{accelerator.type}:{i}" for i in range(torch.accelerator.device_count()))]
