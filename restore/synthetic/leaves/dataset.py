"""The synthetic world `leaves`: images of opaque, textured, shaded shapes that hide one another."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from torch.utils.data import Dataset

from restore.seeding import numpy_generator, seeded_generator
from restore.synthetic.leaves.camera import blur, draw_light, draw_shadows, expose, subsample_colour
from restore.synthetic.leaves.colours import draw_colours, draw_palette
from restore.synthetic.leaves.fragments import find_fragments
from restore.synthetic.leaves.scene import draw_arrangement
from restore.synthetic.leaves.surfaces import Material, draw_material, draw_shading, draw_textures
from restore.synthetic.leaves.textures import draw_fields


class Leaves(Dataset[Tensor]):
    """Dead-leaves images, drawn when asked for; each is fixed by the seed and its index alone.

    Networks trained on such images come within a few tenths of a dB of those trained on photographs: Achddou,
    Gousseau and Ladjal, "Synthetic images as a regularity prior for image restoration neural networks" (SSVM 2021);
    geometry, texture and acquisition as in "VibrantLeaves" (arXiv 2504.10201).

    Args:
        count: Number of images.
        size: Height and width of an image, in pixels.
        seed: Another seed gives another set of images.
        colours: Colours are few, mostly muted and related, as in photographs; off, each is any RGB at all.
        textures: Noise and patterns on the surfaces; off, these are smooth. Without them or such colours, all else
            stays where it is.
    """

    def __init__(self, count: int, size: int = 256, seed: int = 0, colours: bool = True, textures: bool = True) -> None:
        self.count = count
        self.size = size
        self.seed = seed
        self.colours = colours
        self.textures = textures

    def __repr__(self) -> str:
        return f"Leaves({self.count}, {self.size}, {self.seed}, {self.colours}, {self.textures})"

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Float[Tensor, "3 size size"]:
        if not 0 <= index < self.count:
            raise IndexError(f"index {index} is outside a set of {self.count} images")
        return draw_leaves(self.size, seeded_generator("leaves", self.seed, index), self.colours, self.textures)


@dataclass(frozen=True)
class Look:
    """What the layers of one image share.

    Args:
        palette: RGB colours to choose from; without it, any at all.
        materials: Materials to choose from; without any, all is smooth.
        light: Direction that the light comes from, in radians.
    """

    palette: Float[ndarray, "colours 3"] | None
    materials: list[Material]
    light: float


def draw_leaves(
    size: int, generator: torch.Generator, colours: bool = True, textures: bool = True
) -> Float[Tensor, "3 size size"]:
    """Draw one image: a ground of a few regions, leaves over it, and in some images nearer ones, out of focus or in.

    Args:
        size: Height and width, in pixels.
        generator: The only source of randomness, on the CPU.
        colours: As for `Leaves`.
        textures: As for `Leaves`.

    Returns:
        RGB in [0, 1].
    """
    # Each part has its own source of randomness, so that what one draws does not change the others.
    look_rng, far_rng, near_rng, light_rng, blur_rng, expose_rng, colour_rng = numpy_generator(generator).spawn(7)
    fields = draw_fields(look_rng, size, count=4)
    materials = [draw_material(look_rng, fields) for _ in range(6)]
    light = float(look_rng.vonmises(-np.pi / 2, 0.7))
    palette = draw_palette(look_rng, count=12)
    look = Look(palette if colours else None, materials if textures else [], light)

    image = draw_layer(far_rng, size, look, 0.15 * far_rng.lognormal(0, 0.8), has_ground=True)[:, :3]
    if near_rng.random() < 0.3:
        near = draw_layer(near_rng, size, look, near_rng.uniform(0.02, 0.1), has_ground=False)
        defocus = near_rng.exponential(1.5)
        if near_rng.random() < 0.4:
            image = blur(image, defocus)
        else:
            near = blur(near, defocus)
        image = near[:, :3] + (1 - near[:, 3:]) * image
    image = image * draw_light(light_rng, size)
    if blur_rng.random() < 0.85:
        image = blur(image, 0.44 * blur_rng.lognormal(0, 0.25))
    image = expose(expose_rng, image)
    if colour_rng.random() < 0.5:
        image = subsample_colour(image)
    return image[0].clamp(0, 1)


def draw_layer(
    rng: np.random.Generator, size: int, look: Look, cover: float, has_ground: bool
) -> Float[Tensor, "1 4 size size"]:
    """Draw leaves, over a ground or over nothing.

    Args:
        rng: The source of randomness.
        size: Height and width, in pixels.
        look: Colours, materials and light.
        cover: Area of the leaves of one octave of sizes, as a share of the image.
        has_ground: Whether there are regions behind the leaves, which leave nothing open.

    Returns:
        RGB before exposure, times the share of each pixel that is covered, and that share.
    """
    place_rng, colour_rng, texture_rng, shading_rng, shadow_rng = rng.spawn(5)
    scene = draw_arrangement(place_rng, size, cover, has_ground)
    fragments = find_fragments(scene.outlines, size)
    leaf = fragments.leaf
    offset = fragments.position - scene.centres.T.astype(np.float32).take(leaf, axis=1)
    if look.palette is None:
        colours = colour_rng.random((int(scene.group.max()) + 1, 3))[scene.group]
    else:
        colours = draw_colours(colour_rng, look.palette, scene.group, scene.region)
    rgb = colours.T.astype(np.float32).take(leaf, axis=1)
    if look.materials:
        rgb += draw_textures(texture_rng, leaf, offset, scene.group, look.materials)
    rgb *= draw_shading(shading_rng, leaf, offset, scene.group, scene.radii, look.light)
    layer = torch.from_numpy(fragments.blend(np.concatenate([rgb, np.ones((1, len(leaf)), np.float32)])))[None]
    if shadow_rng.random() < 0.5:
        nearness = torch.from_numpy(fragments.nearness)[None, None]
        layer[:, :3] *= draw_shadows(shadow_rng, nearness, look.light)
    return layer
