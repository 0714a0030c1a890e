"""What still works on tensors of PyTorch, from and to arrays; PyTorch is imported when it is called."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from restore.errors import UserError
from restore.images.arrays import UserImage
from restore.inference.observed import Observed

Fill = Literal["expected", "plausible"]
"""The mean of what could lie in a hole, or one of them."""

FILLS: tuple[Fill, ...] = ("expected", "plausible")


def references_of(images: Sequence[Any]) -> list[Any]:
    """As `restore.inference.plausible.references_of`."""
    if not images:
        return []
    import torch

    from restore.fill import push_pull_fill
    from restore.inference.plausible import Reference

    references = []
    for number, image in enumerate(images, 1):
        given = UserImage.of(image)
        if given.shape[0] > 1:
            raise UserError(f"reference {number} is a batch of {given.shape[0]} images: give them one by one")
        unseen = torch.from_numpy(given.unseen.copy())
        pixels = push_pull_fill(torch.from_numpy(given.pixels.astype(np.float32)), unseen[:, None])[0]
        references.append(Reference.of(pixels, ~unseen[0], number))
    return references


def fill_all_alike(
    restore: Callable[[Observed], Float[np.ndarray, "n 3 h w"]],
    pixels: Float[np.ndarray, "n 3 h w"],
    hole: Bool[np.ndarray, "n 1 h w"],
    hidden: Bool[np.ndarray, "n 1 h w"],
    references: Sequence[Any],
) -> list[Sequence[Any]]:
    """As `restore.inference.alike.fill_all_alike`."""
    import torch

    from restore.inference.alike import fill_all_alike as fill
    from restore.inference.tensors import arrays_of
    from restore.observation import Observation

    def restored(observation: Observation) -> torch.Tensor:
        return torch.from_numpy(restore(arrays_of(observation)))

    own, unknown = (torch.from_numpy(np.array(one)) for one in (hole, hidden))
    return fill(restored, torch.from_numpy(pixels), own, unknown, references)


def fill_plausibly(
    pixels: Float[np.ndarray, "n 3 h w"],
    hole: Bool[np.ndarray, "n 1 h w"],
    allowed: Bool[np.ndarray, "n 1 h w"],
    seed: int,
    progress: Callable[[int, int], None],
    references: Sequence[Any] = (),
    laid: Sequence[Sequence[Any]] = (),
) -> Int[np.ndarray, "n h w 3"]:
    """As `restore.inference.plausible.fill_plausibly`."""
    import torch

    from restore.inference.plausible import fill_plausibly as fill

    own, usable = (torch.from_numpy(np.array(one)) for one in (hole, allowed))
    sources: Int[np.ndarray, "n h w 3"]
    sources = fill(torch.from_numpy(pixels), own, usable, seed, progress, references, laid).numpy()
    return sources


def own_places(hole: Bool[np.ndarray, "n h w"]) -> Int[np.ndarray, "n h w 3"]:
    """As `restore.inference.plausible.own_places`."""
    places = np.stack(np.broadcast_arrays(np.int32(0), *np.indices(hole.shape, np.int32)[1:]), -1)
    places[hole] = -1
    return places
