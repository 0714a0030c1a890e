"""The pose of an image: how far it is turned, shifted, scaled and mirrored."""

from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Bool, Float
from kornia.geometry.transform import get_affine_matrix2d, warp_affine
from torch import Tensor

from restore.observation import Observation

GRID_TOLERANCE = 1e-4
"""How near to a whole number every matrix entry must lie for a pose to count as moving pixels onto pixels."""


@dataclass(frozen=True)
class Pose:
    """Where each image of a batch lies: mirrored first, then turned and scaled about its centre, then shifted.

    Poses that move pixels onto pixels (quarter turns of square images, mirroring, whole-pixel shifts) copy them, so
    that nothing is blurred. Beyond its borders an image continues as its own reflection.

    Args:
        angle: Rotation in degrees, counter-clockwise as seen.
        shift: Shift to the right and down, in pixels.
        scale: Magnification; 1 keeps the size.
        flip: True where left and right are swapped.
    """

    angle: Float[Tensor, " n"]
    shift: Float[Tensor, "n 2"]
    scale: Float[Tensor, " n"]
    flip: Bool[Tensor, " n"]

    @classmethod
    def identity(cls, n: int) -> "Pose":
        """The pose of `n` images that stay as they are."""
        return Pose(torch.zeros(n), torch.zeros(n, 2), torch.ones(n), torch.zeros(n, dtype=torch.bool))

    def to(self, device: torch.device | str) -> "Pose":
        """The same pose on another device."""
        return Pose(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})

    def __getitem__(self, index: slice | Tensor) -> "Pose":
        """The poses of some images of the batch."""
        return Pose(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def source(self, points: Float[Tensor, "n m 2"]) -> Float[Tensor, "n m 2"]:
        """Where points of the posed images come from; both are (x, y) in pixels, from the middle of the image."""
        x, y = ((points - self.shift[:, None]) / self.scale[:, None, None]).unbind(-1)
        angle = self.angle.to(points.dtype).deg2rad()[:, None]
        x, y = angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y
        return torch.stack([torch.where(self.flip[:, None], -x, x), y], -1)

    def target(self, points: Float[Tensor, "n m 2"]) -> Float[Tensor, "n m 2"]:
        """Where points of images without a pose go to: the inverse of `source`."""
        x, y = points.unbind(-1)
        x = torch.where(self.flip[:, None], -x, x)
        angle = self.angle.to(points.dtype).deg2rad()[:, None]
        x, y = angle.cos() * x + angle.sin() * y, -angle.sin() * x + angle.cos() * y
        return torch.stack([x, y], -1) * self.scale[:, None, None] + self.shift[:, None]

    def inverse(self) -> "Pose":
        """The pose that undoes this one, for images that are not mirrored."""
        assert not self.flip.any(), "a mirrored image is shifted first and then turned, which is no pose"
        undone = Pose(-self.angle, torch.zeros_like(self.shift), 1 / self.scale, self.flip)
        return replace(undone, shift=-undone.target(self.shift[:, None])[:, 0])

    def warp(self, image: Float[Tensor, "n c h w"], size: int | None = None) -> Float[Tensor, "n c hh ww"]:
        """Bring clean images into this pose, bicubically, within [0, 1].

        Args:
            image: RGB in [0, 1].
            size: Side of the square cut from the middle of the result, in pixels; all of it without.
        """
        matrix, window = self._window(image, size)
        interpolated = _resample(image, matrix, window, "bicubic").clamp(0, 1)
        return torch.where(self._on_grid(matrix), _resample(image, matrix, window, "nearest"), interpolated)

    def transform(self, observation: Observation, size: int | None = None) -> Observation:
        """Bring damaged images into this pose; what lies in their holes cannot leak out of them.

        Sigma, and with it the hole, is taken from the nearest pixel, so that both keep their values. A visible pixel
        is interpolated bilinearly among its visible neighbours alone (a normalised convolution): the nearest one is
        visible, so there always is one. Holes come out as zeros. Interpolation averages noise, which sigma ignores.

        Args:
            observation: Images and their sigma; holes may hold anything, NaN included.
            size: Side of the square cut from the middle of the result, in pixels; all of it without.
        """
        matrix, window = self._window(observation.degraded, size)
        sigma = _resample(observation.sigma, matrix, window, "nearest")
        visible = (~observation.hole).to(observation.degraded.dtype)
        degraded = torch.where(observation.hole, 0, observation.degraded)
        weight = _resample(visible, matrix, window, "bilinear")
        interpolated = _resample(degraded, matrix, window, "bilinear") / weight.clamp_min(1e-6)
        nearest = _resample(degraded, matrix, window, "nearest")
        posed = torch.where(self._on_grid(matrix), nearest, interpolated)
        return Observation(torch.where(torch.isposinf(sigma), 0, posed), sigma)

    def _window(
        self, image: Float[Tensor, "n c h w"], size: int | None
    ) -> tuple[Float[Tensor, "n 3 3"], tuple[int, int]]:
        """The matrix from source to result pixels `(x, y, 1)`, and the height and width of the result."""
        n, _, height, width = image.shape
        side = torch.tensor([width, height], dtype=image.dtype, device=image.device)
        centre = ((side - 1) / 2).expand(n, 2)
        scale = self.scale[:, None].expand(n, 2)
        # Kornia turns clockwise here.
        matrix = get_affine_matrix2d(self.shift, centre, scale, -self.angle)
        mirror = torch.eye(3, dtype=image.dtype, device=image.device).repeat(n, 1, 1)
        mirror[:, 0, 0] = torch.where(self.flip, -1, 1)
        mirror[:, 0, 2] = torch.where(self.flip, width - 1, 0)
        matrix = matrix @ mirror
        if size is None:
            return matrix, (height, width)
        # A whole number of pixels, so that a pose that copies pixels still does so after the cut.
        offset = torch.div(side - size, 2, rounding_mode="floor")
        matrix[:, :2, 2] -= offset
        return matrix, (size, size)

    def _on_grid(self, matrix: Float[Tensor, "n 3 3"]) -> Bool[Tensor, "n 1 1 1"]:
        """True where pixels land on pixels, so that they can be copied."""
        whole = ((matrix - matrix.round()).abs() < GRID_TOLERANCE).flatten(1).all(1)
        return (whole & (self.scale == 1))[:, None, None, None]


def _resample(
    x: Float[Tensor, "n c h w"], matrix: Float[Tensor, "n 3 3"], window: tuple[int, int], mode: str
) -> Float[Tensor, "n c hh ww"]:
    resampled: Tensor = warp_affine(x, matrix[:, :2], window, mode=mode, padding_mode="reflection", align_corners=True)
    return resampled
