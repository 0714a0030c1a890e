"""The way in for Python users: load weights once, restore any image."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from restore.images.arrays import Array, alpha_of, from_pixels, to_array, to_pixels, with_alpha
from restore.inference.deep_holes import DeepHoles
from restore.inference.devices import full_memory_is_a_memory_error, usable_device
from restore.inference.noise_level import estimate_sigma
from restore.inference.self_ensemble import predict_from_views
from restore.inference.tiling import TILE, Tiling, Window
from restore.networks import Network
from restore.networks.attention import AttentionMaps, attention_maps
from restore.networks.standardisation import mean_colour
from restore.networks.weights import load_network
from restore.observation import Observation, composite

SAMPLE = 512
"""Side, in pixels, of the parts of a large image from which its noise level is estimated."""

FEW_TILES = 4
"""An image of more tiles than these shows its progress on a terminal."""

Image = TypeVar("Image")
"""NumPy array (h, w, 3) or (h, w), PIL image, or tensor (3, h, w), (1, h, w) or (h, w)."""


class Restorer:
    """Fills holes and removes noise with one network.

    Whatever kind of image comes in (a NumPy array (h, w, 3) or (h, w), a PIL image, a tensor with channels first)
    goes out again in the same kind, size and type. Integers span their type's range; floats are [0, 1] and are not
    clipped on the way in. A PIL image keeps its `info`: colour profile, EXIF, resolution. Images larger than a tile
    are worked on tile by tile, so that memory does not grow with them.

    Where a PIL image is fully transparent, its colours are unseen and mostly meaningless: `inpaint` does not look at
    them. What it fills becomes opaque; otherwise alpha stays as it is.

        >>> restorer = Restorer.load("default")
        >>> filled = restorer.inpaint(photograph, hole)
        >>> clean = restorer.denoise(scan)

    Args:
        network: Takes an `Observation`, gives a prediction of every pixel.
        device: Where to run it.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbouring tiles share and fade over; an eighth of a tile, unless said otherwise.
        best: Whether to average over eight views of each tile, which takes eight times as long.

    Raises:
        ValueError: The device cannot be used, or the tiles are impossible.
        MemoryError: The device is too small for the network; for a method of this class: for a tile.
    """

    def __init__(
        self,
        network: Network,
        device: torch.device | str = "cpu",
        tile: int = TILE,
        overlap: int | None = None,
        best: bool = False,
    ) -> None:
        self.best = best
        self.tiling = Tiling.of(tile, overlap)
        self.device = usable_device(device)
        with full_memory_is_a_memory_error():
            self.network = network.to(self.device).eval()

    @classmethod
    def load(
        cls,
        weights: str | Path = "default",
        device: torch.device | str | None = None,
        tile: int = TILE,
        overlap: int | None = None,
        best: bool = False,
    ) -> "Restorer":
        """Load a network with its weights.

        Args:
            weights: `default` for those that come with the package, or a safetensors file that `restore fit` or
                `restore export` wrote.
            device: Where to run it; a GPU if there is one, unless said otherwise.
            tile: As for the class.
            overlap: As for the class.
            best: As for the class.

        Raises:
            ValueError: The file is missing or holds no such weights, the device cannot be used, or the tiles are
                impossible.
        """
        if device is None:
            device = "cuda" if torch.cuda.is_available() else "cpu"
        return cls(load_network(weights), device, tile, overlap, best)

    def inpaint(self, image: Image, hole: Any) -> Image:
        """Fill holes; every pixel outside comes back bit-identical.

        Args:
            image: Its values inside the hole do not matter.
            hole: Boolean (h, w), array or tensor: True where the image is to be filled.

        Raises:
            ValueError: The hole has another size or type, or leaves nothing to fill from.
        """
        array, back = to_array(image)
        hole = _to_hole(hole, array.shape[:2])
        restored = array.copy()
        if not hole.any():
            return cast(Image, back(restored))
        alpha = alpha_of(image)
        unseen = hole if alpha is None else hole | (alpha == 0)
        if unseen.all():
            raise ValueError("the hole covers everything that can be seen: there is nothing to fill it from")

        def read(window: Window) -> Observation:
            missing = torch.from_numpy(np.ascontiguousarray(unseen[window]))[None, None]
            return Observation.hide(to_pixels(array[window]), missing)

        for rows, pixels in self._restored_rows(hole.shape, read, has_hole=True):
            np.copyto(restored[rows], from_pixels(pixels, like=array), where=_like(hole[rows], array))
        filled = back(restored)
        return cast(Image, filled if alpha is None else with_alpha(filled, np.where(hole, np.uint8(255), alpha)))

    def denoise(self, image: Image, sigma: Any = None, strength: float = 1.0) -> Image:
        """Remove noise, and never add any.

        Args:
            image: A noisy image.
            sigma: Standard deviation of the noise in [0, 1] units, one number or one for each pixel (h, w); estimated
                from the image if not given. Where it is 0, nothing changes.
            strength: How much of the difference to apply, from 0 (nothing) to 1 (all of it).

        Raises:
            ValueError: Sigma or strength is out of range, or sigma has another size.
        """
        if not 0 <= strength <= 1:
            raise ValueError(f"strength lies in [0, 1], not at {strength}")
        array, back = to_array(image)
        level = self.estimate_sigma(image) if sigma is None else sigma
        level = np.broadcast_to(np.asarray(level, dtype=np.float32), _size_of(level, array.shape[:2]))
        if not (np.isfinite(level).all() and (level >= 0).all()):
            raise ValueError("sigma lies in [0, inf) for denoising; holes are a matter of `inpaint` or `restore`")
        restored = array.copy()
        if strength == 0 or not level.any():
            return cast(Image, back(restored))

        def read(window: Window) -> Observation:
            return Observation(to_pixels(array[window]), torch.from_numpy(level[window].copy())[None, None])

        for rows, pixels in self._restored_rows(level.shape, read, has_hole=False):
            pixels = torch.lerp(to_pixels(array[rows]), pixels, strength)
            np.copyto(restored[rows], from_pixels(pixels, like=array), where=_like(level[rows] > 0, array))
        return cast(Image, back(restored))

    def restore(self, observation: Observation) -> Float[Tensor, "n 3 h w"]:
        """Restore observations with any mixture of known, noisy and missing pixels.

        Returns:
            On the observation's device and of its type: known pixels bit-identical, the others predicted, in single
            precision, and clamped to [0, 1].
        """
        restored = torch.empty_like(observation.degraded)
        for i in range(len(restored)):
            one = observation[i : i + 1]

            def read(window: Window, one: Observation = one) -> Observation:
                return Observation(one.degraded[..., *window].float(), one.sigma[..., *window].float()).to("cpu")

            for rows, pixels in self._restored_rows(restored.shape[-2:], read, bool(one.hole.any())):
                restored[i, :, rows] = pixels[0].to(restored)
        known = observation.sigma == 0
        return torch.where(known, observation.degraded, restored)

    def attention(self, image: Any, hole: Any = None) -> AttentionMaps:
        """What the transformer attends to in an image.

        Args:
            image: No larger than a tile.
            hole: Boolean (h, w), True where the image is hidden; nowhere if not given.

        Raises:
            ValueError: The image is too large, the hole has another size or type or hides everything, or the network
                has no transformer.
        """
        array, _ = to_array(image)
        if max(array.shape[:2]) > self.tiling.tile:
            size = f"{array.shape[1]} x {array.shape[0]}"
            raise ValueError(f"attention is looked at within a tile of {self.tiling.tile} pixels, not in {size}")
        hidden = np.zeros(array.shape[:2], dtype=bool) if hole is None else _to_hole(hole, array.shape[:2])
        missing = torch.from_numpy(np.ascontiguousarray(hidden))[None, None]
        observation = Observation.hide(to_pixels(array), missing).to(self.device)
        with full_memory_is_a_memory_error(), torch.inference_mode():
            return attention_maps(self.network, observation)

    @staticmethod
    def estimate_sigma(image: Any) -> float:
        """Estimate the noise level of an image, in [0, 1] units."""
        array, _ = to_array(image)
        height, width = array.shape[:2]
        # Tiles spread over a large image tell as much as all of it.
        tops = np.unique(np.linspace(0, max(0, height - SAMPLE), 4).astype(int))
        lefts = np.unique(np.linspace(0, max(0, width - SAMPLE), 4).astype(int))
        samples = [to_pixels(array[top : top + SAMPLE, left : left + SAMPLE]) for top in tops for left in lefts]
        return float(torch.cat([estimate_sigma(sample) for sample in samples]).median())

    def _restored_rows(
        self, size: tuple[int, ...], read: Callable[[Window], Observation], has_hole: bool
    ) -> Iterator[tuple[slice, Float[Tensor, "1 3 r w"]]]:
        """Restore what `read` gives window by window; bands of finished rows, from top to bottom."""
        height, width = size
        tiles = len(self.tiling.spans(height)) * len(self.tiling.spans(width))
        hidden = None if tiles > FEW_TILES else True  # None: shown on a terminal only
        with full_memory_is_a_memory_error(), tqdm(total=tiles, unit="tile", leave=False, disable=hidden) as progress:
            mean = mean_colour(map(read, self.tiling.cells(height, width)))
            run = partial(self._run, mean=mean)
            deep = None
            if has_hole and max(size) > self.tiling.tile:
                deep = DeepHoles(height, width, self.tiling.tile, read, run)

            def restore(window: Window) -> Float[Tensor, "1 3 t u"]:
                observation = read(window)
                if bool((observation.sigma > 0).any()):
                    pixels = run(deep.complete(window, observation) if deep else observation)
                else:
                    pixels = observation.degraded
                progress.update()
                return pixels

            for rows, pixels in self.tiling.blend(height, width, restore):
                yield rows, pixels.clamp(0, 1)  # blending rounds; known pixels are the callers' to keep

    @torch.inference_mode()
    def _run(self, observation: Observation, mean: Float[Tensor, "1 3 1 1"]) -> Float[Tensor, "1 3 h w"]:
        observation = observation.to(self.device)
        predict = partial(predict_from_views, self.network) if self.best else self.network
        prediction = predict(observation, mean.to(self.device))
        return composite(prediction.float(), observation).cpu()


def _to_hole(hole: Any, size: tuple[int, ...]) -> NDArray[np.bool_]:
    array = hole.detach().cpu().numpy() if isinstance(hole, Tensor) else np.asarray(hole)
    array = array.squeeze(0) if array.ndim == 3 and array.shape[0] == 1 else array
    if array.dtype != np.bool_:
        raise ValueError(f"a hole is boolean, True where the image is to be filled, not {array.dtype}")
    if array.shape != size:
        raise ValueError(f"the hole has size {array.shape}, the image {size}")
    if array.all():
        raise ValueError("the hole covers the whole image: there is nothing to fill it from")
    return array


def _size_of(level: Any, size: tuple[int, ...]) -> tuple[int, ...]:
    """The size to broadcast a noise level to, which is one number or as large as the image."""
    shape = np.shape(level)
    if shape not in ((), size):
        raise ValueError(f"sigma has size {shape}, the image {size}")
    return size


def _like(where: NDArray[np.bool_], array: Array) -> NDArray[np.bool_]:
    return where if array.ndim == 2 else where[..., None]
