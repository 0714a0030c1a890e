"""How often what is looked at in drawn repetitions does repeat what is hidden."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from research.looking.lessons import SIZE
from research.looking.network import Looking, to_nearest
from restore import Restorer
from restore.synthetic import Tilings
from restore.synthetic.tilings import Tiling

HOLE = 96
"""Side of the hole in pixels: six patches."""

SEED = 1
"""Of the images, and of where their holes lie."""


@dataclass(frozen=True)
class Riddle:
    """A drawn image with a hole, and which of its visible patches hold what the hidden ones do.

    Args:
        tiling: The image.
        hole: A square of whole patches.
        repeats: For each hidden patch, the patches that hold a repeat of its middle.
        asking: The hidden patches for which there is one.
    """

    tiling: Tiling
    hole: Bool[Tensor, "h w"]
    repeats: Bool[Tensor, "asking l"]
    asking: Int[Tensor, " asking"]


def riddles(count: int, patch_size: int) -> Iterator[Riddle]:
    """Images that nothing was taught with."""
    generator = torch.Generator().manual_seed(SEED)
    world = Tilings(count, SIZE, SEED)
    for index in range(count):
        hole = torch.zeros(SIZE, SIZE, dtype=torch.bool)
        free = (SIZE - HOLE) // patch_size
        top, left = (patch_size * torch.randint(1, free, (2,), generator=generator)).tolist()
        hole[top : top + HOLE, left : left + HOLE] = True
        yield _riddle(world.tiling(index), hole, patch_size)


def _riddle(tiling: Tiling, hole: Bool[Tensor, "h w"], patch_size: int) -> Riddle:
    hidden = functional.max_pool2d(hole[None, None].float(), patch_size).flatten() > 0
    asking = hidden.nonzero()[:, 0]
    columns = SIZE // patch_size
    rows_of, columns_of = ((patch_size * at + patch_size // 2) for at in (asking // columns, asking % columns))
    repeats = tiling.repeats(rows_of, columns_of) & ~hole
    repeats = functional.max_pool2d(repeats[:, None].float(), patch_size).flatten(1) > 0
    able = repeats.any(1)
    return Riddle(tiling, hole, repeats[able], asking[able])


Attention = Callable[[Riddle], Float[Tensor, "asking l"]]
"""What of its attention each hidden patch that asks gives to each patch; a row sums to one."""


def evenly(patch_size: int) -> Attention:
    """The same to all visible patches."""

    def attention(riddle: Riddle) -> Float[Tensor, "asking l"]:
        visible = (-functional.max_pool2d(-(~riddle.hole)[None, None].float(), patch_size)).flatten()
        return (visible / visible.sum()).expand_as(riddle.repeats)

    return attention


def nearest(patch_size: int) -> Attention:
    """All to the nearest."""
    return lambda riddle: to_nearest(riddle.hole[None, None], patch_size)[0, riddle.asking].exp()


def of_transformer(restorer: Restorer) -> Attention:
    """What reaches hidden patches through all layers of the transformer of a network (attention rollout)."""

    def attention(riddle: Riddle) -> Float[Tensor, "asking l"]:
        return restorer.attention(riddle.tiling.image, riddle.hole).rollout()[riddle.asking]

    return attention


def taught(looking: Looking) -> Attention:
    """What was taught."""

    def attention(riddle: Riddle) -> Float[Tensor, "asking l"]:
        with torch.inference_mode():
            logarithm: Tensor = looking(riddle.tiling.image[None], riddle.hole[None, None])
        return logarithm[0, riddle.asking].exp()

    return attention


def of_copies(restorer: Restorer, patch_size: int) -> Attention:
    """Where the plausible fill copies the pixels of a hidden patch from."""

    def attention(riddle: Riddle) -> Float[Tensor, "asking l"]:
        image = riddle.tiling.image
        _, sources = restorer.inpaint(image, riddle.hole, fill="plausible", return_sources=True)
        columns = SIZE // patch_size
        places = torch.from_numpy(sources).long() // patch_size
        patches = (places[..., 1] * columns + places[..., 2]).view(columns, patch_size, columns, patch_size)
        votes = functional.one_hot(patches.transpose(1, 2).flatten(2).flatten(0, 1), columns**2)
        return votes.float().mean(1)[riddle.asking]

    return attention


def exactly(restorer: Restorer, riddle: Riddle) -> float:
    """The share of hidden pixels that the plausible fill copies from a repeat of theirs, to `tilings.ALIKE` pixels."""
    image, hole = riddle.tiling.image, riddle.hole
    _, sources = restorer.inpaint(image, hole, fill="plausible", return_sources=True)
    generator = torch.Generator().manual_seed(SEED)
    pixels = hole.nonzero()
    pixels = pixels[torch.randperm(len(pixels), generator=generator)[:400]]
    repeats = riddle.tiling.repeats(pixels[:, 0], pixels[:, 1]) & ~hole
    places = torch.from_numpy(sources)[pixels[:, 0], pixels[:, 1]].long()
    hits = repeats[torch.arange(len(pixels)), places[:, 1], places[:, 2]]
    return float(hits[repeats.flatten(1).any(1)].float().mean())
