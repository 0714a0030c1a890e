"""Variations of clean training images: another pose, another light."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from kornia.enhance import adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation
from torch import Tensor

from restore.errors import UserError
from restore.pose import Pose


@dataclass(frozen=True)
class Variation:
    """What is done to each image of a batch.

    Args:
        pose: Where the image lies.
        brightness: What is added to every pixel, in [0, 1] units.
        contrast: What every pixel is multiplied by.
        saturation: What the HSV saturation is multiplied by.
        hue: How far the hue is turned, in degrees.
    """

    pose: Pose
    brightness: Float[Tensor, " n"]
    contrast: Float[Tensor, " n"]
    saturation: Float[Tensor, " n"]
    hue: Float[Tensor, " n"]

    def to(self, device: torch.device | str) -> "Variation":
        """The same variation on another device."""
        light = (self.brightness, self.contrast, self.saturation, self.hue)
        return Variation(self.pose.to(device), *(value.to(device) for value in light))


class Augmentation:
    """Random poses and light for clean images, batched, in one resampling on the images' device.

    Interpolation softens the images that a network is to reproduce. So only some of them are resampled; the others
    get quarter turns, mirroring and whole-pixel shifts, which copy pixels as they are.

    Args:
        rotation: Largest rotation either way, in degrees, in [0, 180].
        shift: Largest shift either way and along either axis, in pixels; it adds to that of a random crop.
        scale: Smallest and largest magnification.
        flip: Whether to mirror half of the images; with the rotation this covers both axes.
        resampled: Share of the images that get any angle, scale and fraction of a pixel, in [0, 1].
        brightness: Largest change either way, in [0, 1] units.
        contrast: Largest relative change either way, in [0, 1].
        saturation: Largest relative change either way, in [0, 1].
        hue: Largest turn of the hue either way, in degrees, in [0, 180].
    """

    def __init__(
        self,
        rotation: float = 180.0,
        shift: float = 4.0,
        scale: tuple[float, float] = (0.8, 1.25),
        flip: bool = True,
        resampled: float = 0.5,
        brightness: float = 0.05,
        contrast: float = 0.2,
        saturation: float = 0.2,
        hue: float = 10.0,
    ) -> None:
        if not 0 < scale[0] <= scale[1]:
            raise UserError(f"scale has to be a smallest and a largest magnification above 0, not {scale}")
        degrees = {"rotation": rotation, "hue": hue}
        shares = {"resampled": resampled, "brightness": brightness, "contrast": contrast, "saturation": saturation}
        for name, value in (degrees | shares | {"shift": shift}).items():
            largest = 180 if name in degrees else 1 if name in shares else math.inf
            if not 0 <= value <= largest:
                raise UserError(f"{name} has to lie in [0, {largest}], not {value}")
        self.rotation = rotation
        self.shift = shift
        self.scale = scale
        self.flip = flip
        self.resampled = resampled
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
        self.hue = hue

    def source_size(self, size: int) -> int:
        """The side of the square to start from, so that a result of side `size` shows nothing beyond its borders."""
        source = size + 2 * self.shift
        if self.resampled:
            angle = math.radians(min(self.rotation, 45.0))
            source *= (math.cos(angle) + math.sin(angle)) / min(self.scale[0], 1.0)
        return math.ceil(source)

    def draw(self, n: int, generator: torch.Generator) -> Variation:
        """Draw the variations of `n` images, on the generator's device."""

        def uniform(low: float, high: float, *shape: int) -> Tensor:
            return low + (high - low) * torch.rand(n, *shape, generator=generator, device=generator.device)

        def either_way(largest: float, *shape: int) -> Tensor:
            return uniform(-largest, largest, *shape)

        resampled = uniform(0.0, 1.0) < self.resampled
        angle = either_way(self.rotation)
        turns = int(self.rotation // 90)
        whole = torch.randint(-min(turns, 1), turns + 1, (n,), generator=generator, device=generator.device)
        shift = either_way(self.shift, 2)
        scale = uniform(math.log(self.scale[0]), math.log(self.scale[1])).exp()
        pose = Pose(
            angle=torch.where(resampled, angle, 90.0 * whole),
            shift=torch.where(resampled[:, None], shift, shift.round()),
            scale=torch.where(resampled, scale, 1),
            flip=uniform(0.0, 1.0) < self.flip / 2,
        )
        return Variation(
            pose,
            brightness=either_way(self.brightness),
            contrast=1 + either_way(self.contrast),
            saturation=1 + either_way(self.saturation),
            hue=either_way(self.hue),
        )

    @property
    def is_copying(self) -> bool:
        """Whether all pixels are copied as they are, to wherever they come."""
        return not any((self.resampled, self.brightness, self.contrast, self.saturation, self.hue))

    def copying(self) -> "Augmentation":
        """The same as far as it copies pixels as they are, for images whose noise has to stay as it came."""
        return Augmentation(self.rotation, self.shift, (1.0, 1.0), self.flip, 0.0, 0.0, 0.0, 0.0, 0.0)

    def apply(
        self, image: Float[Tensor, "n c h w"], variation: Variation, size: int | None = None
    ) -> Float[Tensor, "n c hh ww"]:
        """Vary clean images and cut the middle from the result.

        Args:
            image: RGB in [0, 1]; what changes no light takes any number of channels.
            variation: What to do, on the images' device.
            size: Side of the square to cut, in pixels; all of the image without.
        """
        image = variation.pose.warp(image, size)
        if self.brightness:
            image = adjust_brightness(image, variation.brightness)
        if self.contrast:
            image = adjust_contrast(image, variation.contrast)
        if self.saturation:
            image = adjust_saturation(image, variation.saturation)
        if self.hue:
            image = adjust_hue(image, variation.hue.deg2rad())
        # What is copied stays as it is: noise that comes with an image, as channels of its own, is negative as well.
        return image if self.is_copying else image.clamp(0, 1)

    def __call__(
        self, image: Float[Tensor, "n c h w"], generator: torch.Generator, size: int | None = None
    ) -> Float[Tensor, "n c hh ww"]:
        """Draw variations and apply them."""
        variation = self.draw(len(image), generator).to(image.device)
        return self.apply(image, variation, size)
