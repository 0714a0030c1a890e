"""What is measured: functions of an image and a hole, by name."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from research.speed import architectures
from research.speed.mosaic import SIGMA
from restore.errors import UserError
from restore.evaluation.peers import PEERS, Peer
from restore.inference.restorer import Restorer
from restore.observation import Observation

Method = Callable[[UInt8[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]], UInt8[np.ndarray, "h w 3"]]
"""Takes an image, and the hole to fill or, of a denoiser, nothing that matters; gives the image."""

BACKENDS = ("torch", "onnx", "openvino")
PLAUSIBLE = "restore, plausible"
PEER_DENOISERS = ("ffdnet", "bm3d")
PEER_FILLS = ("telea", "fsr-fast", "patchmatch-7")


def names(task: str) -> list[str]:
    """All methods for `denoise` or for `inpaint`."""
    own = [f"restore, {backend}" for backend in BACKENDS]
    if task == "denoise":
        return [*own, *architectures.DENOISERS, *PEER_DENOISERS]
    return [*own, PLAUSIBLE, *architectures.FILLS, *PEER_FILLS]


def method(task: str, name: str, weights: str) -> Method:
    """Make one ready.

    Args:
        task: `denoise`, told the level of the noise, or `inpaint`.
        name: One of `names`.
        weights: Of this package's methods.

    Raises:
        UserError: What it needs is not installed.
    """
    if name in architectures.DENOISERS or name in architectures.FILLS:
        if architectures.missing():
            raise UserError("pip install spandrel spandrel_extra_arches")
        return architectures.Runner(name)
    if not name.startswith("restore"):
        return _of_peer(next(peer for peer in PEERS if peer.name == name))
    backend: Any = None if name == PLAUSIBLE else name.removeprefix("restore, ")
    restorer = Restorer.load(weights, "cpu", backend)
    if task == "denoise":
        return lambda image, _: restorer.denoise(image, SIGMA)
    return partial(restorer.inpaint, fill="plausible" if name == PLAUSIBLE else "expected")


def has_weights(name: str) -> bool:
    """Whether its result is worth a look."""
    return name not in architectures.DENOISERS and name not in architectures.FILLS


def _of_peer(peer: Peer) -> Method:
    if (reason := peer.unavailable()) is not None:
        raise UserError(reason)

    def run(image: UInt8[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
        pixels, where = torch.from_numpy(image).permute(2, 0, 1)[None] / 255, torch.from_numpy(hole)[None, None]
        observation = Observation.hide(pixels, where)
        if not hole.any():
            observation = Observation(pixels, torch.full_like(pixels[:, :1], SIGMA))
        result = torch.where(where | ~where.any(), peer(observation), pixels)
        restored: np.ndarray = (255 * result[0].clamp(0, 1)).round().byte().permute(1, 2, 0).numpy()
        return restored

    return run
