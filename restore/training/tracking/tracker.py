"""What is told to every tracker beside metrics and settings: pictures, metrics of single images, weights."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from jaxtyping import Float, Int, UInt8
from lightning import Trainer
from lightning.pytorch.utilities import rank_zero_only, rank_zero_warn
from numpy import ndarray

P = ParamSpec("P")


@dataclass(frozen=True, eq=False)
class Panel:
    """A picture with words to it.

    Args:
        name: Of what it shows; the same through the run.
        caption: What there is to say about it this time.
        picture: RGB.
        parts: What lies side by side in it, in parts of equal width; none where it is one picture.
    """

    name: str
    caption: str
    picture: UInt8[ndarray, "h w 3"]
    parts: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class ImageRow:
    """How an image of a validation came out.

    Args:
        name: Of the image; the same through the run.
        hole: Share of the image that is missing, in [0, 1].
        sigma: Mean standard deviation of the noise where there is any, in 0..255 units.
        metrics: By name; NaN where the image has none.
        thumbnail: What was made of it, small, RGB.
    """

    name: str
    hole: float
    sigma: float
    metrics: Mapping[str, float]
    thumbnail: UInt8[ndarray, "h w 3"]

    @property
    def is_damaged(self) -> bool:
        """Whether there was anything to restore."""
        return self.hole > 0 or self.sigma > 0

    @property
    def quality(self) -> float:
        """By which images are told better or worse: PSNR over the hole where there is one, else over the image.

        What is no number is worse than any: a network that diverged.
        """
        quality = self.metrics["psnr_hole" if self.hole else "psnr"]
        return -math.inf if math.isnan(quality) else quality


class ExperimentTracker(ABC):
    """A tracker that can be told more than numbers; Lightning's `Logger` has the rest.

    No method may raise: `never_fatal` takes care of that.
    """

    @abstractmethod
    def log_panels(self, key: str, panels: Sequence[Panel], step: int) -> None:
        """Show pictures.

        Args:
            key: Of the set of pictures.
            panels: In order.
            step: Step of the training that they belong to.
        """

    @abstractmethod
    def log_rows(self, key: str, rows: Sequence[ImageRow], step: int) -> None:
        """Tell how each image of a validation came out."""

    @abstractmethod
    def log_histogram(
        self, key: str, counts: Int[ndarray, " bins"], edges: Float[ndarray, " bins+1"], step: int
    ) -> None:
        """Tell how many of something fell between which values."""

    @abstractmethod
    def log_weights(self, weights: Path, card: str, aliases: Sequence[str], facts: Mapping[str, Any]) -> None:
        """Keep a weights file as a version of what this run makes.

        Args:
            weights: A safetensors file.
            card: What they are, in Markdown.
            aliases: Names of this version, such as `best`.
            facts: What else is known of them, as plain values.
        """

    @abstractmethod
    def join(self, run: str, group: str | None = None, in_parts: bool = False) -> None:
        """Go on with the run of this id, if it has begun already, unless the config chose others.

        Args:
            run: Its id.
            group: Of runs that it belongs to.
            in_parts: Whether it is trained in several sittings, each of which ends without being the last.
        """

    @abstractmethod
    def close(self, is_done: bool = True) -> None:
        """End the run, so that another one can begin in this process.

        Args:
            is_done: Whether this was the last sitting of a run in parts.
        """


def never_fatal(call: Callable[P, None]) -> Callable[P, None]:
    """Have a tracker's method called by the first process alone, where any failure is a warning; each is told once."""
    in_first_process = rank_zero_only(call)

    @wraps(call)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            in_first_process(*args, **kwargs)
        except Exception as error:  # quota, network, a dead service, a full disk: whatever it is, training goes on
            reason = " ".join(str(error).split())
            message = f"{type(args[0]).__name__}.{call.__name__} failed, training goes on: {reason}"
            told: set[str] = args[0].__dict__.setdefault("_told_failures", set())
            if message not in told:
                told.add(message)
                rank_zero_warn(message)

    return guarded


def trackers_of(trainer: Trainer) -> list[Any]:
    """Those of a trainer's loggers that can be told more than numbers."""
    return [logger for logger in trainer.loggers if isinstance(logger, ExperimentTracker)]
