"""Nearest-neighbour fields: for each patch that overlaps a hole, the visible patch most like it."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from restore.inference.plausible.pyramid import RADIUS, Scale, grown, whole_patches

TRUST = 0.85
"""What a pixel of the hole counts in comparing patches, for each step that it lies deeper."""

LEAST_TRUST = 0.1
"""What a pixel counts however deep it lies."""

CHUNK = 16384
"""Patches that are compared at once."""

CHUNK_PRODUCTS = 20_000_000
"""Pairs of patches that an exhaustive search compares at once."""

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
        scale: Whose values `revise` changes.
        generator: Draws all that is drawn at random, on the CPU.
        texture_weight: What the squared difference of a feature of texture counts, beside that of a pixel's colour.

    Attributes:
        centres: Of the patches, as places in the flattened image.
        places: The centres of the patches that they are copied from.
        distances: Between the two, squared, per pixel; infinite where it was not looked at.
        active: The patches, by index, that a search is about.
        trust: What each pixel of the flattened image counts.
        taste: What distances are multiplied by, for each place of the flattened image that may be copied.
    """

    def __init__(self, scale: Scale, generator: torch.Generator, texture_weight: float) -> None:
        self.scale = scale
        self.generator = generator
        self.texture_weight = texture_weight
        self.height, self.width = scale.hole.shape
        reach = torch.arange(-RADIUS, RADIUS + 1)
        self.patch = (reach[:, None] * self.width + reach).flatten()
        self.is_source = scale.source.flatten()
        self.sources = self.is_source.nonzero()[:, 0]
        self.trust = trust_in(scale.hole).flatten()
        self.taste = torch.ones_like(self.trust)
        self.centres = self.overlapping(scale.hole)
        self.index = torch.full((self.height * self.width,), -1)
        self.active = torch.arange(len(self.centres))
        self.index[self.centres] = self.active
        draws = torch.randint(len(self.sources), (len(self.centres),), generator=generator)
        self.places = self.sources[draws]
        self.distances = torch.full((len(self.centres),), torch.inf)
        self.pixels = scale.values.flatten(1).T.contiguous()

    def overlapping(self, region: Bool[Tensor, "h w"]) -> Int[Tensor, " n"]:
        """The centres of the patches within the image that overlap a region."""
        return (grown(region, RADIUS) & whole_patches(self.scale.inside)).flatten().nonzero()[:, 0]

    def revise(self, places: Int[Tensor, " n"], values: Float[Tensor, "n 5"]) -> None:
        """Change the values of some places of the flattened image, in place: the image may be large."""
        self.pixels[places] = values
        self.scale.values.view(values.shape[1], -1)[:, places] = values.T

    def improve(self, radius: int | None = None) -> None:
        """Find better sources for the active patches.

        Args:
            radius: Of the widest window of a random search, in pixels; the whole image, unless said otherwise.
        """
        if len(self.active) * len(self.sources) * 6 * len(self.patch) < MOST_PRODUCTS:
            self._search_all()
        else:
            self._search(radius)

    def compare(self, which: Int[Tensor, " n"], places: Int[Tensor, " n"]) -> Float[Tensor, " n"]:
        """The distances of patches, by index, from sources."""
        parts = [torch.zeros(0)]
        for start in range(0, len(which), CHUNK):
            chunk, place = which[start : start + CHUNK], places[start : start + CHUNK]
            centre = self.centres[chunk]
            at = centre[:, None] + self.patch
            trust = self.trust[at]
            squares = (self.pixels[at, :3] - self.pixels[place[:, None] + self.patch, :3]).square_().mean(2)
            texture = (self.pixels[centre, 3:] - self.pixels[place, 3:]).square().mean(1)
            total = (squares * trust).sum(1) + self.texture_weight * self.trust[centre] * texture
            parts.append(self.taste[place] * total / trust.sum(1))
        return torch.cat(parts)

    def _search_all(self) -> None:
        """Compare every active patch with every source."""
        theirs = self.pixels[self.sources[:, None] + self.patch, :3].flatten(1)
        texture = self.pixels[self.sources, 3:]
        keys = torch.cat([theirs, theirs.square(), texture, texture.square().sum(1, keepdim=True)], dim=1).T
        at_once = max(1, CHUNK_PRODUCTS // len(self.sources))
        for start in range(0, len(self.active), at_once):
            chunk = self.active[start : start + at_once]
            centre = self.centres[chunk]
            at = centre[:, None] + self.patch
            trust = (self.trust[at] / 3).repeat_interleave(3, dim=1)
            weight = self.texture_weight / 2 * self.trust[centre, None]
            own, texture = self.pixels[at, :3].flatten(1), self.pixels[centre, 3:]
            constant = (trust * own.square()).sum(1, keepdim=True) + weight * texture.square().sum(1, keepdim=True)
            queries = torch.cat([-2 * trust * own, trust, -2 * weight * texture, weight], dim=1)
            distances = torch.addmm(constant, queries, keys).mul_(self.taste[self.sources])
            self.places[chunk] = self.sources[distances.argmin(1)]
        self.distances[self.active] = self.compare(self.active, self.places[self.active])

    def _search(self, radius: int | None) -> None:
        """A round of propagation and random search."""
        self.distances[self.active] = self.compare(self.active, self.places[self.active])
        for down, right in STEPS:
            step = down * self.width + right
            beside = self.centres[self.active] + step
            inside = (beside >= 0) & (beside < len(self.index))
            neighbour = torch.where(inside, self.index[beside.clamp(0, len(self.index) - 1)], -1)
            self._try(torch.where(neighbour >= 0, self.places[neighbour] - step, -1), COHERENCE)
        reach = max(self.height, self.width) if radius is None else radius
        while reach >= 1:
            self._try(self._around(reach))
            reach //= 2

    def _around(self, reach: int) -> Int[Tensor, " n"]:
        """Places at random, at most so many rows and columns away."""
        places = self.places[self.active]
        moves = torch.randint(-reach, reach + 1, (2, len(places)), generator=self.generator)
        row = (places // self.width + moves[0]).clamp(0, self.height - 1)
        column = (places % self.width + moves[1]).clamp(0, self.width - 1)
        return row * self.width + column

    def _try(self, places: Int[Tensor, " n"], tolerance: float = 1.0) -> None:
        """Copy active patches from other places, where these can be copied and are more alike, or nearly as much."""
        inside = (places >= 0) & (places < len(self.is_source))
        able = inside & self.is_source[places.clamp(0, len(self.is_source) - 1)]
        able &= places != self.places[self.active]
        which, places = self.active[able], places[able]
        distances = self.compare(which, places)
        better = distances < tolerance * self.distances[which]
        self.places[which[better]] = places[better]
        self.distances[which[better]] = distances[better]


def trust_in(hole: Bool[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    """What each pixel counts: 1 where it is visible, less and less into the hole."""
    trust = torch.where(hole, LEAST_TRUST, 1.0)
    reached, factor = ~hole, TRUST
    while factor > LEAST_TRUST:
        further = grown(reached, 1)
        trust = torch.where(further & ~reached, factor, trust)
        reached, factor = further, factor * TRUST
    return trust
