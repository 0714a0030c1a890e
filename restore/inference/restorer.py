"""The way in for Python users: load weights once, restore any image."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from restore.errors import UserError
from restore.images.arrays import UserImage
from restore.inference.backend import Backend, TorchBackend
from restore.inference.deep_holes import DeepHoles
from restore.inference.devices import full_memory_is_a_memory_error
from restore.inference.noise_level import estimate_sigma
from restore.inference.self_ensemble import views
from restore.inference.tiling import TILE, Tiling, Window
from restore.networks import Network
from restore.networks.attention import AttentionMaps, attention_maps
from restore.networks.patches import SizeRule
from restore.networks.standardisation import mean_colour
from restore.networks.weights import load_network
from restore.observation import Observation, composite

SAMPLE = 512
"""Side, in pixels, of the parts of a large image from which its noise level is estimated."""

BATCH = 4
"""Tiles that a GPU works on at once, unless said otherwise."""

Image = TypeVar("Image")
"""One of the kinds that `restore.images.arrays.UserImage` tells."""


class Restorer:
    """Fills holes and removes noise with one network.

    Whatever kind of image comes in (a NumPy array (h, w) or (h, w, 1 to 4), a PIL image, a tensor with channels first:
    `restore.images.arrays.UserImage` has the table) goes out again in the same kind, size and type. Integers span
    their type's range; floats are [0, 1] and are not clipped on the way in. Images larger than a tile are worked on
    tile by tile, so that what the network needs does not grow with them.

    What is fully transparent is unseen: its colours influence nothing, and stay as they are unless `inpaint` is asked
    to fill them. What is filled becomes opaque; otherwise alpha stays as it is.

    Several threads may share one restorer.

        >>> restorer = Restorer.load("default")
        >>> filled = restorer.inpaint(photograph, hole)
        >>> clean = restorer.denoise(scan)

    Args:
        network: Takes an `Observation`, gives a prediction of every pixel; or whatever else runs one.
        device: Where to run a network; a backend has a device of its own.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbouring tiles share and fade over; an eighth of a tile, unless said otherwise.
        self_ensemble: Whether to average over eight views of each tile, which takes eight times as long.
        batch: Tiles that are worked on at once; unless said otherwise one on the CPU, and `BATCH` elsewhere.
        progress: Told, in each call of a method, the tiles that are done and the tiles in all, from 0 on.

    Raises:
        UserError: The device cannot be used, or the tiles or the batch are impossible.
        MemoryError: The device is too small for the network; for a method of this class: for its tiles.
    """

    def __init__(
        self,
        network: Network | Backend,
        device: torch.device | str = "cpu",
        tile: int = TILE,
        overlap: int | None = None,
        self_ensemble: bool = False,
        batch: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.tiling = Tiling.of(tile, overlap)
        self.backend: Backend = TorchBackend(network, device) if isinstance(network, Network) else network
        self.size_rule = SizeRule(self.backend.multiple)
        self.views = views(self.backend.multiple)[: None if self_ensemble else 1]
        if batch is not None and batch < 1:
            raise UserError(f"batch is at least 1, not {batch}")
        self.batch = batch or (1 if self.device.type == "cpu" else BATCH)
        self.progress = progress or (lambda _, __: None)

    @classmethod
    def load(
        cls, weights: str | Path = "default", device: torch.device | str | None = None, **options: Any
    ) -> "Restorer":
        """Load a network with its weights.

        Args:
            weights: `default` for those that come with the package, or a safetensors file that `restore fit` or
                `restore export` wrote.
            device: Where to run it; a GPU if there is one, unless said otherwise.
            options: The others of the class.

        Raises:
            UserError: The file is missing or holds no such weights, the device cannot be used, or the tiles are
                impossible.
        """
        if device is None:
            device = "cuda" if torch.cuda.is_available() else "cpu"
        return cls(load_network(weights), device, **options)

    @property
    def device(self) -> torch.device:
        """Where the network runs."""
        return self.backend.device

    @property
    def network(self) -> Network:
        """The network in PyTorch.

        Raises:
            UserError: Another backend runs it.
        """
        if not isinstance(self.backend, TorchBackend):
            raise UserError(f"a {type(self.backend).__name__} has no network in PyTorch to look into")
        return self.backend.network

    def inpaint(self, image: Image, hole: Any) -> Image:
        """Fill holes; every pixel outside comes back bit-identical.

        Args:
            image: Its values inside the hole do not matter.
            hole: Boolean (h, w), array or tensor: True where the image is to be filled.

        Raises:
            UserError: The hole has another size or type, or leaves nothing to fill from.
        """
        given = UserImage.of(image)
        hole = _hole(hole, given.size)
        if not hole.any():
            return cast(Image, given.with_pixels(given.pixels))
        sigma = np.where(hole | given.unseen, np.float32(np.inf), np.float32(0))
        restored = self.restore(Observation(given.pixels, _plane(sigma)))
        return cast(Image, given.with_pixels(restored, filled=hole))

    def denoise(self, image: Image, sigma: Any = None, strength: float = 1.0) -> Image:
        """Remove noise, and never add any.

        Args:
            image: A noisy image.
            sigma: Standard deviation of the noise in [0, 1] units, one number or one for each pixel (h, w); estimated
                from the image if not given. Where it is 0, nothing changes.
            strength: How much of the difference to apply, from 0 (nothing) to 1 (all of it).

        Raises:
            UserError: Sigma or strength is out of range, or sigma has another size.
        """
        if not 0 <= strength <= 1:
            raise UserError(f"strength lies in [0, 1], not at {strength}")
        given = UserImage.of(image)
        level = _array(self.estimate_sigma(image) if sigma is None else sigma).astype(np.float32)
        if level.shape not in ((), given.size):
            raise UserError(f"sigma has size {level.shape}, the image {given.size}")
        if not (np.isfinite(level).all() and (level >= 0).all()):
            raise UserError("sigma lies in [0, inf) for denoising; holes are a matter of `inpaint` or `restore`")
        if strength == 0 or not np.any(~given.unseen & (level > 0)):
            return cast(Image, given.with_pixels(given.pixels))
        sigma = np.where(given.unseen, np.float32(np.inf), level)
        # The pixels of a large image fill memory: they are computed again rather than kept.
        restored = self.restore(Observation(given.pixels, _plane(sigma)))
        return cast(Image, given.with_pixels(torch.lerp(given.pixels, restored, strength, out=restored)))

    @torch.no_grad()
    def restore(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Restore observations with any mixture of known, noisy and missing pixels.

        Returns:
            On the observation's device and of its type: known pixels bit-identical, the others predicted, in single
            precision, and clamped to [0, 1].

        Raises:
            UserError: In one of the images nothing is seen, or a sigma is negative or no number.
        """
        if not bool((observation.sigma >= 0).all()):
            raise UserError("sigma lies in [0, inf]: 0 where a pixel is known, infinite where it is missing")
        _refuse_the_unseen(observation)
        height, width = observation.sigma.shape[-2:]
        windows = self.tiling.windows(height, width)
        restored = torch.empty_like(observation.degraded)
        total = len(restored) * len(windows)
        self.progress(0, total)
        for first in range(0, len(restored), self.batch):
            images = slice(first, first + self.batch)
            done = first * len(windows)
            with full_memory_is_a_memory_error():
                tiles = self._predictions(observation[images], windows, done, total)
                for rows, pixels in self.tiling.blend(height, width, tiles):
                    restored[images, :, rows] = composite(pixels.to(restored), observation[images, :, rows])
        return restored

    def attention(self, image: Any, hole: Any = None) -> AttentionMaps:
        """What the transformer attends to in an image.

        Args:
            image: No larger than a tile.
            hole: Boolean (h, w), True where the image is hidden; nowhere if not given.

        Raises:
            UserError: The image is too large, the hole has another size or type or hides everything, or the network
                has no transformer.
        """
        given = UserImage.of(image)
        if max(given.size) > self.tiling.tile:
            size = f"{given.size[1]} x {given.size[0]}"
            raise UserError(f"attention is looked at within a tile of {self.tiling.tile} pixels, not in {size}")
        hidden = given.unseen if hole is None else given.unseen | _hole(hole, given.size)
        observation = Observation.hide(given.pixels.float(), _plane(hidden))
        _refuse_the_unseen(observation)
        with full_memory_is_a_memory_error(), torch.inference_mode():
            return attention_maps(self.network, observation.to(self.device))

    @staticmethod
    def estimate_sigma(image: Any, hole: Any = None) -> float:
        """Estimate the noise level of what is seen of an image, in [0, 1] units.

        Args:
            image: As for `denoise`.
            hole: As for `inpaint`; nowhere if not given.
        """
        given = UserImage.of(image)
        hidden = given.unseen if hole is None else given.unseen | _hole(hole, given.size)
        # Parts spread over a large image tell as much as all of it.
        tops, lefts = (np.unique(np.linspace(0, max(0, size - SAMPLE), 4).astype(int)) for size in given.size)
        spans = [(slice(top, top + SAMPLE), slice(left, left + SAMPLE)) for top in tops for left in lefts]
        enough = (1 + min(hidden[span].mean() for span in spans)) / 2
        levels = [
            estimate_sigma(replace(given, array=given.array[span]).pixels.float(), _plane(hidden[span]))
            for span in spans
            if hidden[span].mean() <= enough
        ]
        return float(torch.cat(levels).median())

    def _predictions(
        self, observation: Observation, windows: list[Window], done: int, total: int
    ) -> Iterator[Float[Tensor, "n 3 t u"]]:
        """What the network makes of each window of some images; nothing (zeros) of those in which all is known."""
        count = len(observation.sigma)
        at_once = max(1, self.batch // count)
        mean = mean_colour(observation)
        holes = DeepHoles(observation, self.tiling.tile) if len(windows) > 1 else None
        if holes and holes.deep.any():
            holes.guess = self._predict(holes.from_afar, mean)
        for start in range(0, len(windows), at_once):
            parts = [(observation[..., *window], window) for window in windows[start : start + at_once]]
            tiles = Observation.cat(holes.complete(*part) if holes else part[0] for part in parts)
            means = mean.repeat(len(tiles.sigma) // count, 1, 1, 1)
            damaged = (tiles.sigma > 0).flatten(1).any(1)
            predictions = torch.zeros(tiles.degraded.shape, device=self.device)
            if damaged.any():
                predictions[damaged.to(self.device)] = self._predict(tiles[damaged], means[damaged])
            self.progress(done + start * count + len(tiles.sigma), total)
            yield from predictions.view(-1, count, *predictions.shape[1:])

    def _predict(self, tiles: Observation, mean: Float[Tensor, "n 3 1 1"]) -> Float[Tensor, "n 3 t u"]:
        """The mean prediction over the views, clamped to [0, 1]."""
        degraded, sigma, mean = (x.to(self.device, torch.float32) for x in (tiles.degraded, tiles.sigma, mean))
        predictions = []
        for view in self.views:
            shown = view.show(Observation(degraded, sigma))
            padded = self.size_rule.pad(shown)
            prediction = self.backend.predict(padded, mean)
            predictions.append(view.undo(self.size_rule.crop(prediction, *shown.sigma.shape[-2:])))
        return torch.stack(predictions).mean(0).clamp(0, 1)


def _refuse_the_unseen(observation: Observation) -> None:
    if observation.hole.flatten(1).all(1).any():
        raise UserError("the hole covers everything that can be seen: there is nothing to fill it from")


def _hole(hole: Any, size: tuple[int, int]) -> Shaped[np.ndarray, "h w"]:
    array = _array(hole)
    if array.dtype != np.bool_:
        raise UserError(f"a hole is boolean, True where the image is to be filled, not {array.dtype}")
    if array.shape != size:
        raise UserError(f"the hole has size {array.shape}, the image {size}")
    return array


def _array(given: Any) -> Shaped[np.ndarray, "*size"]:
    try:
        array = given.detach().cpu().numpy() if isinstance(given, Tensor) else np.asarray(given)
    except ValueError as error:  # rows of different lengths
        raise UserError(f"not an array: {error}") from error
    if array.dtype.kind not in "bfiu":
        raise UserError(f"sigma and holes are numbers, not {array.dtype}")
    return array[0] if array.ndim == 3 and len(array) == 1 else array


def _plane(array: Shaped[np.ndarray, "h w"]) -> Shaped[Tensor, "1 1 h w"]:
    return torch.from_numpy(np.ascontiguousarray(array))[None, None]
