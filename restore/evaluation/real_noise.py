"""Noise as it came, beside clean images of the same scenes: a row of the scorecard like any other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from restore.data.pairs import Pair, paired
from restore.evaluation.battery import Damage
from restore.evaluation.noise import untold
from restore.evaluation.scorecard import Sample, usable
from restore.observation import Observation
from restore.pose import Pose

ROW = "real"
"""The name of the row and of its family."""


@dataclass(frozen=True)
class RealNoise(Damage):
    """What was photographed, of the same scene as each clean image; its sigma nobody knows.

    Args:
        pairs: At least one, of which a sample's index tells which is meant.
    """

    pairs: Sequence[Pair] = ()

    def degrade(
        self,
        image: Float[Tensor, "1 3 h w"],  # noqa: ARG002 (beside it, in the pair)
        seed: int,  # noqa: ARG002 (nothing is drawn)
        index: int,
        pose: Pose | None = None,
    ) -> Observation:
        """Read the noisy image of that index.

        Raises:
            ImageFileError: It cannot be read.
        """
        assert pose is None, "what was photographed lies where it lies"
        degraded = torch.from_numpy(self.pairs[index].read()[0]).permute(2, 0, 1)[None]
        return untold(Observation(degraded, torch.ones_like(degraded[:, :1])))


def real_noise(noisy: str | Path, clean: str | Path, limit: int | None = None) -> tuple[RealNoise, list[Sample], int]:
    """Real noise as a row, and the clean images to score it with.

    Args:
        noisy: Folder, as for `restore.data.pairs.paired`.
        clean: Likewise.
        limit: The most pairs to take, evenly spread.

    Returns:
        The row, the images, and how many pairs cannot be used; each of these is logged as one line.

    Raises:
        UserError: Names or sizes do not fit together, or the limit is less than 1.
    """
    pairs = paired(noisy, clean)
    samples = [Sample(index, pair.clean, str(pair.name)) for index, pair in enumerate(pairs)]

    def read(sample: Sample) -> None:
        sample.read()
        pairs[sample.index].read()

    return RealNoise(ROW, ROW, told=False, pairs=pairs), *usable(samples, limit, read)
