"""Degradations made of degradations."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from restore.degradations.degradation import Degradation
from restore.errors import UserError
from restore.observation import Observation


class Compose(Degradation[list[Any]]):
    """Several degradations, one after the other.

    Args:
        degradations: In the order in which they happen: noise of the sensor before compression, say.

    Raises:
        UserError: If there are none.
    """

    def __init__(self, degradations: list[Degradation]) -> None:
        _check_some(degradations)
        self.degradations = degradations

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> list[Any]:
        """Draw the parameters of every step."""
        return [degradation.draw(n, height, width, generator) for degradation in self.degradations]

    def degrade(self, observation: Observation, parameters: list[Any]) -> Observation:
        """Take one step after the other."""
        for degradation, own in zip(self.degradations, parameters, strict=True):
            observation = degradation.degrade(observation, own)
        return observation


class Choice(Degradation[list[tuple[Tensor, Any]]]):
    """One of several degradations for each image of the batch.

    Args:
        degradations: Those to choose from; noise of sigma 0 leaves an image untouched.
        weights: How often each is chosen, relative to the others; at least 0, not all 0. Equally often if not given.

    Raises:
        UserError: If there are no degradations, or the weights do not fit them.
    """

    def __init__(self, degradations: list[Degradation], weights: Sequence[float | int] | None = None) -> None:
        _check_some(degradations)
        weights = [1.0] * len(degradations) if weights is None else weights
        if len(weights) != len(degradations) or min(weights) < 0 or not 0 < sum(weights) < float("inf"):
            raise UserError(f"weights must be {len(degradations)} numbers, at least 0 and not all 0, got {weights}")
        self.degradations = degradations
        self.weights = weights

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> list[tuple[Tensor, Any]]:
        """Draw which images each degradation gets, and then its parameters for as many."""
        weights = torch.tensor(self.weights, dtype=torch.float32, device=generator.device)
        choice = torch.multinomial(weights, n, replacement=True, generator=generator)
        parameters = []
        for k, degradation in enumerate(self.degradations):
            index = (choice == k).nonzero().squeeze(1)
            parameters.append((index, degradation.draw(len(index), height, width, generator) if len(index) else None))
        return parameters

    def degrade(self, observation: Observation, parameters: list[tuple[Tensor, Any]]) -> Observation:
        """Damage each image by the degradation chosen for it; they keep their order."""
        parts, order = [], []
        for degradation, (index, own) in zip(self.degradations, parameters, strict=True):
            if len(index):
                order.append(index.to(observation.degraded.device))
                parts.append(degradation.degrade(observation[order[-1]], own))
        return Observation.cat(parts)[torch.cat(order).argsort()]


def _check_some(degradations: list[Degradation]) -> None:
    if not degradations:
        raise UserError(f"degradations must hold at least one, got {degradations}")
