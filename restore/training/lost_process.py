"""What the processes of a training meet when one of them is not there any more."""

from torch.distributed import DistError


def lost_process(error: RuntimeError) -> str | None:
    """The reason in one line, if an error is of processes that speak to each other; None of any other."""
    said = str(error)
    if isinstance(error, DistError):
        first = said.partition("\n")[0]
        return f"the processes of this training do not reach each other: {first}"
    if "gloo" in said and any(one in said for one in ("Connection reset", "Connection closed", "Broken pipe")):
        return "another process of this training has ended, so that it cannot go on"
    return None
