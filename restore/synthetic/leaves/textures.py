"""Textures of synthetic surfaces: functions of coordinates in pixels, with about zero mean and unit variance."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Complex, Float
from numpy import ndarray

Texture = Callable[[Float[ndarray, " n"], Float[ndarray, " n"]], Float[ndarray, " n"]]
"""Maps coordinates (u, v) on a surface to brightness."""


def draw_fields(rng: np.random.Generator, size: int, count: int) -> Float[ndarray, "count size size"]:
    """Draw periodic noise fields: most fall off as 1/f^a in any direction or along a grain, the others hold one band.

    All are filtered from one white spectrum; surfaces look at them through different offsets.
    """
    shape = (size, size // 2 + 1)
    white: Complex[ndarray, ...] = rng.standard_normal((*shape, 2), dtype=np.float32).view(np.complex64)[..., 0]
    fy = np.fft.fftfreq(size).astype(np.float32)[:, None]
    fx = np.fft.rfftfreq(size).astype(np.float32)[None]
    fields = np.empty((count, size, size), np.float32)
    for k in range(count):
        grain = 1.0 if rng.random() < 0.6 else rng.uniform(2, 8)
        frequency = np.sqrt((fx * grain) ** 2 + (fy / grain) ** 2) + np.float32(1e-6)
        if rng.random() < 0.25:
            centre = float(np.exp(rng.uniform(np.log(0.04), np.log(0.4))))
            gain = np.exp(np.log(frequency / centre) ** 2 / -(2 * 0.35**2)) / frequency
        else:
            gain = np.exp(np.log(frequency + rng.uniform(0.004, 0.06)) * -rng.uniform(0.7, 2.0))
        gain[0, 0] = 0
        fields[k] = np.fft.irfft2(white * gain, s=(size, size))
    return np.asarray(fields / (fields.std((1, 2), keepdims=True) + np.float32(1e-8)))


def draw_texture(rng: np.random.Generator, fields: Float[ndarray, "count size size"]) -> Texture:
    """Draw one texture: noise three times in four, otherwise a pattern that repeats."""
    field = fields[rng.integers(len(fields))]
    kind = rng.random()
    if kind < 0.35:
        return noise(field)
    if kind < 0.55:
        return noise(bend(rng, field))
    if kind < 0.75:
        return noise(relief(rng, field))
    return (grating, bricks, checks, dots)[rng.choice(4, p=[0.4, 0.3, 0.15, 0.15])](rng)


def noise(field: Float[ndarray, "size size"]) -> Texture:
    """Look a field up, between its pixels and repeated in both directions."""
    size = len(field)
    flat = np.pad(field, (0, 1), mode="wrap").ravel()

    def texture(u: Float[ndarray, " n"], v: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
        left, top = np.floor(u), np.floor(v)
        right, low = u - left, v - top
        corner = (top.astype(np.intp) % size) * (size + 1) + left.astype(np.intp) % size
        above = flat.take(corner) * (1 - right) + flat.take(corner + 1) * right
        below = flat.take(corner + size + 1) * (1 - right) + flat.take(corner + size + 2) * right
        return np.asarray(above + low * (below - above))

    return texture


def bend(rng: np.random.Generator, field: Float[ndarray, "size size"]) -> Float[ndarray, "size size"]:
    """Bend noise into blotches (tanh), veins (absolute value) or sparse highlights (exponential)."""
    kind = rng.integers(3)
    bent = np.tanh(4 * field + rng.normal()) if kind == 0 else np.abs(field) if kind == 1 else np.exp(field.clip(-4, 3))
    return _normalise(bent)


def relief(rng: np.random.Generator, field: Float[ndarray, "size size"]) -> Float[ndarray, "size size"]:
    """Light noise from one side, as if it were the height of plaster, stone or bark."""
    return _normalise(field - np.roll(field, rng.choice([-1, 1]), axis=rng.integers(2)))


def grating(rng: np.random.Generator) -> Texture:
    """Parallel bars with soft or hard flanks: fences, blinds, corduroy, boards."""
    period, duty = _period(rng), rng.uniform(-0.7, 0.7)
    wave, hardness = 2 * np.pi / period, _hardness(rng, period)
    return lambda u, _: 1.2 * np.tanh(hardness * (np.sin(wave * u) + duty))


def bricks(rng: np.random.Generator) -> Texture:
    """Rows of blocks of varying tone with joints between them, every second row shifted."""
    height = 1.5 * _period(rng)
    width = height * rng.uniform(1, 4)
    shift, joint = float(rng.choice([0, 0.5])), rng.uniform(0.05, 0.15) * height
    tones = rng.normal(0, rng.uniform(0.1, 0.9), 256).astype(np.float32)
    depth = float(rng.choice([-1, 1])) * rng.uniform(1, 3)

    def texture(u: Float[ndarray, " n"], v: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
        row = np.floor(v / height)
        across = u / width + shift * (row % 2)
        column = np.floor(across)
        # Pixels from the joints, cut off at one: their borders are as wide as a pixel.
        inside = np.minimum(v - row * height, (across - column) * width) - joint
        tone = tones[(row.astype(np.intp) * 57 + column.astype(np.intp) * 131) & 255]
        return np.asarray(inside.clip(0, 1) * (tone + depth) - depth)

    return texture


def checks(rng: np.random.Generator) -> Texture:
    """A chequered or woven pattern."""
    period, ratio = _period(rng), rng.uniform(0.5, 2)
    wave, hardness = 2 * np.pi / period, _hardness(rng, period)
    return lambda u, v: np.tanh(hardness * np.sin(wave * u) * np.sin(wave * ratio * v))


def dots(rng: np.random.Generator) -> Texture:
    """Round spots on a square lattice."""
    period, threshold = _period(rng), rng.uniform(-0.5, 1.2)
    wave, hardness = 2 * np.pi / period, _hardness(rng, period)
    return lambda u, v: 1.2 * np.tanh(hardness * (np.cos(wave * u) + np.cos(wave * v) - threshold))


def _normalise(field: Float[ndarray, "size size"]) -> Float[ndarray, "size size"]:
    return np.asarray((field - field.mean()) / (field.std() + 1e-6))


def _period(rng: np.random.Generator) -> float:
    """A period between 2.5 and 40 pixels, small ones as likely as large ones on a logarithmic scale."""
    return float(np.exp(rng.uniform(np.log(2.5), np.log(40))))


def _hardness(rng: np.random.Generator, period: float) -> float:
    """How steeply a pattern changes, at most so that a flank is about a pixel wide and does not alias."""
    return min(float(np.exp(rng.uniform(-1, 2.5))), period / 3)
