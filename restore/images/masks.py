"""From what a user calls a mask to a hole: its polarity, its soft edges and its orientation are settled here."""

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32

from restore.errors import FileError, UserError
from restore.images.codec import MAX_PIXELS, read_picture
from restore.images.folders import find_images
from restore.images.labels import refuse_labels, stored_values
from restore.images.mask_names import MaskNames
from restore.images.picture import ImageFileError, Picture, as_stored, upright

MaskMeans = Literal["hole", "keep"]
"""What the white of a mask stands for."""

DAMAGED = 0.1
"""A pixel that is more than this part hole is filled as a whole.

The grey edge of a painted mask covers pixels that are partly damaged, and one of them left standing shows as a speck.
JPEG leaves ripples of a few levels in the black of a mask, and these stay below.
"""

_LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_logger = logging.getLogger(__name__)


def read_mask(
    path: str | Path,
    mask_means: MaskMeans = "hole",
    values: Sequence[int] | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Bool[np.ndarray, "h w"]:
    """Read a mask as it is seen: upright, True = hole.

    Where its opacity varies, opacity decides: what is opaque is painted, whatever the colour of the paint. Otherwise
    brightness decides (of colours their luminance), and what is transparent as a whole is not painted at all. What
    lies under full transparency never counts. Where the brightness of the paint varies too, that is said; a picture
    of which parts were erased is refused, unless `mask_means` says that what is opaque is kept.

    Args:
        path: An image of any format, depth and number of channels.
        mask_means: What white, or paint, stands for.
        values: For a mask of labels, the values that count as white, as they are stored: indices of a palette, else
            gray; nothing else of the mask then matters.
        max_pixels: Larger masks are refused before they are decoded.

    Raises:
        ImageFileError: It cannot be read, is a picture with parts erased, or holds labels and no `values` are given.
    """
    path = Path(path)
    picture = read_picture(path, max_pixels)
    if values is None:
        level = _level(path, picture, mask_means)
    else:
        level = np.isin(stored_values(path, picture), list(values)).astype(np.float32)
    level = level if mask_means == "hole" else 1 - level
    soft = int(((level > DAMAGED) & (level < 1 - DAMAGED)).sum())
    if soft:
        _logger.info("%s: soft edges; %d grey pixels count as hole (more than %.0f %%)", path, soft, 100 * DAMAGED)
    return upright(level > DAMAGED, picture.orientation)


def fit_mask(mask: Bool[np.ndarray, "mh mw"], picture: Picture) -> Bool[np.ndarray, "h w"]:
    """Lay a mask, drawn on the picture as a viewer shows it, over the picture's pixels as they are stored.

    Raises:
        UserError: The mask has another size.
    """
    height, width = upright(picture.pixels, picture.orientation).shape[:2]
    if mask.shape != (height, width):
        raise UserError(f"the mask is {mask.shape[1]} x {mask.shape[0]} pixels, the image {width} x {height}")
    return as_stored(mask, picture.orientation)


class MaskFile:
    """One mask for all pictures.

    Args:
        path: The mask.
        mask_means: What white stands for.
        values: Labels that count as white, as for `read_mask`.
        max_pixels: Likewise.

    Raises:
        ImageFileError: As `read_mask`.
    """

    def __init__(
        self,
        path: Path,
        mask_means: MaskMeans = "hole",
        values: Sequence[int] | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        self.mask = read_mask(path, mask_means, values, max_pixels)

    def __call__(self, picture: Picture, relative: Path) -> Bool[np.ndarray, "h w"]:  # noqa: ARG002 (same for all)
        """The hole in the picture's stored layout."""
        return fit_mask(self.mask, picture)


class MaskFolder:
    """For each picture the mask of the same relative path and name, as `MaskNames` tells them.

    Args:
        folder: Where the masks lie, in the tree of the pictures.
        mask_means: What white stands for.
        values: Labels that count as white, as for `read_mask`.
        beside: Whether the pictures lie there as well.

    Raises:
        FileError: The folder holds no image.
    """

    def __init__(
        self,
        folder: Path,
        mask_means: MaskMeans = "hole",
        values: Sequence[int] | None = None,
        beside: bool = False,
    ) -> None:
        self.folder = folder
        self.mask_means: MaskMeans = mask_means
        self.values = values
        self.names = MaskNames((relative for _, relative in find_images([folder])), beside)

    def __call__(self, picture: Picture, relative: Path) -> Bool[np.ndarray, "h w"]:
        """The hole in the picture's stored layout."""
        return fit_mask(read_mask(self.file(relative), self.mask_means, self.values), picture)

    def file(self, relative: Path) -> Path:
        """The mask of a picture.

        Raises:
            FileError: There is none, or more than one.
        """
        same = self.names.match(relative)
        if len(same) != 1:
            names = " and ".join(path.name for path in same) or f"no {self.names.wanted(relative)}"
            raise FileError(self.folder, f"one mask is needed for {relative}, not {names}")
        return self.folder / same[0]


class OwnAlpha:
    """The transparent part of each picture is its hole."""

    def __call__(self, picture: Picture, relative: Path) -> Bool[np.ndarray, "h w"]:  # noqa: ARG002 (nothing beside)
        """The hole in the picture's stored layout."""
        if picture.alpha is None:
            raise UserError("has no alpha channel to take the hole from")
        return picture.alpha < (1 - DAMAGED) * picture.white


def _level(path: Path, picture: Picture, mask_means: MaskMeans) -> Float32[np.ndarray, "h w"]:
    """How white each pixel is, or how opaque its paint, 0 to 1."""
    level = picture.pixels.astype(np.float32) / np.float32(picture.white)
    if level.ndim == 3:
        level = level @ _LUMINANCE
    if not np.isfinite(level).all():
        raise ImageFileError(path, "holds NaN or infinite values")
    if picture.alpha is None:
        refuse_labels(path, picture, float(level.max()), DAMAGED)
        return level
    opacity = picture.alpha.astype(np.float32) / np.float32(picture.white)
    painted = opacity > DAMAGED
    if not painted.any():
        return np.zeros_like(level)
    if np.ptp(opacity) <= DAMAGED:
        refuse_labels(path, picture, float(level.max()), DAMAGED)
        return level
    if np.ptp(np.quantile(level[painted], [0.01, 0.99])) > DAMAGED:
        if mask_means == "hole" and _is_picture(level, painted):
            reason = "a picture of which parts are erased, and no mask: to fill what is erased, add --mask-means keep"
            raise ImageFileError(path, f"{reason}, or give it as the image, with --mask alpha")
        _warn_once(f"{path}: both its opacity and its brightness vary; opacity decides: what is opaque is painted")
    return opacity


def _is_picture(level: Float32[np.ndarray, "h w"], painted: Bool[np.ndarray, "h w"]) -> bool:
    """Whether most neighbours differ: paint, in however many colours, is flat."""
    pairs = painted[:, 1:] & painted[:, :-1]
    return bool((np.diff(level, axis=1)[pairs] != 0).mean() > 0.5) if pairs.any() else False


@cache
def _warn_once(message: str) -> None:
    """Training reads a mask again and again."""
    _logger.warning("%s", message)
