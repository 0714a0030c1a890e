"""The poses that images are brought into, one after the other."""

from dataclasses import dataclass

import torch

from restore.errors import UserError
from restore.pose import Pose


@dataclass(frozen=True)
class Move:
    """How far an image is moved: turned and scaled about its middle, then shifted.

    Args:
        right: Shift to the right, in pixels.
        down: Shift downwards, in pixels.
        rotation: Degrees, counter-clockwise.
        scale: Magnification.
    """

    right: float = 0.0
    down: float = 0.0
    rotation: float = 0.0
    scale: float = 1.0

    @property
    def pose(self) -> Pose:
        """The pose of one image that is moved so."""
        return Pose(
            angle=torch.tensor([self.rotation]),
            shift=torch.tensor([[self.right, self.down]]),
            scale=torch.tensor([self.scale]),
            flip=torch.tensor([False]),
        )


STILL = Move()

SWEEPS = ("shift", "phase", "rotation", "scale", "map")

POSITION = ("shift", "phase", "rotation", "map")
"""The sweeps whose poses a restorer should not care about at all; another scale is another image, larger or smaller."""


def moves_of(sweep: str, size: int, patch: int) -> list[Move]:
    """The moves of a sweep; the first is always none.

    Args:
        sweep: `shift`: to the right, from a quarter of a pixel to half an image. `phase`: along the diagonal, pixel by
            pixel over a patch. `rotation`: every 15 degrees. `scale`: from a half to double. `map`: shifts of up to
            half an image, each with twelve rotations.
        size: Side of the image, in pixels.
        patch: Side of a patch of the network, in pixels.

    Raises:
        UserError: There is no such sweep.
    """
    match sweep:
        case "shift":
            steps = (0.0, 0.25, 0.5, 0.75, *map(float, (1, 2, 3, 5, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)))
            return [Move(right=step) for step in steps if step <= size / 2]
        case "phase":
            return [Move(right=step, down=step) for step in map(float, range(patch))]
        case "rotation":
            return [Move(rotation=float(angle)) for angle in range(0, 360, 15)]
        case "scale":
            return [STILL, *(Move(scale=2 ** (step / 4)) for step in range(-4, 5) if step)]
        case "map":
            shifts = [float(round(step * size / 2 / 7)) for step in range(8)]
            return [Move(right=shift, rotation=float(angle)) for shift in shifts for angle in range(0, 360, 30)]
    raise UserError(f"no such sweep: {sweep}; there are {', '.join(SWEEPS)}")
