"""Whether a training on noise as it came has paid: what images set aside say, without any clean one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev

import torch
from jaxtyping import Float
from torch import Tensor

from restore.data.crops import DamagedCrop, DamagedCrops
from restore.data.module import Batch
from restore.data.noise_covariance import REACH, measure_covariance
from restore.data.supervision import Example, Supervision
from restore.observation import Observation, composite
from restore.training.modules import RestorationTask

LAGS = 6
"""Pixels up to which what was removed is compared with its neighbours."""

SHOWN = 192
"""The largest side, in pixels, of what is shown of an image."""


@dataclass(frozen=True)
class Judged:
    """What became of one image that was set aside, by the weights before and after.

    Args:
        before: Mean squared error in [0, 1] units, less the noise of what it is compared with.
        after: Likewise.
        expected: Standard deviation of the noise that is there by what its flattest parts tell, in [0, 1] units.
        removed: Standard deviation of what was removed after, likewise.
        mean: Of what was removed after; 0 but where brightness is shifted.
        grain: Correlation of what was removed after with its neighbours to the right, from 0 to `LAGS` pixels on.
        noise_grain: That of noise as it is expected.
    """

    before: float
    after: float
    expected: float
    removed: float
    mean: float
    grain: list[float]
    noise_grain: list[float]


@dataclass(frozen=True)
class Proof:
    """What all images that were set aside say.

    Args:
        images: One for each.
        shown: Of one of them: as it came, by the weights before, and after; RGB in [0, 1].
    """

    images: Sequence[Judged]
    shown: Sequence[Float[Tensor, "3 h w"]] = field(default_factory=list)

    @property
    def gain(self) -> float:
        """By what the mean squared error fell, the mean over the images."""
        return fmean(one.before - one.after for one in self.images)

    @property
    def doubt(self) -> float:
        """The standard error of `gain`; 0 of a single image."""
        gains = [one.before - one.after for one in self.images]
        return stdev(gains) / math.sqrt(len(gains)) if len(gains) > 1 else 0.0

    @property
    def pays(self) -> bool:
        """Whether the error fell by more than chance explains."""
        return self.gain > self.doubt

    @property
    def levels(self) -> tuple[str, str]:
        """The root mean square error, of 255, before and after, in words; no figures where noise hides it."""
        before, after = fmean(one.before for one in self.images), fmean(one.after for one in self.images)
        if min(before, after) <= 0:
            return "hidden by noise", "less" if after < before else "no less"
        return f"{255 * before**0.5:.2f}", f"{255 * after**0.5:.2f}"


@torch.no_grad()
def prove(
    task: RestorationTask,
    supervision: Supervision,
    crops: DamagedCrops,
    before: dict[str, Tensor],
    after: dict[str, Tensor],
    limit: int = 32,
) -> Proof:
    """Compare two states of a network on the images set aside; each is told the level that it finds itself.

    Args:
        task: With the network, which is left in the second state.
        supervision: What made the examples.
        crops: The images.
        before: A state dict.
        after: Likewise.
        limit: The most images, evenly spread.
    """
    device = next(task.network.parameters()).device
    chosen = sorted({i * len(crops) // min(limit, len(crops)) for i in range(min(limit, len(crops)))})
    batches = [_batch(crops[index], device) for index in chosen]
    results = []
    for state in (before, after):
        task.network.load_state_dict(state)
        task.network.eval()
        results.append([_restored(task, batch) for batch in batches])
    images = [_judged(supervision, batch, old, new) for batch, old, new in zip(batches, *results, strict=True)]
    part = (..., slice(0, SHOWN), slice(0, SHOWN))
    first = [batches[0].observation.degraded[0], results[0][0][0], results[1][0][0]]
    return Proof(images, [image[part].cpu().clamp(0, 1) for image in first])


def _batch(crop: DamagedCrop, device: torch.device) -> Batch:
    observation = Observation(crop.degraded[None], crop.sigma[None]).to(device)
    return Batch(crop.image[None].to(device), observation, crop.key[None])


def _restored(task: RestorationTask, batch: Batch) -> Float[Tensor, "1 3 h w"]:
    observation = task.told(batch).observation
    return composite(task.network(observation), observation)


def _judged(
    supervision: Supervision, batch: Batch, old: Float[Tensor, "1 3 h w"], new: Float[Tensor, "1 3 h w"]
) -> Judged:
    noise = float(supervision.target_noise(Example(batch.image, batch.observation)))
    before, after = (float((restored - batch.image).square().mean()) - noise for restored in (old, new))
    removed = batch.observation.degraded - new
    covariance = measure_covariance(batch.observation.degraded[0].cpu())
    return Judged(
        before,
        after,
        math.nan if covariance is None else covariance.sigma,
        float(removed.std()),
        float(removed.mean()),
        _grain(removed),
        [] if covariance is None else covariance.correlation[REACH, REACH : REACH + LAGS + 1].tolist(),
    )


def _grain(removed: Float[Tensor, "1 3 h w"]) -> list[float]:
    centred = removed - removed.mean((2, 3), keepdim=True)
    power = centred.square().mean().clamp_min(1e-12)
    width = removed.shape[-1]
    lags = range(min(LAGS, width - 1) + 1)
    return [float((centred[..., : width - lag] * centred[..., lag:]).mean() / power) for lag in lags]
