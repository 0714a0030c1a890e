"""What parts lie on, under which light, and how the camera sees it."""

from dataclasses import dataclass, replace

import numpy as np

from restore.synthetic.parts.backgrounds import BACKGROUNDS, Background
from restore.synthetic.parts.surface import Lamp


@dataclass(frozen=True)
class Scene:
    """A table, a lamp and a camera.

    Args:
        background: The endless surface that parts lie on.
        lamp: Its light.
        blur: Standard deviation of the camera's blur, in pixels.
        exposure: How bright the image is; at 1 a level white surface is nearly white.
    """

    background: Background
    lamp: Lamp
    blur: float = 0.5
    exposure: float = 1.0

    def later(self, rng: np.random.Generator) -> "Scene":
        """The same scene another time: another place on the table, nearly the same light, focus and exposure."""
        angle, x, y = rng.uniform(0, 360), rng.uniform(-2, 2), rng.uniform(-2, 2)
        return replace(
            self,
            background=lambda grid: self.background(grid.moved(x, y).turned(angle)),
            lamp=replace(self.lamp, azimuth=self.lamp.azimuth + rng.normal(0, 10)),
            blur=self.blur * rng.uniform(0.9, 1.1),
            exposure=self.exposure * rng.lognormal(0, 0.08),
        )


def draw_scene(rng: np.random.Generator) -> Scene:
    """Draw a workshop table, cloth, sheet of metal, paper and the like, and a lamp on any side."""
    warmth = rng.normal(0, 0.05)
    lamp = Lamp(
        azimuth=rng.uniform(0, 360),
        elevation=rng.uniform(35, 65),
        ambient=rng.uniform(0.3, 0.6),
        falloff=rng.uniform(0, 0.35),
        tint=np.array([1 + warmth, 1, 1 - warmth], np.float32),
    )
    background = BACKGROUNDS[rng.integers(len(BACKGROUNDS))](rng)
    return Scene(background, lamp, blur=rng.uniform(0.42, 0.65), exposure=rng.lognormal(0, 0.12))
