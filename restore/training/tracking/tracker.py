"""What is told to every tracker beside metrics and settings: pictures, figures of single images, weights."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxtyping import Float, Int, UInt8
from lightning import Trainer
from numpy import ndarray


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
        figures: By name; NaN where the image has none.
        thumbnail: What was made of it, small, RGB.
    """

    name: str
    hole: float
    sigma: float
    figures: Mapping[str, float]
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
        quality = self.figures["psnr_hole" if self.hole else "psnr"]
        return -math.inf if math.isnan(quality) else quality


class ExperimentTracker(ABC):
    """A tracker that can be told more than numbers; Lightning's `Logger` has the rest."""

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


def trackers_of(trainer: Trainer) -> list[Any]:
    """Those of a trainer's loggers that can be told more than numbers."""
    return [logger for logger in trainer.loggers if isinstance(logger, ExperimentTracker)]
