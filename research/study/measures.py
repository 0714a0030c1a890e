"""What the trained variants of a study are measured by."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from research.study.variants import Variant
from restore.errors import FileError, UserError
from restore.evaluation.battery import damage_named, white_noise
from restore.evaluation.report import as_csv
from restore.evaluation.robustness.figure import draw_figure, png_of
from restore.evaluation.robustness.moves import STILL, Move, moves_of
from restore.evaluation.robustness.subjects import margin, parts
from restore.evaluation.robustness.sweep import COLUMNS, LEAST, mean_changes, psnr_drop, score_poses
from restore.evaluation.scorecard import Sample, score_images
from restore.evaluation.scores import RANKING
from restore.images.writes import write_whole
from restore.inference.restorer import Restorer
from restore.synthetic.parts import FAMILIES

SIGMA = 25.0
"""Of the noise that is measured on, in 0..255 units."""

HOLE = "brush 20-30 %"
"""The holes that are measured on: one kind out of the battery, so that measuring does not outlast a short training."""

TEXTS = ["method", "subject", "damage", "sweep"]
"""The columns of pose scores that are no numbers."""


class Measure(ABC):
    """Figures of a network, the same for all variants.

    Attributes:
        names: Of the figures.
        images: How many images they are means of.
        digest: Tells those images and figures from any others.
        caption: What the figures are, in a sentence.
    """

    names: Sequence[str]
    images: int
    digest: str
    caption: str

    @abstractmethod
    def measure(self, restorer: Restorer, variant: Variant, folder: Path) -> list[float]:
        """The figures, in dB.

        Args:
            restorer: What is measured.
            variant: What it came from.
            folder: Of the study, for what is more than a figure.

        Raises:
            NotFiniteError: Some of what is restored is not finite.
            UserError: What the folder has kept cannot be read.
        """

    def _digest(self, contents: Iterable[bytes]) -> str:
        digest = hashlib.blake2b(" ".join(self.names).encode(), digest_size=8)
        for content in contents:
            digest.update(content)
        return digest.hexdigest()


class Photographs(Measure):
    """How well noise is removed from photographs, and holes are filled in them, as `restore evaluate` has it.

    Args:
        samples: From `find_samples`.
    """

    names = ("noise", "holes")

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples
        self.images = len(samples)
        self.digest = self._digest(f"{sample.index} ".encode() + sample.path.read_bytes() for sample in samples)
        self.caption = "PSNR at sigma 25, and over brush strokes that cover 20 to 30 % of an image"

    def measure(self, restorer: Restorer, variant: Variant, folder: Path) -> list[float]:  # noqa: ARG002
        """The means over the photographs."""
        damages = [white_noise(SIGMA), damage_named(HOLE)]
        scores = score_images({"restore": restorer.restore}, self.samples, damages)
        means = scores.groupby("damage")[RANKING].mean()
        return [float(means[damage.name]) for damage in damages]


class Poses(Measure):
    """How well holes are filled in drawn parts, as they lie and in every other pose, as `restore robustness` has it.

    All scores are kept in `poses.csv`, of which `poses.png` has the curves.

    Args:
        families: Kinds of parts.
        count: Number of parts, of the kinds in turn: those of `Parts` with the same families, size and seed.
        size: Side of the images, in pixels.
        patch: Side of a patch, in pixels: over so many shifts the grid of patches is passed through.
        seed: Of the parts.

    Raises:
        UserError: There are no such parts.
    """

    names = ("as they lie", "in all poses", "drop")

    def __init__(self, families: Sequence[str], count: int, size: int, patch: int = 16, seed: int = 0) -> None:
        unknown = [family for family in families if family not in FAMILIES]
        if unknown or not families or count < 1 or size < 16:
            raise UserError(
                f"poses are of {', '.join(FAMILIES)}, of at least 1 part of at least 16 pixels, "
                f"unlike {count} of {', '.join(families) or 'nothing'} of {size} pixels"
            )
        self.subjects = list(parts(list(families), count, size, seed))
        self.sweeps: dict[str, list[Move]] = {
            "shift": [
                move for move in moves_of("shift", size, patch) if move.right % 1 == 0 and move.right <= size / 4
            ],
            "phase": moves_of("phase", size, patch)[:: max(1, patch // 8)],
            "rotation": moves_of("rotation", size, patch),
        }
        self.images = count
        self.digest = self._digest([repr((list(families), count, size, patch, seed, margin(size), LEAST)).encode()])
        self.caption = (
            "PSNR over brush strokes that cover 20 to 30 % of drawn parts, as they lie, the same with the mean change "
            "over all poses, and how far the worst pose is below the best"
        )

    def measure(self, restorer: Restorer, variant: Variant, folder: Path) -> list[float]:
        """The means over the parts."""
        name = str(variant)
        own = score_poses({name: restorer.restore}, self.subjects, damage_named(HOLE), self.sweeps)
        kept = read_scores(folder / "poses.csv")
        scores = own if kept.empty else pd.concat([kept[kept["method"] != name], own], ignore_index=True)
        write_whole(as_csv(scores), folder / "poses.csv", overwrite=True)
        variants = scores.assign(method=scores["method"].str.rpartition(", seed ")[0])
        write_whole(png_of(draw_figure(variants, HOLE)), folder / "poses.png", overwrite=True)
        lying = own[(own["sweep"] == "rotation") & (own["rotation"] == STILL.rotation)]["psnr_damaged"].mean()
        return [float(lying), float(lying + mean_changes(own).mean()), psnr_drop(own)]


def measure_of(poses: dict[str, Any] | None, samples: Sequence[Sample]) -> Measure:
    """What a study asks for.

    Args:
        poses: Arguments of `Poses`, if it is to be that.
        samples: The photographs, if it is not.

    Raises:
        UserError: The arguments fit no `Poses`.
    """
    if poses is None:
        return Photographs(samples)
    try:
        return Poses(**poses)
    except TypeError as error:
        raise UserError(f"poses have families, a count, a size and perhaps a patch and a seed: {error}") from error


def read_scores(path: Path) -> pd.DataFrame:
    """The pose scores in a file; none where there is no such file.

    Raises:
        FileError: It is no such file.
    """
    if not path.exists():
        return pd.DataFrame(columns=COLUMNS)
    try:
        types = {name: str if name in TEXTS else float for name in COLUMNS}
        return pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[""])[COLUMNS]
    except (ValueError, KeyError) as error:
        raise FileError(path, "not the scores of a robustness report") from error
