"""The pieces of a filled patch, like those of a jigsaw puzzle: which stretch of the image each was copied from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

PIECE_COLOURS = ((255, 255, 0), (0, 255, 0), (255, 96, 32))
"""Of the largest pieces, the only ones that are drawn: RGB up to 255."""

Box = tuple[slice, slice]
"""Rows and columns of a patch, which may reach beyond the image on the right and below."""

Colour = tuple[int, int, int]

Region = tuple[Bool[ndarray, "_ _"], Colour]
"""Some pixels, and the colour of their rim."""


@dataclass(frozen=True)
class Piece:
    """Pixels that were copied side by side.

    Args:
        down: Rows from each pixel to its source.
        right: Columns from each pixel to its source.
        where: The pixels.
        share: Of what was copied into the patch, in (0, 1].
    """

    down: int
    right: int
    where: Bool[ndarray, "h w"]
    share: float

    @property
    def source(self) -> Bool[ndarray, "h w"]:
        """The pixels that it was copied from."""
        rows, columns = np.nonzero(self.where)
        there = np.zeros_like(self.where)
        there[rows + self.down, columns + self.right] = True
        return there

    @property
    def told(self) -> str:
        """Its share, and where it comes from, in two lines."""
        across = f"{abs(self.right)} px {'right' if self.right > 0 else 'left'}"
        along = f"{abs(self.down)} px {'down' if self.down > 0 else 'up'}"
        ways = [way for way, step in ((across, self.right), (along, self.down)) if step]
        return f"{self.share:.0%} of the patch, from\n{', '.join(ways)}"


def pieces_of(sources: Int[ndarray, "h w 3"], box: Box) -> list[Piece]:
    """What was copied into a part of an image, the largest piece first.

    Args:
        sources: As `Restorer.inpaint` tells them; what comes from other images is left out.
        box: The part.
    """
    height, width = sources.shape[:2]
    inside = np.zeros((height, width), dtype=bool)
    inside[box] = True
    moves = sources[..., 1:] - np.moveaxis(np.indices((height, width)), 0, -1)
    copied = inside & (sources[..., 0] == 0) & moves.any(-1)
    offsets, counts = np.unique(moves[copied], axis=0, return_counts=True)
    return [
        Piece(down, right, copied & (moves == (down, right)).all(-1), int(counts[i]) / int(counts.sum()))
        for i in np.argsort(-counts, kind="stable")
        for down, right in [offsets[i].tolist()]
    ]


def ways(
    picture: Float[ndarray, "h w 3"], regions: Sequence[Region], pieces: Sequence[Piece], box: Box, side: int
) -> Float[ndarray, "height width 3"]:
    """An image with a line from the source of each piece to where it lies.

    Args:
        picture: RGB in [0, 1].
        regions: Of which the rims are drawn.
        pieces: Those to draw, in the colours of pieces.
        box: The patch that they lie in.
        side: Longer side of the result in pixels.
    """
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = _canvas(picture, size, Image.Resampling.BICUBIC)
    _draw_rims(canvas, regions)
    draw = ImageDraw.Draw(canvas)
    middle = np.array([box[1].start + box[1].stop, box[0].start + box[0].stop]) / 2
    for piece, colour in reversed(list(zip(pieces, PIECE_COLOURS, strict=False))):
        start, stop = scale * (middle + np.array([piece.right, piece.down])), scale * middle
        apart = np.abs(stop - start).max()
        edge = scale * (box[0].stop - box[0].start) / 2 + 2
        _draw_arrow(draw, start, stop - (stop - start) * min(1.0, edge / max(apart, 1e-6)), colour)
    return np.asarray(canvas, dtype=np.float32) / 255


def enlarged(
    picture: Float[ndarray, "h w 3"], regions: Sequence[Region], box: Box, move: tuple[int, int], side: int
) -> Float[ndarray, "_ _ 3"]:
    """A part of an image and what is around it, pixel by pixel.

    Args:
        picture: RGB in [0, 1]; what would lie beyond its border is white.
        regions: Of which the rims are drawn.
        box: The part.
        move: Rows and columns to move on from the part.
        side: Longest side of the result in pixels.
    """
    extent = box[0].stop - box[0].start
    margin = 2 * extent
    rows, columns = (
        slice(margin + part.start + step - extent, margin + part.stop + step + extent)
        for part, step in zip(box, move, strict=True)
    )
    seen = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), constant_values=1)[rows, columns]
    factor = max(1, side // max(seen.shape[:2]))
    canvas = _canvas(seen, (seen.shape[1] * factor, seen.shape[0] * factor), Image.Resampling.NEAREST)
    _draw_rims(canvas, [(np.pad(region, margin)[rows, columns], colour) for region, colour in regions])
    return np.asarray(canvas, dtype=np.float32) / 255


def _canvas(picture: Float[ndarray, "h w 3"], size: tuple[int, int], resampling: Image.Resampling) -> Image.Image:
    levels = (picture.clip(0, 1) * 255).round().astype(np.uint8)
    return Image.fromarray(levels).resize(size, resampling)


def _draw_rims(canvas: Image.Image, regions: Sequence[Region]) -> None:
    """Draw the inner rims of regions, black within."""
    for region, colour in regions:
        part = Image.fromarray(region.astype(np.uint8) * 255).resize(canvas.size, Image.Resampling.NEAREST)
        for width, ink in ((11, (0, 0, 0)), (7, colour)):
            inner = part.filter(ImageFilter.MinFilter(width))
            canvas.paste(ink, mask=ImageChops.subtract(part, inner))


def _draw_arrow(
    draw: ImageDraw.ImageDraw, start: Float[ndarray, "2"], stop: Float[ndarray, "2"], colour: Colour
) -> None:
    """Draw an arrow in a black rim, with a dot where it starts."""
    along = (stop - start) / max(float(np.hypot(*(stop - start))), 1e-6)
    across = np.array([-along[1], along[0]])
    for extra, ink in ((2, (0, 0, 0)), (0, colour)):
        draw.line([*start, *(stop - 8 * along)], ink, width=3 + 2 * extra)
        draw.ellipse([*(start - 6 - extra), *(start + 6 + extra)], ink)
        tip, back, half = stop + 2 * extra * along, stop - (14 + extra) * along, (7 + 1.5 * extra) * across
        draw.polygon([tuple(tip.tolist()), tuple((back + half).tolist()), tuple((back - half).tolist())], ink)
