"""What the leaves of a synthetic image look like: colour, texture and shading of each, given the map of leaves."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from restore.data.colours import OPPONENT
from restore.data.textures import Texture, draw_texture


@dataclass(frozen=True)
class Material:
    """A texture and how strongly it shows.

    Args:
        texture: Brightness over surface coordinates.
        tint: Change of RGB for one standard deviation of the texture.
        tilt: Foreshortening along x and y, per pixel.
    """

    texture: Texture
    tint: Float[ndarray, " 3"]
    tilt: Float[ndarray, " 2"]


def draw_material(rng: np.random.Generator, fields: Float[ndarray, "count extent extent"]) -> Material:
    """Draw a material; contrasts are mostly low, and a third of the surfaces are smooth."""
    contrast = rng.choice([0, 0.012, 0.035, 0.09], p=[0.38, 0.22, 0.24, 0.16]) * rng.lognormal(0, 0.4)
    direction = np.array([1, rng.normal(0, 0.12), rng.normal(0, 0.08)]) @ OPPONENT
    tilt = rng.uniform(-0.7, 0.7, 2) / fields.shape[-1]
    return Material(draw_texture(rng, fields), (contrast * direction).astype(np.float32), tilt.astype(np.float32))


def draw_surfaces(
    rng: np.random.Generator,
    leaf: Int[ndarray, "extent extent"],
    colours: Float[ndarray, "leaves 3"],
    group: Int[ndarray, " leaves"],
    centres: Float[ndarray, "leaves 2"],
    radii: Float[ndarray, " leaves"],
    materials: list[Material],
) -> Float[ndarray, "3 extent extent"]:
    """Colour every pixel by the leaf that it shows.

    Args:
        rng: The source of randomness.
        leaf: The leaf that each pixel shows.
        colours: RGB of each leaf.
        group: Leaves of one group have one material, at different offsets.
        centres: Middle (x, y) of each leaf, in pixels.
        radii: Half the extent of each leaf, in pixels, to which its shading is scaled.
        materials: The materials of the image.

    Returns:
        RGB before exposure.
    """
    n, extent = len(colours), len(leaf)
    index = leaf.ravel().astype(np.intp)
    line = np.arange(extent, dtype=np.float32)
    x = np.tile(line, extent) - centres[:, 0].astype(np.float32).take(index)
    y = np.repeat(line, extent) - centres[:, 1].astype(np.float32).take(index)
    material = rng.integers(len(materials), size=int(group.max()) + 1)[group].astype(np.uint8)
    turn = rng.normal(0, 0.1, n) + np.where(rng.random(n) < 0.5, 0, rng.uniform(0, 2 * np.pi, n))
    frames = np.stack([np.cos(turn), np.sin(turn), *rng.uniform(4 * extent, 5 * extent, (2, n))]).astype(np.float32)

    shown = material.take(index)
    value = np.zeros(index.shape, np.float32)
    for k, m in enumerate(materials):
        pixels = np.flatnonzero(shown == k)
        if len(pixels) == 0 or not m.tint.any():
            continue
        cos, sin, du, dv = frames.take(index.take(pixels), axis=1)
        px, py = x.take(pixels), y.take(pixels)
        nearness = 1 / np.maximum(1 + m.tilt[0] * px + m.tilt[1] * py, np.float32(0.25))
        value[pixels] = m.texture((cos * px + sin * py) * nearness + du, (cos * py - sin * px) * nearness + dv)

    shading = draw_shading(rng, x, y, radii, index)
    tints = np.stack([m.tint for m in materials])
    planes = [
        c.take(index) * shading + t.take(shown) * value
        for c, t in zip(colours.T.astype(np.float32), tints.T.copy(), strict=True)
    ]
    return np.stack(planes).reshape(3, extent, extent)


def draw_shading(
    rng: np.random.Generator,
    x: Float[ndarray, " n"],
    y: Float[ndarray, " n"],
    radii: Float[ndarray, " leaves"],
    index: Int[ndarray, " n"],
) -> Float[ndarray, " n"]:
    """Light falling off linearly and radially over each leaf, as a factor around one.

    Args:
        rng: The source of randomness.
        x: Pixels from the centre of the leaf.
        y: The same, downwards.
        radii: Half the extent of each leaf, in pixels.
        index: The leaf that each pixel shows.
    """
    n = len(radii)
    strength = rng.exponential(0.12, n)
    angle = rng.normal(rng.uniform(0, 2 * np.pi), 0.8, n)
    roundness = np.where(rng.random(n) < 0.5, 0, rng.normal(-0.05, 0.2, n)) / radii**2
    slopes = np.stack([strength * np.cos(angle) / radii, strength * np.sin(angle) / radii, roundness])
    sx, sy, r = slopes.astype(np.float32).take(index, axis=1)
    factor = 1 + (sx + r * x) * x + (sy + r * y) * y
    return np.asarray(factor.clip(np.float32(0.25), np.float32(1.8)))
