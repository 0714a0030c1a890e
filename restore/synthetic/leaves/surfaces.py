"""What the leaves of a synthetic image look like where they show: texture and shading."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int
from numpy import ndarray

from restore.synthetic.leaves.colours import OPPONENT
from restore.synthetic.leaves.textures import Texture, draw_texture

SMOOTH = 0.3
"""Share of the surfaces without texture."""


@dataclass(frozen=True)
class Material:
    """A texture and how strongly it shows.

    Args:
        texture: Brightness over surface coordinates.
        tint: Change of RGB for one standard deviation of the texture.
        tilt: Foreshortening along x and y, per pixel.
    """

    texture: Texture
    tint: Float32[ndarray, " 3"]
    tilt: Float32[ndarray, " 2"]


def draw_material(rng: np.random.Generator, fields: Float[ndarray, "count size size"]) -> Material:
    """Draw a material; contrasts are mostly low."""
    contrast = rng.choice([0.012, 0.035, 0.09], p=[0.35, 0.4, 0.25]) * rng.lognormal(0, 0.4)
    direction = np.array([1, rng.normal(0, 0.12), rng.normal(0, 0.08)]) @ OPPONENT
    tilt = rng.uniform(-0.7, 0.7, 2) / fields.shape[-1]
    return Material(draw_texture(rng, fields), (contrast * direction).astype(np.float32), tilt.astype(np.float32))


def draw_textures(
    rng: np.random.Generator,
    leaf: Int[ndarray, " n"],
    offset: Float32[ndarray, "2 n"],
    group: Int[ndarray, " leaves"],
    materials: Sequence[Material],
) -> Float32[ndarray, "3 n"]:
    """Cut each leaf from a material, or leave it smooth, which three in ten are.

    Args:
        rng: The source of randomness.
        leaf: The leaf that each fragment shows.
        offset: Pixels (x, y) from the centre of that leaf.
        group: Leaves of one group have one material; each is cut from another place of it, at another angle.
        materials: The materials of the image.

    Returns:
        How much each fragment's RGB differs from its leaf's.
    """
    n, groups = len(group), int(group.max()) + 1
    smooth = len(materials)
    material = np.where(rng.random(groups) < SMOOTH, smooth, rng.integers(smooth, size=groups))[group].astype(np.uint8)
    turn = rng.normal(0, 0.1, n) + np.where(rng.random(n) < 0.5, 0, rng.uniform(0, 2 * np.pi, n))
    frame = np.stack([np.cos(turn), np.sin(turn), *rng.uniform(0, 1000, (2, n))]).astype(np.float32)
    shown = material.take(leaf)
    change = np.zeros((3, len(leaf)), np.float32)
    for k, m in enumerate(materials):
        fragments = np.flatnonzero(shown == k)
        cos, sin, du, dv = frame.take(leaf.take(fragments), axis=1)
        x, y = offset.take(fragments, axis=1)
        nearness = 1 / np.maximum(1 + m.tilt[0] * x + m.tilt[1] * y, np.float32(0.25))
        value = m.texture((cos * x + sin * y) * nearness + du, (cos * y - sin * x) * nearness + dv)
        change[:, fragments] = m.tint[:, None] * value
    return change


def draw_shading(
    rng: np.random.Generator,
    leaf: Int[ndarray, " n"],
    offset: Float32[ndarray, "2 n"],
    group: Int[ndarray, " leaves"],
    radii: Float[ndarray, " leaves"],
    light: float,
) -> Float32[ndarray, " n"]:
    """Light falling off linearly and radially over each leaf, as a factor around one.

    Args:
        rng: The source of randomness.
        leaf: As for `draw_textures`.
        offset: As for `draw_textures`.
        group: Leaves of one group are as round and as strongly shaded as one another.
        radii: Half the extent of each leaf, in pixels.
        light: Direction that the light comes from, in radians.
    """
    n, groups = len(group), int(group.max()) + 1
    strength = rng.exponential(0.12, groups)[group] * rng.lognormal(0, 0.3, n) / radii
    angle = rng.normal(light, 0.6, n)
    roundness = np.where(rng.random(groups) < 0.5, 0, rng.normal(-0.07, 0.2, groups))[group] / radii**2
    slopes = np.stack([strength * np.cos(angle), strength * np.sin(angle), roundness]).astype(np.float32)
    along_x, along_y, curvature = slopes.take(leaf, axis=1)
    x, y = offset
    factor = 1 + (along_x + curvature * x) * x + (along_y + curvature * y) * y
    return np.asarray(factor.clip(0.25, 1.8))
