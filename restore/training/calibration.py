"""What a network is shown for its activations to be known: drawn images, damaged as in training, and no photographs."""

import torch

from restore.observation import Observation
from restore.seeding import seeded_generator
from restore.synthetic.leaves.dataset import draw_leaves

IMAGES = 16
SIDE = 128


def drawn_observations() -> list[Observation]:
    """Images of which a half has noise, of sigma 5 to 75 of 255, and a half holes, thin and wide; always the same."""
    generator = seeded_generator("calibration")
    return [_drawn(index, generator) for index in range(IMAGES)]


def _drawn(index: int, generator: torch.Generator) -> Observation:
    image = draw_leaves(SIDE, generator)[None]
    if index % 2:
        sigma = (5 + 70 * index / IMAGES) / 255
        noise = torch.randn(image.shape, generator=generator)
        return Observation(image + sigma * noise, torch.full_like(image[:, :1], sigma))
    hole = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.bool)
    hole[..., 20 + index : 24 + index, 10:100] = True
    hole[..., 60 : 70 + 2 * index, 60 : 70 + 2 * index] = True
    return Observation.hide(image, hole)
