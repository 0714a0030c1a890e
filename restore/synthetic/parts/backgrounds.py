"""Surfaces that parts lie on: endless, and exact in any pose like the parts themselves."""

from collections.abc import Callable

import numpy as np

from restore.synthetic.parts.grid import Grid
from restore.synthetic.parts.surface import Colour, Surface, mix, rgb
from restore.synthetic.parts.waves import Waves, draw_waves

Background = Callable[[Grid], Surface]


def draw_wood(rng: np.random.Generator) -> Background:
    """A board: growth rings cut lengthwise, and fibres."""
    light, dark = _tones(rng, (0xD9B98C, 0xA9793F), (0xC79A66, 0x7A4F2A), (0x8F6742, 0x54371F), (0xD8CBB5, 0xB39B7A))
    angle, rings, figure = rng.uniform(0, 360), rng.uniform(2.5, 6), rng.uniform(0.2, 0.6)
    bend, fibre = draw_waves(rng, 0.2, 2.0, tilt=0.7, grain=5.0), draw_waves(rng, 5.0, 50.0, grain=14.0)

    def wood(grid: Grid) -> Surface:
        grid = grid.turned(angle)
        late = 0.5 + 0.5 * np.sin(2 * np.pi * rings * grid.y + 3 * bend(grid))
        fibres = fibre(grid)
        share = figure * late * late + 0.2 + 0.12 * fibres
        return Surface(grid.slopes(0.0004 * fibres), mix(light, dark, share), gloss=0.2)

    return wood


def draw_cloth(rng: np.random.Generator) -> Background:
    """Woven threads with slubs, softly folded."""
    colour = _tones(rng, (0xB9B4A8,), (0x5E6E83,), (0x7C3B36,), (0x4D5B4A,), (0xD9D4C6,), (0x3A3D45,))[0]
    angle, threads, ratio = rng.uniform(0, 360), rng.uniform(14, 24), rng.uniform(0.85, 1.15)
    weave = Waves(
        threads * np.array([[0.5, 0.5 * ratio], [0.5, -0.5 * ratio], [1.0, 0.0], [0.0, ratio]]),
        np.array([0.5, 0.5, 0.22, 0.22]),
        np.zeros(4),
    )
    warp, weft = (draw_waves(rng, 2.0, 30.0, grain=grain, count=80) for grain in (14.0, 1 / 14))
    fold = draw_waves(rng, 0.3, 1.0, tilt=1.0, count=12)

    def cloth(grid: Grid) -> Surface:
        grid = grid.turned(angle)
        threads = weave(grid) * (1 + 0.1 * warp(grid)) + 0.25 * (warp(grid) + weft(grid))
        height = 0.0025 * threads + 0.012 * fold(grid)
        return Surface(grid.slopes(height), colour[:, None, None] * (1 + 0.16 * threads), gloss=0.02)

    return cloth


def draw_brushed_metal(rng: np.random.Generator) -> Background:
    """A sheet of steel or aluminium with fine scratches in one direction."""
    colour = _tones(rng, (0xC9CBCC,), (0xA9ABAE,), (0xBFB9AE,), (0x8B8F94,))[0]
    angle = rng.uniform(0, 360)
    fine, broad = draw_waves(rng, 8.0, 60.0, grain=30.0), draw_waves(rng, 1.0, 8.0, grain=12.0, count=60)
    dents = draw_waves(rng, 0.2, 0.7, tilt=1.0, count=12)
    cos, sin = float(np.cos(np.radians(angle))), float(np.sin(np.radians(angle)))

    def brushed_metal(grid: Grid) -> Surface:
        sheet = grid.turned(angle)
        streaks = 0.07 * fine(sheet) + 0.04 * broad(sheet)
        grain = grid.in_image(cos, -sin)
        slopes = sheet.slopes(0.01 * dents(sheet))
        return Surface(slopes, colour[:, None, None] * (1 + streaks), metal=1.0, gloss=0.15, grain=grain)

    return brushed_metal


def draw_paper(rng: np.random.Generator) -> Background:
    """Paper or card: nearly even, with a faint grain."""
    colour = _tones(rng, (0xEDEAE2,), (0xDDD8CC,), (0xC8AE86,), (0x9FB0BE,), (0xE8E0C8,))[0]
    grain, cloud = draw_waves(rng, 6.0, 60.0, tilt=-0.3), draw_waves(rng, 0.3, 4.0, tilt=0.5, count=40)

    def paper(grid: Grid) -> Surface:
        tone = 1 + 0.01 * grain(grid) + 0.015 * cloud(grid)
        return Surface(grid.slopes(0.0003 * grain(grid)), colour[:, None, None] * tone)

    return paper


def draw_mat(rng: np.random.Generator) -> Background:
    """A cutting mat with a ruled grid, worn by cuts."""
    colour = _tones(rng, (0x2F5D50,), (0x2E4A66,), (0x4A4C4E,), (0x1F4B3C,))[0]
    line = np.sqrt(colour * rgb(0xF4F4E8)) + np.float32(0.06)
    angle, pitch, width = rng.uniform(0, 360), rng.uniform(0.2, 0.4), rng.uniform(0.004, 0.008)
    x0, y0 = rng.uniform(0, 1, 2).tolist()
    grain, cloud = draw_waves(rng, 10.0, 60.0, tilt=-0.3), draw_waves(rng, 0.3, 4.0, tilt=0.5, count=40)

    def mat(grid: Grid) -> Surface:
        grid = grid.turned(angle)
        position = (grid.x / pitch + x0, grid.y / pitch + y0)
        across, down = (grid.inside(np.abs(p - np.round(p)) * np.float32(pitch) - np.float32(width)) for p in position)
        noise = 1 + 0.05 * grain(grid) + 0.05 * cloud(grid)
        return Surface(
            grid.slopes(0.0005 * grain(grid)), mix(colour, line, 0.8 * np.maximum(across, down)) * noise, gloss=0.1
        )

    return mat


def draw_stone(rng: np.random.Generator) -> Background:
    """Concrete or a stone slab: clouds, pores and specks."""
    first, second = _tones(rng, (0xA8A59F, 0x8A8781), (0xC9C2B4, 0x9C8F7C), (0x6C6E70, 0x4A4C4F), (0xB7B9BA, 0x8F9699))
    cloud, specks = draw_waves(rng, 0.5, 30.0, tilt=0.25), draw_waves(rng, 6.0, 40.0)

    def stone(grid: Grid) -> Surface:
        speck = specks(grid)
        share = 0.5 + 0.2 * cloud(grid) + 0.12 * np.tanh(2 * speck - 3) + 0.12
        return Surface(grid.slopes(0.0008 * speck), mix(first, second, share), gloss=0.1)

    return stone


BACKGROUNDS = (draw_wood, draw_cloth, draw_brushed_metal, draw_paper, draw_mat, draw_stone)


def _tones(rng: np.random.Generator, *choices: tuple[int, ...]) -> list[Colour]:
    """One of several sets of colours, a little lighter or darker."""
    light = np.float32(rng.lognormal(0, 0.12))
    return [light * rgb(code) for code in choices[rng.integers(len(choices))]]
