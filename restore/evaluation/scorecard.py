"""The scorecard: a restorer and its peers on the same damaged images, image by image.

Protocol, as the papers have it: RGB, whole images, noise added without clipping, what comes back clipped to [0, 1];
where there is a hole, all methods keep the visible pixels. A figure is taken of each image, and then the mean.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from restore.evaluation.battery import Setting, Task
from restore.evaluation.figures import Figures
from restore.evaluation.methods import OWN, methods_of, restored_by
from restore.images.codec import ImageFileError, read_rgb
from restore.images.folders import find_images
from restore.inference.restorer import Restorer
from restore.metrics import SSIM_WINDOW

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


@dataclass(frozen=True)
class Score:
    """What one method came to on one damaged image.

    Args:
        task: As for `Setting`.
        setting: The setting's name.
        image: The sample's name.
        method: `restore`, `restore (blind)`, `noisy`, or a peer.
        figures: All of them.
        seconds: How long the restoration took.
    """

    task: Task
    setting: str
    image: str
    method: str
    figures: Figures
    seconds: float

    @property
    def figure(self) -> float:
        """The figure by which methods are ranked: PSNR of what was damaged, in dB."""
        return self.figures.psnr_hole if self.task == "hole" else self.figures.psnr


def find_samples(folder: Path, limit: int | None = None) -> tuple[list[Sample], int]:
    """List the clean images of a folder; each that cannot be used is logged as one line.

    Args:
        folder: Searched recursively.
        limit: The most images to take, evenly spread over the folder.

    Returns:
        The images, and how many others could not be used.

    Raises:
        ImageFileError: There are none.
        ValueError: The limit is less than 1.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit is at least 1, not {limit}")
    found = find_images([folder])
    count = len(found) if limit is None else min(limit, len(found))
    samples = []
    for index in (i * len(found) // count for i in range(count)):
        path, name = found[index]
        sample = Sample(index, path, str(name))
        try:
            sample.read()
        except ImageFileError as error:
            _logger.error("%s", error)  # noqa: TRY400 (the user wants one line)
        else:
            samples.append(sample)
    return samples, count - len(samples)


def score_images(
    restorer: Restorer, samples: Iterable[Sample], settings: Sequence[Setting], against: Sequence[str], seed: int = 0
) -> Iterator[Score]:
    """Damage each image in every setting, and score what each method makes of it.

    A mask that covers all of an image or nothing of it is logged and passed over; a peer that fails is logged and has
    no figures there.

    Args:
        restorer: What is judged.
        samples: From `find_samples`.
        settings: From `restore.evaluation.battery`.
        against: Names of peers.
        seed: With an image's index and the setting it fixes the damage.

    Raises:
        ImageFileError: An image or a mask cannot be read.
    """
    for sample in samples:
        image = sample.read()
        for setting in settings:
            observation = setting.damage(image, seed, sample.index)
            hole = observation.hole
            if setting.task == "hole" and (hole.all() or not hole.any()):
                extent = "everything" if hole.all() else "nothing"
                _logger.warning("%s: the hole of %r covers %s; passed over", sample.path, setting.name, extent)
                continue
            for name, method in methods_of(setting.task, restorer, against).items():
                start = time.perf_counter()
                try:
                    restored = restored_by(name, method, observation)
                except Exception as error:  # whatever a peer stumbles over, all other scores are worth having
                    if name in OWN:
                        raise
                    reason = " ".join(str(error).split()) or type(error).__name__
                    _logger.error("%s: %s failed at %r: %s", sample.path, name, setting.name, reason)  # noqa: TRY400
                    figures = Figures.none()
                else:
                    figures = Figures.of(restored, image, observation)
                seconds = time.perf_counter() - start
                yield Score(setting.task, setting.name, sample.name, name, figures, seconds)
