"""The synthetic world `leaves`: images of opaque, textured, shaded shapes that hide one another."""

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from restore.data.camera import add_near_layer, blur, draw_shadows, expose
from restore.data.colours import draw_colours, draw_palette
from restore.data.scene import draw_arrangement, draw_ground, paint
from restore.data.seeding import seeded_generator
from restore.data.surfaces import Material, draw_material, draw_surfaces
from restore.data.textures import draw_fields

OVERSAMPLING = 2
"""Canvas pixels per image pixel and direction: what smooths the edges."""


class Leaves(Dataset[Tensor]):
    """Dead-leaves images, drawn when asked for; each is fixed by the seed and its index alone.

    Networks trained on such images come within a few tenths of a dB of those trained on photographs: Achddou,
    Gousseau and Ladjal, "Synthetic images as a regularity prior for image restoration neural networks" (SSVM 2021);
    geometry, texture and acquisition as in "VibrantLeaves" (arXiv 2504.10201).

    Args:
        count: Number of images.
        size: Height and width of an image, in pixels.
        seed: Another seed gives another set of images.
    """

    def __init__(self, count: int, size: int = 256, seed: int = 0) -> None:
        self.count = count
        self.size = size
        self.seed = seed

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Float[Tensor, "3 size size"]:
        if not 0 <= index < self.count:
            raise IndexError(f"index {index} is outside a set of {self.count} images")
        return draw_leaves(self.size, seeded_generator("leaves", self.seed, index))


def draw_leaves(size: int, generator: torch.Generator) -> Float[Tensor, "3 size size"]:
    """Draw one image: a ground of smooth regions, leaves over it, and in some images nearer ones, out of focus or in.

    Args:
        size: Height and width, in pixels.
        generator: The only source of randomness, on the CPU.

    Returns:
        RGB in [0, 1].
    """
    rng = np.random.default_rng(torch.randint(2**32, (4,), generator=generator).tolist())
    extent = OVERSAMPLING * size
    fields = draw_fields(rng, extent, count=4)
    palette = draw_palette(rng, count=12)
    materials = [draw_material(rng, fields) for _ in range(8)]
    ground = draw_ground(rng, fields[0])
    image, _ = draw_layer(rng, ground, palette, materials, cover=0.2 * rng.lognormal(0, 0.8))
    if rng.random() < 0.3:
        blank = np.zeros((extent, extent), np.int32)
        near, alpha = draw_layer(rng, blank, palette, materials, cover=rng.uniform(0.02, 0.1))
        image = add_near_layer(rng, image, near, alpha)
    if rng.random() < 0.85:
        image = blur(image, 0.48 * rng.lognormal(0, 0.25))
    return expose(rng, image)[0].clamp(0, 1)


def draw_layer(
    rng: np.random.Generator,
    ground: Int[ndarray, "extent extent"],
    palette: Float[ndarray, "colours 3"],
    materials: list[Material],
    cover: float,
) -> tuple[Float[Tensor, "1 3 size size"], Float[Tensor, "1 1 size size"]]:
    """Draw leaves over a ground, at the size of the image.

    Args:
        rng: The source of randomness.
        ground: Regions behind the leaves, on the canvas.
        palette: RGB colours to choose from.
        materials: Materials to choose from.
        cover: Area of the leaves of one octave of sizes, as a share of the canvas.

    Returns:
        RGB before exposure, and the share of each pixel that leaves cover.
    """
    extent = len(ground)
    regions = int(ground.max()) + 1
    arrangement = draw_arrangement(rng, extent, cover)
    leaf = paint(arrangement, ground, first=regions)
    low, high = arrangement.bounds()
    centres = np.concatenate([np.full((regions, 2), extent / 2), (low + high) / 2])
    radii = np.concatenate([np.full(regions, extent / 2), (high - low).max(1) / 2 + 1])
    group = np.concatenate([np.arange(regions), arrangement.group + regions])
    column, row = np.clip(centres, 0, extent - 1).astype(np.int64).T
    region = ground[row, column]
    region[:regions] = np.arange(regions)
    colours = draw_colours(rng, palette, group, region)
    rgb = _shrink(draw_surfaces(rng, leaf, colours, group, centres, radii, materials))
    if rng.random() < 0.5:
        rgb = rgb * draw_shadows(rng, _shrink((leaf / len(radii)).astype(np.float32)[None]))
    return rgb, _shrink((leaf >= regions).astype(np.float32)[None])


def _shrink(canvas: Float[ndarray, "c extent extent"]) -> Float[Tensor, "1 c size size"]:
    return functional.avg_pool2d(torch.from_numpy(np.ascontiguousarray(canvas))[None], OVERSAMPLING)
