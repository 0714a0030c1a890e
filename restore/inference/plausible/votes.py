"""What the patches over a pixel of the hole say about it."""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from restore.inference.plausible.field import Field


def vote(field: Field, region: Bool[Tensor, "h w"], sharpness: float) -> None:
    """Make each pixel of a region the mean of what the patches over it are copied from, the better ones weighing more.

    Args:
        field: Of the patches; its values in the region change.
        region: Pixels of the hole.
        sharpness: How much the better ones are preferred; at 0 all weigh by their trust alone.
    """
    pixels = region.flatten().nonzero()[:, 0]
    total, weights = torch.zeros(len(pixels), field.pixels.shape[1]), torch.zeros(len(pixels), 1)
    for _, there, weight in _voices(field, pixels, sharpness):
        total.addcmul_(weight[:, None], field.pixels[there])
        weights += weight[:, None]
    field.revise(pixels, total / weights)


def loudest(field: Field) -> tuple[Int[Tensor, "h w"], Float[Tensor, "h w"]]:
    """For each pixel of the hole the source of the patch with the most weight, and the distance of that patch.

    Returns:
        Places in the flattened image, for other pixels their own; and squared distances, for other pixels 0.
    """
    hole = field.scale.hole
    pixels = hole.flatten().nonzero()[:, 0]
    most, source, distance = torch.full((len(pixels),), -1.0), pixels.clone(), torch.zeros(len(pixels))
    for which, there, weight in _voices(field, pixels, 1.0):
        louder = weight > most
        most = torch.where(louder, weight, most)
        source = torch.where(louder, there, source)
        distance = torch.where(louder, field.distances[which], distance)
    sources, distances = torch.arange(hole.numel()), torch.zeros(hole.numel())
    sources[pixels], distances[pixels] = source, distance
    return sources.view_as(hole), distances.view_as(hole)


def _voices(
    field: Field, pixels: Int[Tensor, " n"], sharpness: float
) -> Iterator[tuple[Int[Tensor, " n"], Int[Tensor, " n"], Float[Tensor, " n"]]]:
    """For each place in a patch: which patch has a pixel there, the pixel in its source, and what that weighs.

    The weight is the trust in the patch's centre and falls with its distance, in units of the mean over the pixel
    (after Newson et al. 2017). A patch that reaches out of the hole is trusted more than one within, which agrees with
    what it was copied from itself. Where there is none, the weight is 0.
    """
    spread = torch.zeros(len(pixels))
    count = torch.zeros(len(pixels))
    for which, is_there in _over(field, pixels):
        spread += torch.where(is_there, field.distances[which], 0)
        count += is_there
    spread = 2 * spread / count + 1e-6
    trust = field.trust[field.centres]
    for move, (which, is_there) in zip(field.patch.tolist(), _over(field, pixels), strict=True):
        weight = torch.exp(-sharpness * field.distances[which] / spread) * trust[which]
        there = torch.where(is_there, field.places[which] + move, pixels)
        yield which, there, torch.where(is_there, weight, 0)


def _over(field: Field, pixels: Int[Tensor, " n"]) -> Iterator[tuple[Int[Tensor, " n"], Bool[Tensor, " n"]]]:
    """For each place in a patch, the patch that has the pixel there, and whether there is one."""
    last = len(field.index) - 1
    for move in field.patch.tolist():
        centres = pixels - move
        which = field.index[centres.clamp(0, last)]
        yield which.clamp_min(0), (which >= 0) & (centres >= 0) & (centres <= last)
