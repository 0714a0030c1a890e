"""The scorecard: a restorer and its peers on the same damaged images, image by image.

Protocol, as the papers have it: RGB, whole images, noise added without clipping, what comes back clipped to [0, 1];
where there is a hole, all methods keep the visible pixels. Scores are taken of each image, and then the mean.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from restore.errors import COVERED, NO_HOLE, check_at_least
from restore.evaluation.battery import Damage
from restore.evaluation.methods import Method, attempted, can_treat
from restore.evaluation.scores import COLUMNS, as_frame, measure
from restore.images.codec import read_rgb
from restore.images.folders import find_images
from restore.images.picture import ImageFileError
from restore.metrics import SSIM_WINDOW
from restore.observation import Observation

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sample:
    """A clean image to be damaged.

    Args:
        index: Its place in its folder, by which its damage is drawn.
        path: Its file.
        name: Its path below the folder.
    """

    index: int
    path: Path
    name: str

    def read(self) -> Float[Tensor, "1 3 h w"]:
        """Read the image.

        Raises:
            ImageFileError: It cannot be read, or is too small for SSIM.
        """
        pixels = read_rgb(self.path)
        if min(pixels.shape[:2]) < SSIM_WINDOW:
            raise ImageFileError(self.path, f"has a side of less than {SSIM_WINDOW} pixels, too little for SSIM")
        return torch.from_numpy(pixels).permute(2, 0, 1)[None]


def find_samples(folder: Path, limit: int | None = None) -> tuple[list[Sample], int]:
    """List the clean images of a folder; each that cannot be used is logged as one line.

    Args:
        folder: Searched recursively.
        limit: The most images to take, evenly spread over the folder.

    Returns:
        The images, and how many others could not be used.

    Raises:
        ImageFileError: There are none.
        UserError: The limit is less than 1.
    """
    found = [Sample(index, path, str(name)) for index, (path, name) in enumerate(find_images([folder]))]
    return usable(found, limit, Sample.read)


def usable(samples: Sequence[Sample], limit: int | None, read: Callable[[Sample], object]) -> tuple[list[Sample], int]:
    """Those samples, at most so many and evenly spread, that can be read; the others are logged and counted.

    Raises:
        UserError: The limit is less than 1.
    """
    count = len(samples) if limit is None else min(limit, len(samples))
    check_at_least(1, limit=count)
    chosen = [samples[i * len(samples) // count] for i in range(count)]
    readable = []
    for sample in chosen:
        try:
            read(sample)
        except ImageFileError as error:
            _logger.error("%s", error)  # noqa: TRY400 (the user wants one line)
        else:
            readable.append(sample)
    return readable, count - len(readable)


def score_images(
    methods: Mapping[str, Method],
    samples: Sequence[Sample],
    damages: Sequence[Damage],
    seed: int = 0,
    progress: Callable[[], object] = lambda: None,
) -> pd.DataFrame:
    """Damage each image in every way, and score what each method makes of it that can treat it.

    A mask that covers all of an image or nothing of it is logged and passed over; a peer that fails is logged and has
    no scores there.

    Args:
        methods: By name; those of `restore.evaluation.methods.methods_of`, or any functions of an observation.
        samples: From `find_samples`.
        damages: From `restore.evaluation.battery`.
        seed: With an image's index and the damage it fixes what is drawn.
        progress: Called after each damaged image.

    Returns:
        As described in `restore.evaluation.scores`.

    Raises:
        ImageFileError: An image cannot be read.
    """
    scores = []
    for sample in samples:
        image = sample.read()
        for damage in damages:
            observation = damage.degrade(image, seed, sample.index)
            extent = unusable(observation)
            if extent:
                _logger.warning("%s: %s: %s; passed over", sample.path, damage.name, extent)
                able = {}
            else:
                able = {name: method for name, method in methods.items() if can_treat(method, observation)}
            for name, method in able.items():
                start = time.perf_counter()
                restored = attempted(name, method, observation, f"{sample.path}, {damage.name}")
                seconds = time.perf_counter() - start
                row = {"family": damage.family, "damage": damage.name, "image": sample.name, "method": name}
                scores.append({**row, **measure(restored, image, observation), "seconds": seconds})
            progress()
    return as_frame(scores, COLUMNS)


def unusable(observation: Observation) -> str | None:
    """Why there is nothing to restore, or nothing to restore it from; None where there is."""
    if observation.hole.all():
        return COVERED
    return None if (observation.sigma != 0).any() else NO_HOLE
