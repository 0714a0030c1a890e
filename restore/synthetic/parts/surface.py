"""Surfaces under a lamp: from height and colour to light."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from restore.synthetic.parts.grid import Grid, Plane, Slopes

Colour = Float[ndarray, "3"]
Colours = Float[ndarray, "3 h w"]


@dataclass(frozen=True)
class Surface:
    """What the samples of an image see of something, before any light falls on it.

    Args:
        slopes: How fast its height grows along the rows and columns of the image.
        colour: Share of the light that is sent back, RGB.
        metal: 1 where the surface mirrors its surroundings in its colour, 0 where it scatters light.
        gloss: 0 for dull to 1 for polished.
        openness: Share of the scattered light that reaches it: less in hollows.
        grain: Direction in the image of fine grooves, as of brushed or turned metal, that draw highlights out.
    """

    slopes: Slopes
    colour: Colours
    metal: Plane | float = 0.0
    gloss: float = 0.3
    openness: Plane | float = 1.0
    grain: Slopes | tuple[float, float] | None = None


def rgb(code: int) -> Colour:
    """A colour by its usual code, such as 0xB87333, as shares of light."""
    return (np.array([code >> 16, code >> 8 & 255, code & 255], np.float32) / np.float32(255)) ** 2


def mix(first: Colour | Colours, second: Colour | Colours, share: Plane) -> Colours:
    """Blend two colours or maps of colours by the share of the second."""
    first, second = (c[:, None, None] if c.ndim == 1 else c for c in (first, second))
    return np.asarray(first + (second - first) * share)


@dataclass(frozen=True)
class Lamp:
    """One lamp and the light that the room scatters; a level surface gets 1 in all.

    Args:
        azimuth: Where the lamp stands, in degrees, counter-clockwise from the right as seen.
        elevation: How high it stands, in degrees.
        ambient: Share of the scattered light.
        falloff: How much the light grows towards the lamp, about the share from the middle to the side.
        tint: RGB of the light.
    """

    azimuth: float
    elevation: float
    ambient: float
    falloff: float
    tint: Colour

    @property
    def direction(self) -> tuple[float, float, float]:
        """Towards the lamp: right, down and out of the image."""
        azimuth, elevation = np.radians([self.azimuth, self.elevation])
        level = np.cos(elevation)
        return float(level * np.cos(azimuth)), float(-level * np.sin(azimuth)), float(np.sin(elevation))

    def seen_through(self, grid: Grid) -> "Lamp":
        """The lamp as it stands in the image, if it stands still in the coordinates of a grid."""
        x, y, _ = self.direction
        x, y = grid.in_image(x, y)
        return replace(self, azimuth=float(np.degrees(np.arctan2(-y, x))))


def shade(surface: Surface, lamp: Lamp) -> Colours:
    """The light that a surface sends to the camera above it.

    Scattered light after Lambert, glossy light after Blinn and Phong; metal mirrors the room instead.

    Args:
        surface: What is seen.
        lamp: The lamp, as it stands in the image.
    """
    lx, ly, lz = lamp.direction
    nx, ny = (-slope for slope in surface.slopes)
    nz = 1 / np.sqrt(1 + nx * nx + ny * ny)
    facing = nz * (nx * lx + ny * ly + lz)
    lit = (1 - lamp.ambient) / lz * facing.clip(0) + lamp.ambient * (0.4 + 0.6 * nz)
    # Along the half vector between lamp and camera the gloss is strongest.
    aligned = (facing + nz) / (2 + 2 * lz) ** 0.5
    shine = 0.35 * surface.gloss * np.exp(2 * _sharpness(surface) * (aligned - 1))
    light = (surface.colour * lit + shine) * surface.openness
    if np.any(surface.metal):
        mirrored = surface.colour * (_room(surface, lamp, facing, nz) * (0.35 + 0.65 * surface.openness))
        light += surface.metal * (mirrored - light)
    return np.asarray(light)


def _room(surface: Surface, lamp: Lamp, facing: Plane, nz: Plane) -> Plane:
    """What metal mirrors: a bright ceiling, a dark horizon, the lamp, and a window on the other side.

    Highlights on grooves after Kajiya and Kay, "Rendering fur with three dimensional textures" (SIGGRAPH 1989).
    """
    lx, ly, lz = lamp.direction
    up = 2 * nz * nz - 1
    to_lamp = 2 * nz * facing - lz
    to_window = -1.2 * nz * (facing - nz * lz) / (1 - lz * lz) ** 0.5 + 0.8 * up
    room = 0.12 + 0.5 / (1 + np.exp(-7 * (up - 0.35)))
    room += 0.9 * np.exp(5 * (to_lamp - 1)) + 0.45 * np.exp(9 * (to_window - 1))
    room += 1.4 * surface.gloss * np.exp(0.5 * _sharpness(surface) * (to_lamp - 1))
    if surface.grain is not None:
        gx, gy = surface.grain
        across = 1 - (gx * lx + gy * ly) ** 2 / (2 + 2 * lz)
        room += 0.55 * across**24 - 0.12
    return np.asarray(room)


def _sharpness(surface: Surface) -> float:
    return 8 + 120 * surface.gloss**2
