"""Noisy images as of one device, with the clean ones beside them: what docs/finetuning.md learns from, and measures.

python -m research.one_device photographs -o camera --noise camera
"""

import sys
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from restore.commands.options import CommandParser, run_command
from restore.degradations import CameraNoise
from restore.degradations.camera import Shot
from restore.images.codec import read_rgb, write_picture
from restore.images.folders import find_images
from restore.images.picture import Picture
from restore.observation import Observation

Noise = Literal["camera", "grain", "signal"]

TESTED = 4
"""Every so many-th image is kept to measure with."""

POOR_LIGHT = 4e-3
"""Variance of the camera's noise at white."""

SIGMA = 15 / 255
"""Standard deviation of the noise with a grain."""

BLACK, WHITE = 4 / 255, 36 / 255
"""Standard deviation of the noise that grows with brightness, at both ends."""


class Device:
    """Makes noise of one kind.

    Args:
        noise: `camera` is one drawn camera in poor light, with one setting, `grain` white noise blurred by 3 x 3
            pixels, `signal` white noise whose variance grows with brightness.
        seed: Of all that is drawn.
    """

    def __init__(self, noise: Noise, seed: int) -> None:
        self.noise = noise
        self.generator = torch.Generator().manual_seed(seed)
        self._camera = CameraNoise(POOR_LIGHT, POOR_LIGHT, compressed=0.0)
        self._shot: Shot | None = None

    def __call__(self, image: Float[Tensor, "1 3 h w"]) -> Float[Tensor, "1 3 h w"]:
        """Add it to a clean image; what leaves [0, 1] is cut off."""
        height, width = image.shape[-2:]
        if self.noise == "camera":
            drawn = self._camera.draw(1, height, width, self.generator)
            self._shot = self._shot or drawn
            return self._camera.degrade(Observation.of(image), self._shot._replace(field=drawn.field)).degraded
        white = torch.randn((1, 3, height + 2, width + 2), generator=self.generator)
        if self.noise == "grain":
            noise = 3 * SIGMA * functional.avg_pool2d(white, 3, 1)
        else:
            noise = (BLACK**2 + image * (WHITE**2 - BLACK**2)).sqrt() * white[..., 1:-1, 1:-1]
        return (image + noise).clamp(0, 1)


def one_device(images: str, *, output: str, noise: Noise = "camera", seed: int = 7) -> int:
    """Write 8-bit images with one device's noise, and the clean ones: three of four to train on, the fourth to test.

    Args:
        images: Folder of clean images.
        output: Folder to write train/noisy, train/clean, test/noisy and test/clean to.
        noise: One camera in poor light, noise with a "grain" that neighbours share, or white noise that grows with the
            "signal".
        seed: Of the device and its noise.

    Returns:
        Exit status: 0 when the images are there, 2 when the arguments allow no work.
    """
    device = Device(noise, seed)
    for index, (path, _) in enumerate(sorted(find_images([images]))):
        image = torch.from_numpy(read_rgb(path)).permute(2, 0, 1)[None]
        part = Path(output) / ("train" if index % TESTED else "test")
        for kind, values in (("noisy", device(image)), ("clean", image)):
            pixels = (values[0].permute(1, 2, 0) * 255).round().byte().numpy()
            write_picture(Picture(np.ascontiguousarray(pixels)), part / kind / f"{path.stem}.png")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(one_device, vars(CommandParser(one_device).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
