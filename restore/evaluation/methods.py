"""What is judged: functions of an observation."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from restore.errors import UserError
from restore.evaluation.noise import noisy
from restore.evaluation.peers import Peer
from restore.inference.noise_finder import find_noise
from restore.inference.plausible import FILLS, Fill
from restore.inference.restorer import Restorer
from restore.inference.tensors import arrays_of
from restore.observation import Observation, composite

_logger = logging.getLogger(__name__)

Method = Callable[[Observation], Float[Tensor, "n 3 h w"]]
"""Restores observations; what comes back may leave [0, 1] and differ from what is known."""

OURS = "restore"
PLAUSIBLE = "restore, plausible"
BLIND = "restore (blind)"
SELF_ENSEMBLE = "restore, self-ensemble"
UNTREATED = "noisy"
OWN = (OURS, PLAUSIBLE, BLIND, SELF_ENSEMBLE, UNTREATED)
"""The names of what is no peer."""


def can_treat(method: Method, observation: Observation) -> bool:
    """Whether a method can do anything about an observation: its `treats` tells; those without one always can."""
    treats: Callable[[Observation], bool] | None = getattr(method, "treats", None)
    return treats is None or treats(observation)


def has_only_holes(observation: Observation) -> bool:
    """Whether there are holes, and all the rest is known."""
    return bool(observation.hole.any()) and not bool(noisy(observation).any())


@dataclass(frozen=True)
class Blind:
    """Our restoration where sigma is not told, but estimated from each image; holes and known pixels are told."""

    restorer: Restorer

    def treats(self, observation: Observation) -> bool:
        """Whether there is a sigma to hide."""
        return bool((noisy(observation) & observation.sigma.isfinite()).any())

    def __call__(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Estimate sigma, and restore."""
        where = noisy(observation)
        if where.all():
            return self.restorer.denoise(observation.degraded)
        backend, tiling = self.restorer.backend, self.restorer.tiling
        seen = arrays_of(observation)
        noises = find_noise(backend, tiling, seen.degraded, observation.hole.cpu().numpy())
        found = torch.from_numpy(np.stack([noise.sigma for noise in noises]))[:, None]
        sigma = torch.where(where, found.to(observation.sigma), observation.sigma)
        return self.restorer.restore(Observation(observation.degraded, sigma))


@dataclass(frozen=True)
class Told:
    """Our restoration, knowing the sigma of every pixel; of images whose sigma nobody knows, as `Blind`.

    Args:
        restorer: What restores.
        fills: Whether it is to be judged by holes where all the rest is known, too.
    """

    restorer: Restorer
    fills: bool = True

    def treats(self, observation: Observation) -> bool:
        """Whether there is anything but what is left to `PlausibleFill`."""
        return self.fills or not has_only_holes(observation)

    def __call__(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Restore."""
        restore = Blind(self.restorer) if observation.sigma.isnan().any() else self.restorer.restore
        return restore(observation)


@dataclass(frozen=True)
class PlausibleFill:
    """Our fill to look at, of holes where all the rest is known."""

    restorer: Restorer

    def treats(self, observation: Observation) -> bool:
        """Whether there are holes, and nothing else."""
        return has_only_holes(observation)

    def __call__(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Fill holes."""
        return self.restorer.inpaint(observation.degraded, observation.hole, fill="plausible")


class Untreated:
    """What came in, where all of it can be looked at."""

    def treats(self, observation: Observation) -> bool:
        """Whether there is noise, and no hole."""
        return bool(noisy(observation).any()) and not bool(observation.hole.any())

    def __call__(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Do nothing."""
        return observation.degraded


def methods_of(
    restorer: Restorer, peers: Sequence[Peer] = (), self_ensemble: bool = False, fills: Sequence[Fill] = FILLS
) -> dict[str, Method]:
    """A restorer, told sigma and blind, and over eight views if that is asked for, and its peers, by name.

    Args:
        restorer: What is judged.
        peers: What it is compared with.
        self_ensemble: Whether to judge the mean over eight views, too.
        fills: What is judged of holes where all the rest is known.
    """
    has_expected = "expected" in fills
    methods: dict[str, Method] = {OURS: Told(restorer, has_expected)}
    if "plausible" in fills:
        methods[PLAUSIBLE] = PlausibleFill(restorer)
    methods[BLIND] = Blind(restorer)
    if self_ensemble:
        tiling = restorer.tiling
        views = Restorer(restorer.backend, tile=tiling.tile, overlap=tiling.overlap, self_ensemble=True)
        methods[SELF_ENSEMBLE] = Told(views, has_expected)
    return {**methods, **{peer.name: peer for peer in peers}, UNTREATED: Untreated()}


class NotFiniteError(UserError):
    """What a method restored holds something that is no number, as after a training that diverged."""


def restored_by(method: Method, observation: Observation) -> Float[Tensor, "n 3 h w"]:
    """What is judged of a method's result: clipped to [0, 1], and what is known as it was.

    Raises:
        NotFiniteError: Some of the result is not finite.
    """
    restored = method(observation)
    if not restored.isfinite().all():
        raise NotFiniteError("some of the result is not finite")
    if isinstance(method, Untreated):  # clipped noise would not have the sigma that it is said to have
        return restored
    return composite(restored, observation)


def attempted(name: str, method: Method, observation: Observation, what: str) -> Float[Tensor, "n 3 h w"]:
    """As `restored_by`, but a peer that fails is logged, and all of its result is NaN.

    Args:
        name: Of the method.
        method: Ours, or a peer.
        observation: What to restore.
        what: Which image that is and what damaged it, for messages.
    """
    try:
        return restored_by(method, observation)
    except Exception as error:  # whatever a peer stumbles over, all other scores are worth having
        if not isinstance(method, Peer):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        _logger.error("%s: %s failed: %s", what, name, reason)  # noqa: TRY400 (the user wants one line)
        return torch.full_like(observation.degraded, torch.nan)
