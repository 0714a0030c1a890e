"""What is judged: the restorer and its peers, all as functions of an observation."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from restore.evaluation.battery import Task
from restore.evaluation.peers import DENOISERS, FILLS, Denoise, Fill
from restore.inference.restorer import Restorer
from restore.observation import Observation

OURS = "restore"
BLIND = "restore (blind)"
"""Our denoising where sigma is not told, but estimated from each image."""

BEST = "restore --best"
"""The restorer's average over eight views; judged where it is named among the peers."""

UNTREATED = "noisy"
"""The degraded images themselves."""

OWN = (OURS, BLIND, BEST, UNTREATED)
"""What is no peer."""

Method = Callable[[Observation], Float[Tensor, "1 3 h w"]]
"""Restores an observation; what comes back may leave [0, 1] and differ from visible pixels."""


def methods_of(task: Task, restorer: Restorer, against: Sequence[str]) -> dict[str, Method]:
    """What is judged at a task, by name: the restorer first.

    Args:
        task: Chooses among the peers; those that do not do it are passed over.
        restorer: What is judged.
        against: Names of peers, and `BEST` if that is to be judged.
    """
    tiling = restorer.tiling
    best = BEST in against and Restorer(restorer.backend, tile=tiling.tile, overlap=tiling.overlap, self_ensemble=True)
    if task == "hole":
        fills: dict[str, Fill] = {OURS: restorer.inpaint} | ({BEST: best.inpaint} if best else {})
        fills |= {name: FILLS[name] for name in against if name in FILLS}
        return {name: _filling(fill) for name, fill in fills.items()}
    denoisers: dict[str, Denoise] = {OURS: restorer.denoise, BLIND: lambda degraded, _: restorer.denoise(degraded)}
    denoisers |= {BEST: best.denoise} if best else {}
    denoisers |= {name: DENOISERS[name] for name in against if name in DENOISERS}
    denoisers[UNTREATED] = lambda degraded, _: degraded
    return {name: _denoising(denoise) for name, denoise in denoisers.items()}


class NotFiniteError(ValueError):
    """What a method restored holds something that is no number, as after a training that diverged."""


def restored_by(name: str, method: Method, observation: Observation) -> Float[Tensor, "1 3 h w"]:
    """What is judged of a method's result: clipped to [0, 1], and the visible pixels as they were.

    Raises:
        NotFiniteError: Some of the result is not finite.
    """
    restored = method(observation)
    if not restored.isfinite().all():
        raise NotFiniteError("some of the result is not finite")
    if name != UNTREATED:  # clipped noise would not have the sigma that it is said to have
        restored = restored.clamp(0, 1)
    return torch.where(observation.sigma == 0, observation.degraded, restored)


def _filling(fill: Fill) -> Method:
    return lambda observation: _tensor(fill(_array(observation.degraded), observation.hole[0, 0].numpy()))


def _denoising(denoise: Denoise) -> Method:
    return lambda observation: _tensor(denoise(_array(observation.degraded), float(observation.sigma.max())))


def _array(image: Float[Tensor, "1 3 h w"]) -> Float[ndarray, "h w 3"]:
    return np.ascontiguousarray(image[0].permute(1, 2, 0).numpy())


def _tensor(pixels: Float[ndarray, "h w 3"]) -> Float[Tensor, "1 3 h w"]:
    return torch.from_numpy(np.ascontiguousarray(pixels, np.float32)).permute(2, 0, 1)[None]
