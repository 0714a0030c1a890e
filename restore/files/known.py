"""What a result kept of its input, by comparing the two files as they are read."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Shaped

from restore.errors import UserError
from restore.images.picture import Picture, upright


@dataclass(frozen=True)
class Known:
    """How the pixels that were known of a page compare with those of its result.

    Args:
        pixels: How many were known.
        differing: How many of these differ, in colour, in opacity, or in a channel of other meaning.
        largest: The largest difference, in levels as they are stored: 0 to 255, to 65535, or to 1 of floats.
        first: A differing pixel, from the left and from the top as a viewer shows the image.
    """

    pixels: int
    differing: int = 0
    largest: float = 0.0
    first: tuple[int, int] | None = None


def compare(before: Picture, after: Picture, hole: Bool[np.ndarray, "h w"] | None) -> Known:
    """Compare what is known of a page with what its result has there.

    Args:
        before: The page.
        after: Its result, also of another format, which may turn pixels upright, hold gray as RGB, or leave out an
            opacity that is full everywhere.
        hole: What was filled, in the stored layout of `before`; None where noise was removed: then all that is seen may
            differ, while opacity is known everywhere.

    Raises:
        UserError: They are of different sizes or depths.
    """
    one, other = (_upright(picture) for picture in (before, after))
    if one.pixels.shape[:2] != other.pixels.shape[:2]:
        raise UserError(f"its size is {_size(other)} pixels, and that of the input {_size(one)}")
    if one.pixels.dtype != other.pixels.dtype:
        raise UserError(f"its values are {other.pixels.dtype}, and those of the input {one.pixels.dtype}")
    opacity, its_opacity = _opacity(one), _opacity(other)
    if hole is None:
        known, opacity_known = opacity <= 0, np.ones(opacity.shape, bool)
    else:
        known = opacity_known = ~upright(hole, before.orientation)
    differs = known & (_rgb(one) != _rgb(other)).any(-1) | opacity_known & (opacity != its_opacity)
    pairs = [(_rgb(one), _rgb(other)), (opacity[..., None], its_opacity[..., None])]
    if one.extra is not None and other.extra is not None:
        differs |= (one.extra != other.extra).any(-1)
        pairs.append((one.extra, other.extra))
    count = int(known.sum())
    if not differs.any():
        return Known(count)
    places = np.nonzero(differs)
    largest = max(float(np.abs(a[places].astype(np.float64) - b[places]).max()) for a, b in pairs)
    return Known(count, len(places[0]), largest, (int(places[1][0]), int(places[0][0])))


def kept(before: Picture, after: Picture) -> dict[str, bool]:
    """Of each thing that a page says beside its pixels, whether its result says the same, byte for byte."""
    one, other = (before, after) if before.orientation == after.orientation else map(_upright, (before, after))
    said, says = one.metadata, other.metadata
    facts = {
        "size": (one.pixels.shape[:2], other.pixels.shape[:2]),
        "depth": (one.pixels.dtype, other.pixels.dtype),
        "alpha": (one.alpha is not None or None, other.alpha is not None),
        "orientation": (None if before.orientation == 1 else said.orientation, says.orientation),
        "profile": (said.profile, says.profile),
        "exif": (said.exif, says.exif),
        "xmp": (said.xmp, says.xmp),
        "iptc": (said.iptc, says.iptc),
        "texts": (said.texts or None, says.texts),
        "resolution": (said.resolution, says.resolution),
    }
    return {name: bool(was == now) for name, (was, now) in facts.items() if was is not None}


def _upright(picture: Picture) -> Picture:
    return picture if picture.orientation == 1 else picture.turned()


def _rgb(picture: Picture) -> Shaped[np.ndarray, "h w 3"]:
    pixels = picture.pixels
    return pixels if pixels.ndim == 3 else np.broadcast_to(pixels[..., None], (*pixels.shape, 3))


def _opacity(picture: Picture) -> Shaped[np.ndarray, "h w"]:
    white = picture.pixels.dtype.type(picture.white)
    return np.broadcast_to(white, picture.pixels.shape[:2]) if picture.alpha is None else picture.alpha


def _size(picture: Picture) -> str:
    return f"{picture.pixels.shape[1]} x {picture.pixels.shape[0]}"
