"""Nearest-neighbour fields: for each patch that overlaps a hole, the visible patch most like it."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64
from scipy import ndimage

from restore.inference.plausible import kernels, vote_kernels
from restore.inference.plausible.pyramid import RADIUS, Scale, whole_patches
from restore.inference.resampling import grown
from restore.inference.threads import Threads

TRUST = 0.85
"""What a pixel of the hole counts in comparing patches, for each step that it lies deeper."""

LEAST_TRUST = 0.1
"""What a pixel counts however deep it lies."""

MOST_PRODUCTS = 4e9
"""Multiplications of an exhaustive search that is still quick."""

COHERENCE = 1.5
"""How much farther than its own a source may be that continues a neighbour's."""

STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0), (0, 4), (4, 0), (0, -4), (-4, 0))
"""Rows and columns to the neighbours whose offsets are tried: those next to a patch, and some that lie farther."""


class Field:
    """The patches of a scale that overlap its hole, and where each is copied from.

    Barnes et al., "PatchMatch: a randomized correspondence algorithm for structural image editing" (SIGGRAPH 2009, DOI
    10.1145/1531326.1531330), for all patches at once: a round tries the offsets of neighbours, and then places at
    random in ever smaller windows. Where patches are few, all pairs are compared instead. Pixels count the less, the
    deeper they lie in the hole (Wexler et al. 2007, DOI 10.1109/TPAMI.2007.60), and beside colours the texture around
    the centres is compared, without which what is smooth would win (Newson et al. 2017, DOI 10.5201/ipol.2017.189).

    Args:
        scale: Whose values `vote` changes.
        rng: Draws all that is drawn at random.
        texture_weight: What the squared difference of a feature of texture counts, beside that of a pixel's colour.
        threads: Share the work; what comes out does not depend on how many they are.

    Attributes:
        patches: All that is known of them, flattened. Distances are infinite where a place was not looked at.
        active: The patches, by number, that a search is about.
    """

    def __init__(self, scale: Scale, rng: np.random.Generator, texture_weight: float, threads: Threads) -> None:
        self.scale = scale
        self.rng = rng
        self.threads = threads
        self.height, self.width = scale.hole.shape
        centres = self.overlapping(scale.hole)
        numbers = np.full(scale.hole.size, -1, np.int32)
        numbers[centres] = np.arange(len(centres))
        self.active = np.arange(len(centres))
        trust = trust_in(scale.hole).ravel()
        sources = np.flatnonzero(scale.source)  # not kept: of a large image they are large
        self.count = len(sources)
        self.patches = kernels.Patches(
            scale.flat,
            scale.texture,
            trust,
            np.ones(1, np.float32),
            scale.source.ravel(),
            numbers,
            centres,
            sources[rng.integers(len(sources), size=len(centres))],
            np.full(len(centres), np.inf, np.float32),
            self.width,
            texture_weight,
        )

    def overlapping(self, region: Bool[np.ndarray, "h w"]) -> Int64[np.ndarray, " n"]:
        """The centres of the patches within the image that overlap a region."""
        return np.flatnonzero(grown(region, RADIUS) & whole_patches(self.scale.inside))

    def improve(self, radius: int | None = None) -> None:
        """Find better sources for the active patches.

        Args:
            radius: Of the widest window of a random search, in pixels; the whole image, unless said otherwise.
        """
        if len(self.active) * self.count * 6 * (2 * RADIUS + 1) ** 2 < MOST_PRODUCTS:
            self._run(kernels.search_all, self.active, np.flatnonzero(self.scale.source))
        else:
            self._search(max(self.height, self.width) if radius is None else radius)

    def compare(
        self,
        which: Int64[np.ndarray, " n"],
        places: Int64[np.ndarray, " n"],
        trust: Float32[np.ndarray, " l"] | None = None,
    ) -> Float32[np.ndarray, " n"]:
        """The distances of patches, by number, from places.

        Args:
            which: Of the patches.
            places: Centres of others.
            trust: What each pixel of the flattened image counts, if it is not what it counts elsewhere.
        """
        distances = np.empty(len(which), np.float32)
        patches = self.patches if trust is None else self.patches._replace(trust=trust)
        self.threads.run(kernels.compare, len(which), patches, which, places, distances)
        return distances

    def vote(self, region: Bool[np.ndarray, "h w"], sharpness: float) -> None:
        """Make each pixel of a region of the hole the mean of what the patches over it are copied from.

        Args:
            region: Whose values change.
            sharpness: How much the better patches are preferred; at 0 all weigh by their trust alone.
        """
        pixels = np.flatnonzero(region)
        self.threads.run(vote_kernels.vote, len(pixels), self.patches, pixels, sharpness)

    def loudest(self) -> tuple[Int32[np.ndarray, " p"], Float32[np.ndarray, " p"]]:
        """For each pixel of the hole the source of the patch with the most weight, and the distance of that patch.

        Returns:
            Places in the flattened image, row by row, and squared distances.
        """
        pixels = np.flatnonzero(self.scale.hole)
        sources, distances = np.empty(len(pixels), np.int32), np.empty(len(pixels), np.float32)
        self.threads.run(vote_kernels.loudest, len(pixels), self.patches, pixels, sources, distances)
        return sources, distances

    def _search(self, reach: int) -> None:
        """A round of propagation and random search."""
        patches, active = self.patches, self.active
        patches.distances[active] = self.compare(active, patches.places[active])
        places, distances = np.empty(len(active), np.int64), np.empty(len(active), np.float32)
        for down, right in STEPS:
            self._run(kernels.propagate, active, down * self.width + right, COHERENCE, places, distances)
            patches.places[active], patches.distances[active] = places, distances
        self._run(kernels.search_around, active, reach, self.rng.integers(2**64, dtype=np.uint64))

    def _run(self, kernel: Any, active: Int64[np.ndarray, " n"], *given: Any) -> None:
        self.threads.run(kernel, len(active), self.patches, active, *given)


def trust_in(hole: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """What each pixel counts: 1 where it is visible, less and less into the hole."""
    if hole.all():
        return np.full(hole.shape, LEAST_TRUST, np.float32)
    depths = ndimage.distance_transform_cdt(hole, "chessboard")
    steps = np.float32(TRUST) ** np.arange(int(depths.max()) + 1, dtype=np.float32)
    trust: Float32[np.ndarray, "h w"] = np.maximum(steps, np.float32(LEAST_TRUST))[depths]
    return trust
