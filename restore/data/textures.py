"""Textures of synthetic surfaces: functions of coordinates in pixels, with about zero mean and unit variance."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Complex, Float
from numpy import ndarray

Texture = Callable[[Float[ndarray, " n"], Float[ndarray, " n"]], Float[ndarray, " n"]]
"""Maps coordinates (u, v) on a surface to brightness."""


def draw_fields(rng: np.random.Generator, extent: int, count: int) -> Float[ndarray, "count extent extent"]:
    """Draw periodic noise fields: most fall off as 1/f^a in any direction or along a grain, the others hold one band.

    All are filtered from one white spectrum; surfaces look at them through different offsets.
    """
    shape = (extent, extent // 2 + 1)
    white: Complex[ndarray, ...] = rng.standard_normal((*shape, 2), dtype=np.float32).view(np.complex64)[..., 0]
    fy = np.fft.fftfreq(extent).astype(np.float32)[:, None]
    fx = np.fft.rfftfreq(extent).astype(np.float32)[None]
    fields = np.empty((count, extent, extent), np.float32)
    for k in range(count):
        grain = 1.0 if rng.random() < 0.6 else rng.uniform(2, 8)
        frequency = np.sqrt((fx * np.float32(grain)) ** 2 + (fy / np.float32(grain)) ** 2) + np.float32(1e-6)
        if rng.random() < 0.25:
            centre = np.float32(np.exp(rng.uniform(np.log(0.02), np.log(0.25))))
            gain = np.exp(-(np.log(frequency / centre) ** 2) / np.float32(2 * 0.35**2)) / frequency
        else:
            gain = (frequency + np.float32(rng.uniform(0.002, 0.03))) ** np.float32(-rng.uniform(0.7, 2.0))
        gain[0, 0] = 0
        field = np.fft.irfft2(white * gain, s=(extent, extent))
        fields[k] = field / (field.std() + 1e-8)
    return fields


def draw_texture(rng: np.random.Generator, fields: Float[ndarray, "count extent extent"]) -> Texture:
    """Draw one texture: noise four times in six, otherwise a pattern that repeats."""
    choice = rng.choice(6, p=[0.44, 0.22, 0.12, 0.11, 0.06, 0.05])
    field = fields[rng.integers(len(fields))]
    if choice == 0:
        return noise(field)
    if choice == 1:
        return bent_noise(field, rng)
    return (grating, bricks, checks, dots)[choice - 2](rng)


def noise(field: Float[ndarray, "extent extent"]) -> Texture:
    """Look a field up, repeating it in both directions."""
    extent = len(field)
    flat = field.reshape(-1)

    def texture(u: Float[ndarray, " n"], v: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
        column = u.astype(np.intp) % extent
        row = v.astype(np.intp) % extent
        return flat.take(row * extent + column)

    return texture


def bent_noise(field: Float[ndarray, "extent extent"], rng: np.random.Generator) -> Texture:
    """Bend noise into blotches (tanh), veins (absolute value) or sparse highlights (exponential)."""
    bend = rng.integers(3)
    bent = np.tanh(4 * field + rng.normal()) if bend == 0 else np.abs(field) if bend == 1 else np.exp(field.clip(-4, 3))
    return noise((bent - bent.mean()) / (bent.std() + 1e-6))


def grating(rng: np.random.Generator) -> Texture:
    """Parallel bars with soft or hard flanks: fences, blinds, corduroy, boards."""
    period, hardness, duty = _period(rng), np.exp(rng.uniform(-1, 2.5)), rng.uniform(-0.7, 0.7)
    return lambda u, _: 1.2 * np.tanh(hardness * (np.sin(u * (2 * np.pi / period)) + duty))


def bricks(rng: np.random.Generator) -> Texture:
    """Rows of blocks of varying tone with joints between them, every second row shifted."""
    height = 1.5 * _period(rng)
    width = height * rng.uniform(1, 4)
    shift, joint = rng.choice([0, 0.5]), rng.uniform(0.05, 0.15)
    tones = rng.normal(0, rng.uniform(0.1, 0.9), 256).astype(np.float32)
    depth = rng.choice([-1, 1]) * rng.uniform(1, 3)

    def texture(u: Float[ndarray, " n"], v: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
        row = np.floor(v / height)
        across = u / width + shift * (row % 2)
        column = np.floor(across)
        inside = (v / height - row > joint) & (across - column > joint * height / width)
        tone = tones[(row.astype(np.intp) * 57 + column.astype(np.intp) * 131) & 255]
        return np.asarray(np.where(inside, tone, -depth))

    return texture


def checks(rng: np.random.Generator) -> Texture:
    """A chequered or woven pattern."""
    period, hardness, ratio = _period(rng), np.exp(rng.uniform(0, 3)), rng.uniform(0.5, 2)
    wave = 2 * np.pi / period
    return lambda u, v: np.tanh(hardness * np.sin(wave * u) * np.sin(wave * ratio * v))


def dots(rng: np.random.Generator) -> Texture:
    """Round spots on a square lattice."""
    period, threshold = _period(rng), rng.uniform(-0.5, 1.2)
    wave = 2 * np.pi / period
    return lambda u, v: 1.2 * np.tanh(4 * (np.cos(wave * u) + np.cos(wave * v) - threshold))


def _period(rng: np.random.Generator) -> float:
    """A period between 5 and 80 pixels, small ones as likely as large ones on a logarithmic scale."""
    return float(np.exp(rng.uniform(np.log(5), np.log(80))))
