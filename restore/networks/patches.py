"""Images as rows of patches, rows of tokens with some left out, and the sizes that networks take."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from restore.observation import Observation, mirrored


def unpatchify(patches: Float[Tensor, "n l p"], patch_size: int, height: int, width: int) -> Float[Tensor, "n c h w"]:
    """Put square patches together into images, row by row.

    Args:
        patches: Each flattened as (row, column, channel).
        patch_size: Side of a patch in pixels.
        height: Of the images, in pixels; a multiple of the patch size.
        width: Likewise.
    """
    n, _, p = patches.shape
    rows, columns, c = height // patch_size, width // patch_size, p // patch_size**2
    image = patches.reshape(n, rows, columns, patch_size, patch_size, c)
    return image.permute(0, 5, 1, 3, 2, 4).reshape(n, c, height, width)


def visible_patches(hole: Bool[Tensor, "n 1 h w"], patch_size: int) -> Bool[Tensor, "n l"]:
    """True for patches with at least one pixel that is not hole; the others hold nothing to encode."""
    return functional.max_pool2d((~hole).float(), patch_size).flatten(1) > 0


@dataclass(frozen=True)
class VisibleTokens:
    """Which tokens of each image enter the encoder, with padding where an image has fewer than others of its batch.

    Args:
        indices: Positions of the tokens in the full row.
        valid: False for padding, which nothing may attend to.
    """

    indices: Int[Tensor, "n k"]
    valid: Bool[Tensor, "n k"]

    @classmethod
    def of(cls, visible: Bool[Tensor, "n l"]) -> "VisibleTokens":
        """Select the visible tokens, in order, as many for each image as the one with the most of them has.

        How many those are depends on the data, which no graph may: `torch.compile` and `torch.export` get `padded`.
        """
        if torch.compiler.is_compiling():
            return cls.padded(visible)
        visible = _at_least_one(visible)
        count = int(visible.sum(1).max())
        indices = (~visible).to(torch.uint8).argsort(dim=1, stable=True)[:, :count]
        return cls(indices, visible.gather(1, indices))

    @classmethod
    def padded(cls, visible: Bool[Tensor, "n l"]) -> "VisibleTokens":
        """Keep every position, the hidden ones as padding: the same result, up to rounding, at a fixed cost."""
        visible = _at_least_one(visible)
        return cls(torch.arange(visible.shape[1], device=visible.device).expand_as(visible), visible)

    def attention_mask(self, prefix: int) -> Bool[Tensor, "n 1 1 _"] | None:
        """Which tokens may be attended to; nothing where all may.

        Args:
            prefix: Number of tokens before those of the patches, to which all may attend.
        """
        if not torch.compiler.is_compiling() and bool(self.valid.all()):
            return None
        return torch.cat([self.valid.new_ones(self.valid.shape[0], prefix), self.valid], dim=1)[:, None, None, :]

    def gather(self, tokens: Float[Tensor, "n l d"]) -> Float[Tensor, "n k d"]:
        """The tokens at these positions."""
        return tokens.gather(1, self.indices[..., None].expand(-1, -1, tokens.shape[-1]))

    def scatter(self, tokens: Float[Tensor, "n k d"], background: Float[Tensor, "n l d"]) -> Float[Tensor, "n l d"]:
        """Put the tokens back at their positions, over the background everywhere else."""
        kept = torch.where(self.valid[..., None], tokens, self.gather(background))
        return background.scatter(1, self.indices[..., None].expand_as(kept), kept)


def _at_least_one(visible: Bool[Tensor, "n l"]) -> Bool[Tensor, "n l"]:
    """The first token, whose pixels are a constant, counts as visible in an image that has no other."""
    return torch.cat([visible[:, :1] | ~visible.any(1, keepdim=True), visible[:, 1:]], dim=1)


@dataclass(frozen=True)
class SizeRule:
    """The image sizes that a network takes: height and width are multiples of a number of pixels."""

    multiple: int

    def pad(self, observation: Observation) -> Observation:
        """Mirror an observation of any size up to the next allowed one."""
        return Observation(self._pad(observation.degraded), self._pad(observation.sigma))

    @staticmethod
    def crop(x: Float[Tensor, "n c hh ww"], height: int, width: int) -> Float[Tensor, "n c h w"]:
        """Of what became of a padded observation, the part that it had before."""
        return x[..., :height, :width]

    def _pad(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c hh ww"]:
        rows, columns = (mirrored(0, size + -size % self.multiple, size).to(x.device) for size in x.shape[-2:])
        return x[..., rows[:, None], columns]
