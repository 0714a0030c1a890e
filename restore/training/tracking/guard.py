"""Trackers that fail do not stop what they track."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from lightning.pytorch.utilities import rank_zero_warn

P = ParamSpec("P")


def never_fatal(call: Callable[P, None]) -> Callable[P, None]:
    """Turn any failure of a tracker's method into a warning: no experiment is worth less for not being watched.

    The same failure is told once; its message is one line.
    """

    @wraps(call)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            call(*args, **kwargs)
        except Exception as error:  # quota, network, a dead service, a full disk: whatever it is, training goes on
            reason = " ".join(str(error).split())
            message = f"{type(args[0]).__name__}.{call.__name__} failed, training goes on: {reason}"
            told: set[str] = args[0].__dict__.setdefault("_told_failures", set())
            if message not in told:
                told.add(message)
                rank_zero_warn(message)

    return guarded
