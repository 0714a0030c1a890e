"""A head in profile, in low relief."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image, ImageDraw

Field = Float[ndarray, "side side"]

SIDE = 256
"""Pixels of the relief, whose finest details are five of them wide."""

MIDDLE = 0.485
"""Height on the head that lies in the middle of the relief."""

WIDTH = 1.1
"""Width and height of the relief, where the head is one high."""

FACE = np.array([
    [0.00, 0.02], [0.006, -0.05], [0.03, -0.14], [0.065, -0.20], [0.11, -0.25], [0.16, -0.282], [0.23, -0.305],
    [0.295, -0.318], [0.33, -0.312], [0.352, -0.315], [0.38, -0.34], [0.42, -0.375], [0.448, -0.398], [0.462, -0.400],
    [0.476, -0.375], [0.486, -0.340], [0.51, -0.336], [0.53, -0.352], [0.544, -0.346], [0.556, -0.328],
    [0.568, -0.342], [0.585, -0.345], [0.605, -0.325], [0.63, -0.322], [0.655, -0.335], [0.685, -0.325],
    [0.71, -0.28], [0.728, -0.20], [0.75, -0.13], [0.79, -0.10], [0.86, -0.105], [0.92, -0.15], [0.97, -0.24],
])  # fmt: skip
"""The line from the crown over the face to the chest: y from the top, x towards the back; the head is one high."""

NAPE = np.array([
    [0.00, 0.02], [0.006, 0.09], [0.03, 0.18], [0.07, 0.25], [0.12, 0.305], [0.19, 0.345], [0.27, 0.365], [0.36, 0.36],
    [0.45, 0.335], [0.53, 0.295], [0.60, 0.255], [0.68, 0.23], [0.78, 0.235], [0.86, 0.27], [0.92, 0.33], [0.95, 0.38],
])  # fmt: skip
"""The line from the crown over the back of the head to the shoulder."""

HAIR = np.array([
    [0.0, -0.40], [0.10, -0.275], [0.17, -0.22], [0.24, -0.15], [0.31, -0.085], [0.38, -0.065], [0.42, -0.05],
    [0.46, 0.05], [0.55, 0.11], [0.62, 0.16], [0.70, 0.32], [1.0, 0.60],
])  # fmt: skip
"""Where the hair begins, behind the face."""


def draw_portrait(rng: np.random.Generator) -> Field:
    """Draw the relief of a head that looks left or right, with hair and perhaps a wreath.

    Returns:
        Heights from 0 around the head to about 1 on the cheek, of a square `WIDTH` heads wide.
    """
    line = WIDTH * ((np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE - 0.5)
    x, y = np.meshgrid(line, line + MIDDLE)
    near, wide, edge = (_fall_off(sigma) for sigma in (0.02, 0.07, 0.008))
    spectrum = np.fft.rfft2(_silhouette(rng))
    near, wide, edge = ((2 * np.fft.irfft2(spectrum * soft) - 1).clip(0) for soft in (near, wide, edge))
    relief = 0.45 * near + 0.55 * wide
    relief += _face(x, y)
    hairline = np.interp(y, HAIR[:, 0], HAIR[:, 1] + rng.normal(0, 0.015)).astype(np.float32)
    hair = _sigmoid((x - hairline) / 0.008)
    relief += hair * (0.10 + _locks(rng, x, y))
    if rng.random() < 0.5:
        relief += _wreath(x, y)
    relief = np.fft.irfft2(np.fft.rfft2(relief * edge) * _fall_off(0.004))
    return np.ascontiguousarray(relief[:, :: rng.choice([-1, 1])])


def _silhouette(rng: np.random.Generator) -> Field:
    """1 on the head, 0 around it, of a face that differs from draw to draw."""
    t = np.linspace(0, 1, 400)
    lines = []
    for line, strength in ((FACE, 0.006), (NAPE, 0.012)):
        length = np.concatenate([[0], np.hypot(*np.diff(line, axis=0).T).cumsum()])
        y, x = (np.interp(t * length[-1], length, line[:, k]) for k in (0, 1))
        x = x + sum(rng.normal(0, strength) * np.sin(np.pi * k * t) for k in (2, 3, 4, 5))
        lines.append(np.stack([x, y], -1))
    face, nape = lines
    chest = np.linspace(face[-1], nape[-1], 40)[1:-1]
    chest[:, 1] += 0.07 * np.sin(np.linspace(0, np.pi, 38))
    outline = np.concatenate([face, chest, nape[::-1]])
    for _ in range(2):
        outline = (np.roll(outline, 1, 0) + 2 * outline + np.roll(outline, -1, 0)) / 4
    pixels = (((outline - [0, MIDDLE]) / WIDTH + 0.5) * 2 * SIDE).ravel().tolist()
    mask = Image.new("L", (2 * SIDE, 2 * SIDE))
    ImageDraw.Draw(mask).polygon(pixels, 255)
    return np.asarray(mask.reduce(2), np.float32) / 255


def _face(x: Field, y: Field) -> Field:
    """Eye, brow, cheek, nostril, mouth, ear and jaw."""
    relief = 0.16 * _bump(x, y, -0.245, 0.375, 0.036, 0.016) - 0.20 * _bump(x, y, -0.262, 0.352, 0.05, 0.022, 10.0)
    relief += 0.16 * _bump(x, y, -0.25, 0.312, 0.065, 0.018, 12.0) - 0.10 * _bump(x, y, -0.24, 0.405, 0.05, 0.014)
    relief += 0.10 * _bump(x, y, -0.19, 0.47, 0.08, 0.06) + 0.10 * _bump(x, y, -0.335, 0.462, 0.024, 0.018)
    relief -= 0.16 * _bump(x, y, -0.30, 0.556, 0.045, 0.008, 8.0) + 0.08 * _bump(x, y, -0.27, 0.50, 0.012, 0.05, -25.0)
    relief += 0.26 * _bump(x, y, 0.035, 0.44, 0.036, 0.066, 12.0) - 0.24 * _bump(x, y, 0.03, 0.435, 0.016, 0.036, 12.0)
    below_jaw = _sigmoid((y - 0.705 + 0.42 * (x + 0.22)) / 0.012) * _sigmoid((0.08 - x) / 0.04)
    return np.asarray(relief - 0.26 * below_jaw * np.exp(-((y - 0.70).clip(0) / 0.14)))


def _locks(rng: np.random.Generator, x: Field, y: Field) -> Field:
    """Hair combed around the head, in waves."""
    angle = np.arctan2(y - 0.52, x + 0.10)
    around = np.hypot(x + 0.10, y - 0.52) + rng.uniform(0.004, 0.012) * np.sin(rng.uniform(8, 16) * angle)
    count = rng.uniform(110, 150)
    return np.asarray(0.07 * (1 + np.sin(count * around) + 0.4 * np.sin(0.53 * count * around + 4 * angle)), np.float32)


def _wreath(x: Field, y: Field) -> Field:
    """Pairs of leaves from the nape over the temple to the forehead."""
    relief = np.zeros_like(x)
    for k, angle in enumerate(np.radians(np.arange(-20, 150, 17))):
        x0, y0 = 0.02 + 0.24 * np.cos(angle), 0.40 - 0.27 * np.sin(angle)
        lean = np.degrees(angle) + 90 + (35 if k % 2 else -35)
        relief = np.maximum(relief, _bump(x, y, float(x0), float(y0), 0.055, 0.022, float(lean)))
    return 0.3 * _sigmoid((relief - 0.4) / 0.08)


def _bump(x: Field, y: Field, x0: float, y0: float, width: float, height: float, degrees: float = 0.0) -> Field:
    """A smooth hill, its long side turned counter-clockwise as seen."""
    cos, sin = float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))
    u, v = (x - x0) * cos - (y - y0) * sin, (x - x0) * sin + (y - y0) * cos
    return np.asarray(np.exp(-((u / width) ** 2) - (v / height) ** 2))


def _sigmoid(x: Field) -> Field:
    return np.asarray(0.5 + 0.5 * np.tanh(x))


def _fall_off(sigma: float) -> Float[ndarray, "side half"]:
    """What a Gaussian of a share of the head's height does to each frequency."""
    fy, fx = np.fft.fftfreq(SIDE, WIDTH / SIDE)[:, None], np.fft.rfftfreq(SIDE, WIDTH / SIDE)
    return np.asarray(np.exp(-2 * (np.pi * sigma) ** 2 * (fx * fx + fy * fy)), np.float32)
