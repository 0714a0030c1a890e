"""The way in for Python users: load weights once, restore any image."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, overload

import numpy as np
from jaxtyping import Int

from restore.errors import UserError, check_known
from restore.images.arrays import UserImage
from restore.images.jpeg_quality import quality_of
from restore.images.planes import hole_plane
from restore.inference.alike import fill_all_alike
from restore.inference.backend import Backend
from restore.inference.backends import BackendName, load_backend
from restore.inference.levels import told_levels
from restore.inference.noise_finder import find_noise
from restore.inference.observed import Observed
from restore.inference.plausible import FILLS, Fill, Reference, fill_plausibly, own_places, references_of
from restore.inference.tiled_network import TiledNetwork
from restore.inference.tiling import TILE, Tiling

if TYPE_CHECKING:
    from torch import Tensor

    from restore.networks import Network
    from restore.networks.attention import AttentionMaps
    from restore.observation import Observation

Image = TypeVar("Image")
"""One of the kinds that `restore.images.arrays.UserImage` tells."""


class Restorer:
    """Fills holes and removes noise with one network.

    Whatever kind of image comes in (a NumPy array (h, w) or (h, w, 1 to 4), a PIL image, a tensor with channels first,
    or a batch of these: `restore.images.arrays.UserImage` has the table) goes out again in the same kind, size and
    type. Integers span their type's range; floats are [0, 1] and are not clipped on the way in. What is gray stays
    gray. Tiles are laid where something is to be done, so that what the network needs does not grow with an image.

    What is fully transparent is unseen: its colours influence nothing, and stay as they are unless `inpaint` is asked
    to fill them. What is filled becomes opaque; otherwise alpha stays as it is.

    Several threads may share one restorer.

        >>> restorer = Restorer.load("default")
        >>> filled = restorer.inpaint(photograph, hole)
        >>> clean = restorer.denoise(scan)

    Args:
        network: One of `restore.networks`, in PyTorch; or a `Backend`, which is whatever else runs one.
        device: Where to run a network, a name or a `torch.device`; a backend has a device of its own.
        tile: The most that a side of a tile has, in pixels, at least `restore.inference.tiling.LEAST`.
        overlap: Pixels that neighbouring tiles share and fade over; an eighth of a tile, unless said otherwise.
        self_ensemble: Whether to average over eight views of each tile, which takes eight times as long.
        batch: Tiles worked on at once; unless said otherwise one on the CPU, and `tiled_network.BATCH` elsewhere.
        progress: Told, in each call of a method, the tiles that are done and the tiles in all, from 0 on; and then, for
            a plausible fill, the passes of its search.

    Raises:
        UserError: The device cannot be used, or the tiles or the batch are impossible.
        MemoryError: The device is too small for the network; for a method of this class: for tiles of any size.
    """

    def __init__(
        self,
        network: Any,
        device: Any = "cpu",
        tile: int = TILE,
        overlap: int | None = None,
        self_ensemble: bool = False,
        batch: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        backend = network if isinstance(network, Backend) else _in_torch(network, device)
        self.tiled_network = TiledNetwork.of(backend, Tiling.of(tile, overlap), self_ensemble, batch, progress)

    @classmethod
    def load(
        cls,
        weights: str | Path = "default",
        device: Any = None,
        backend: BackendName | None = None,
        **options: Any,
    ) -> "Restorer":
        """Load a network with its weights.

        Args:
            weights: `default` for those that come with the package, a safetensors file that `restore fit` or `restore
                export` wrote, or an ONNX file that `restore export` wrote.
            device: Where to run it; a GPU if there is one, unless said otherwise. Of an ONNX file, "cpu" or "cuda".
            backend: What runs it: `torch` for safetensors files; `onnx` (ONNX Runtime) or `openvino` for ONNX files
                and for weights of the architecture of the default ones; the fastest, unless said otherwise.
            options: The others of the class.

        Raises:
            UserError: The file is missing or holds no such weights, the backend cannot run it or is not installed, the
                device cannot be used, or the tiles are impossible.
        """
        return cls(load_backend(weights, device, backend), **options)

    def with_network(self, network: Any) -> "Restorer":
        """The same with another network, on the same device; or with whatever else runs one."""
        backend = network if isinstance(network, Backend) else _in_torch(network, self.device)
        other = copy(self)
        other.tiled_network = replace(self.tiled_network, backend=backend)
        return other

    def with_progress(self, progress: Callable[[int, int], None]) -> "Restorer":
        """The same, with another to be told how far it is; what that raises ends the work."""
        other = copy(self)
        other.tiled_network = replace(self.tiled_network, progress=progress)
        return other

    @property
    def backend(self) -> Backend:
        """What runs the network."""
        return self.tiled_network.backend

    @property
    def tiling(self) -> Tiling:
        """How images are cut."""
        return self.tiled_network.tiling

    @property
    def device(self) -> str:
        """Where the network runs, as PyTorch calls it: "cpu", "cuda:0"."""
        return self.backend.device

    @property
    def network(self) -> "Network":
        """The network in PyTorch.

        Raises:
            UserError: Another backend runs it.
        """
        network: Network | None = getattr(self.backend, "network", None)
        if network is None:
            raise UserError(f"a {type(self.backend).__name__} has no network in PyTorch to look into")
        return network

    @overload
    def inpaint(
        self,
        image: Image,
        hole: Any,
        fill: Fill = "expected",
        seed: int = 0,
        not_from: Any = None,
        return_sources: Literal[False] = False,
        like: Sequence[Any] = (),
    ) -> Image: ...

    @overload
    def inpaint(
        self,
        image: Image,
        hole: Any,
        fill: Fill = "expected",
        seed: int = 0,
        not_from: Any = None,
        *,
        return_sources: Literal[True],
        like: Sequence[Any] = (),
    ) -> tuple[Image, Int[np.ndarray, "*n h w 3"]]: ...

    def inpaint(
        self,
        image: Image,
        hole: Any,
        fill: Fill = "expected",
        seed: int = 0,
        not_from: Any = None,
        return_sources: bool = False,
        like: Sequence[Any] = (),
    ) -> Image | tuple[Image, Int[np.ndarray, "*n h w 3"]]:
        """Fill holes; every pixel outside comes back bit-identical.

        Args:
            image: Its values inside the hole do not matter. Of a batch, each image is filled as if it were alone.
            hole: Array, tensor or PIL image, (h, w) or the image's own layout with one channel: True, or the larger of
                two values, where the image is to be filled. For a batch (n, 1, h, w), (n, h, w), or one for all.
            fill: `expected` is the mean of what could lie in the hole, which has the least error, and in wide holes is
                smooth; `plausible` is one of the things that could, copied in wide holes from visible patches, to be
                looked at. In holes up to `restore.inference.plausible.NARROW` pixels wide both are the same.
            seed: Of a plausible fill: another gives another.
            not_from: As a hole: True where nothing may be copied from.
            return_sources: Whether to tell where each pixel was copied from.
            like: Other images of whatever kind, of the same things, but for what is transparent of them. An expected
                fill is told what it lacks by those that have what surrounds the hole, at any place, rotation and scale;
                a plausible one may copy from them as well, also mirrored. One that shows what the hole hides makes that
                the fill; if none has anything of it, the expected fill is that without them.

        Returns:
            The image; with `return_sources` also, for each pixel (as NumPy, without the first axis for a single image),
            which image it was copied from (0 for the image itself, 1 for the first that it is to be like), the row and
            the column there: its own where it is visible, -1 three times where nothing was copied.

        Raises:
            UserError: An image or the hole cannot be used, or nothing is left to fill from.
        """
        check_known("fill", [fill], FILLS)
        references = references_of(like)
        given = UserImage.of(image, hole)
        allowed = ~given.unseen if not_from is None else ~given.unseen & ~hole_plane(not_from, given.shape)
        pixels = given.pixels
        if given.hole.any():
            sigma = np.where(given.hidden, np.float32(np.inf), np.float32(0))
            pixels = self.restore(Observed(pixels, sigma[:, None]))
        own = given.hole[:, None]
        laid: list[Sequence[Reference]] = []
        if references and given.hole.any():
            quiet = replace(self.tiled_network, progress=lambda _, __: None)
            laid = fill_all_alike(quiet.restore, pixels, own, given.hidden[:, None], references)
        if fill == "plausible":
            progress = self.tiled_network.progress
            pixels = np.require(pixels, requirements="W")
            sources = fill_plausibly(pixels, own, allowed[:, None], seed, progress, references, laid)
        elif return_sources:
            sources = own_places(given.hole)
        filled = cast(Image, given.with_pixels(pixels))
        return (filled, sources if given.is_batch else sources[0]) if return_sources else filled

    def denoise(self, image: Image, sigma: Any = None, strength: float = 1.0) -> Image:
        """Remove noise, and never add any.

        Args:
            image: A noisy image. Of a batch, each is denoised as if it were alone.
            sigma: Standard deviation of the noise in [0, 1] units, one number, one for each image of a batch (n,), or
                one for each pixel (h, w); what `noise` found, or (of a batch) a list of these; a
                `restore.noise_profile.NoiseProfile`. If not given, what `noise` finds. Where it is 0, nothing changes.
            strength: How much of the difference to apply, from 0 (nothing) to 1 (all of it).

        Raises:
            UserError: The image cannot be used, sigma or strength is out of range, or sigma has another size.
        """
        if not 0 <= strength <= 1:
            raise UserError(f"strength lies in [0, 1], not at {strength}")
        given = UserImage.of(image)
        if sigma is None:
            sigma = find_noise(self.backend, self.tiling, given.pixels, given.hidden[:, None])
        level = told_levels(sigma, given)
        able = np.flatnonzero((~given.unseen & (level > 0)).any((1, 2)))
        if strength == 0 or not len(able):
            return cast(Image, given.with_pixels(given.pixels))
        # The pixels of a large image fill memory: they are computed again rather than kept.
        sigma = np.where(given.unseen, np.float32(np.inf), level)[:, None]
        # A batch may hold images of which nothing is seen, or which have no noise: they stay.
        is_all = len(able) == len(sigma)
        restored = self.restore(Observed(given.pixels, sigma) if is_all else Observed(given.pixels, sigma)[able])
        if not is_all:
            some, restored = restored, given.pixels.copy()
            restored[able] = some
        if strength < 1:
            pixels = given.pixels
            restored -= pixels
            restored *= strength
            restored += pixels
        return cast(Image, given.with_pixels(restored))

    @overload
    def restore(self, observation: Observed) -> np.ndarray: ...

    @overload
    def restore(self, observation: "Observation") -> "Tensor": ...

    def restore(self, observation: Any) -> Any:
        """Restore observations with any mixture of known, noisy and missing pixels.

        Args:
            observation: As tensors of PyTorch, `restore.Observation`, or as arrays, `restore.Observed`.

        Returns:
            As the observation, (n, 3, h, w), on its device and of its type: known pixels bit-identical, the others
            predicted, in single precision, and clamped to [0, 1]; gray where all that is observed of an image is.

        Raises:
            UserError: In one of the images nothing is seen, a sigma is negative or no number, or a pixel outside the
                holes is not finite.
        """
        if isinstance(observation, Observed):
            return self.tiled_network.restore(observation)
        from restore.inference.tensors import arrays_of, like

        return like(observation.degraded, self.tiled_network.restore(arrays_of(observation)))

    def attention(self, image: Any, hole: Any = None) -> "AttentionMaps":
        """What the transformer attends to in an image.

        Args:
            image: One, no larger than a tile.
            hole: As for `inpaint`, True where the image is hidden; nowhere if not given.

        Raises:
            UserError: The image or the hole cannot be used, the image is too large or a batch, the hole hides
                everything, or the network has no transformer.
        """
        given = UserImage.of(image, hole)
        network = self.network
        from restore.inference.attention import attention_within

        observed = Observed.hide(given.pixels, given.hidden[:, None]).in_single_precision()
        return attention_within(self.tiling.tile, network, observed, self.device)

    def noise(self, image: Any, hole: Any = None, jpeg_quality: int | None = None) -> Any:
        """What noise is found in what is seen of an image.

        Args:
            image: As for `denoise`.
            hole: As for `inpaint`; nowhere if not given.
            jpeg_quality: Of the file that the image came from, 1 to 100, if that is known; a PIL image that was opened
                from a JPEG file tells by itself.

        Returns:
            A `restore.inference.noise.Noise`; of a batch, a list of one for each image.

        Raises:
            UserError: The image or the hole cannot be used.
        """
        given = UserImage.of(image, hole)
        quality = jpeg_quality or quality_of(getattr(image, "quantization", {}).get(0))
        noises = find_noise(self.backend, self.tiling, given.pixels, given.hidden[:, None], quality)
        return noises if given.is_batch else noises[0]

    def estimate_sigma(self, image: Any, hole: Any = None) -> Any:
        """The root mean square level of the noise that is found, in [0, 1] units; of a batch, a list of these.

        Args:
            image: As for `denoise`.
            hole: As for `inpaint`; nowhere if not given.

        Raises:
            UserError: The image or the hole cannot be used.
        """
        found = self.noise(image, hole)
        return [noise.level for noise in found] if isinstance(found, list) else found.level


def _in_torch(network: "Network", device: Any) -> Backend:
    from restore.inference.torch_backend import TorchBackend

    return TorchBackend(network, device)
