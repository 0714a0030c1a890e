"""Attention as a picture: what a patch takes from all others, head by head, and which pieces it was filled with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from PIL import Image
from torch import Tensor

from restore.drawing.contact_sheet import BLANK, HOLE_COLOUR, contact_sheet
from restore.drawing.pieces import PIECE_COLOURS, Piece, enlarged, pieces_of, ways
from restore.drawing.sources import source_map
from restore.errors import UserError
from restore.networks.attention import AttentionMaps

ASKING_COLOUR = np.array([0.0, 1.0, 1.0], dtype=np.float32)
"""Cyan, which is not among the colours of the weights, and which hardly any image holds."""

HOLE_RIM = (255, 0, 255)
"""Magenta, as in a contact sheet: RGB up to 255."""

PATCH_RIM = (0, 255, 255)
"""The colour of the patch that asks."""

CELL = 224
"""Largest side of a picture on the sheet, in pixels."""

Cell = tuple[Float[ndarray, "_ _ 3"], str]


@dataclass(frozen=True)
class CopiedFill:
    """A fill whose pixels were copied.

    Args:
        pixels: The filled image, RGB in [0, 1].
        sources: As `Restorer.inpaint` tells them.
    """

    pixels: Float[ndarray, "h w 3"]
    sources: Int[ndarray, "h w 3"]


def layers_to_show(maps: AttentionMaps, patch: int, layer: str | None) -> list[str]:
    """Which layers a user means.

    Args:
        maps: Of the image.
        patch: The patch that asks.
        layer: A name, `all`, or nothing for the last layer that holds the patch and has something of the image in it:
            the encoder's, or the decoder's for a hidden patch.

    Raises:
        UserError: There is no such layer, or the patch is not in it.
    """
    is_visible = bool(maps.visible[patch])
    holding = [name for name in maps.layers if is_visible or name.startswith("decoder")]
    if layer is None:
        return [f"encoder.{len(maps.encoder)}" if is_visible else holding[-1]]
    if layer == "all":
        return holding
    if layer not in maps.layers:
        raise UserError(f"there is no layer {layer!r}; there are {', '.join(maps.layers)}, and all")
    if layer not in holding:
        raise UserError(f"a hidden patch does not enter {layer}; it is in {', '.join(holding)}")
    return [layer]


def attention_sheet(
    pixels: Float[ndarray, "h w 3"],
    hole: Bool[ndarray, "h w"],
    maps: AttentionMaps,
    patch: int,
    layers: Sequence[str],
    fill: CopiedFill | None = None,
) -> Image.Image:
    """Draw the image with its hole and the patch, what reaches the patch through all layers, and each head of layers.

    Args:
        pixels: RGB in [0, 1].
        hole: Drawn in magenta.
        maps: Of that image with that hole.
        patch: The patch that asks, drawn in cyan.
        layers: Names of layers, each a row of the sheet.
        fill: Of that hole. If something was copied into the patch, it is drawn which pieces, and where from.
    """
    hidden = np.where(hole[..., None], np.array(HOLE_COLOUR, np.float32), pixels.clip(0, 1)).astype(np.float32)
    shown = _outlined(hidden, maps, patch)
    through = _cell(shown, maps, patch, maps.rollout(), "through all layers")
    pieces = [] if fill is None else pieces_of(fill.sources, maps.box(patch))[: len(PIECE_COLOURS)]
    rows = [[(shown, "the image;\ncyan: the patch"), through]]
    if fill is not None and pieces:
        copied = _cell(shown, maps, patch, maps.copied(fill.sources), "copied: its share from each patch")
        rows = [[*_fill_cells(fill, hole, pieces, maps.box(patch)), copied, through]]
        rows.append(_piece_cells(fill, hidden, pieces, maps.box(patch)))
    for name in layers:
        heads = maps.layers[name]
        rows.append([_cell(shown, maps, patch, heads[i], f"{name}, head {i + 1}") for i in range(len(heads))])
    columns = max(map(len, rows))
    cells = [cell for row in rows for cell in row + [(BLANK, "")] * (columns - len(row))]
    return contact_sheet([picture for picture, _ in cells], [text for _, text in cells], columns, CELL)


def _fill_cells(
    fill: CopiedFill, hole: Bool[ndarray, "h w"], pieces: Sequence[Piece], box: tuple[slice, slice]
) -> list[Cell]:
    """The fill with lines to the patch from where its pieces were copied, and where all of it comes from."""
    patch = np.zeros_like(hole)
    patch[box] = True
    lines = ways(fill.pixels, [(hole, HOLE_RIM), (patch, PATCH_RIM)], pieces, box, 2 * CELL)
    places = source_map(fill.pixels, fill.sources).astype(np.float32) / 255
    return [
        (lines, "filled (magenta: the hole);\nwhere the patch's pieces are from"),
        (places, "where all of it is from:\ncopies have the colour of the place"),
    ]


def _piece_cells(
    fill: CopiedFill, hidden: Float[ndarray, "h w 3"], pieces: Sequence[Piece], box: tuple[slice, slice]
) -> list[Cell]:
    """The patch with the rims of its pieces, and each piece where it was copied from, enlarged."""
    rims = [(piece.where, colour) for piece, colour in zip(pieces, PIECE_COLOURS, strict=False)]
    cells: list[Cell] = [
        (enlarged(fill.pixels, rims, box, (0, 0), 2 * CELL), "the patch, enlarged,\nand its largest pieces")
    ]
    for piece, (_, colour) in zip(pieces, rims, strict=True):
        move = (piece.down, piece.right)
        cells.append((enlarged(hidden, [(piece.source, colour)], box, move, 2 * CELL), piece.told))
    return cells


def _cell(
    shown: Float[ndarray, "h w 3"], maps: AttentionMaps, patch: int, weights: Float[Tensor, "l l"], title: str
) -> Cell:
    taken = weights[patch]
    heat = maps.grid(taken / taken.max().clamp_min(1e-12)).numpy()
    size = maps.patch_size
    heat = heat.repeat(size, 0).repeat(size, 1)[: shown.shape[0], : shown.shape[1], None]
    gray = 0.5 * shown.mean(-1, keepdims=True)
    picture = (1 - heat) * gray + heat * np.clip(3 * heat - [0, 1, 2], 0, 1)
    return _outlined(picture.astype(np.float32), maps, patch), f"{title}\n{float(taken.max()):.1%} at most"


def _outlined(picture: Float[ndarray, "h w 3"], maps: AttentionMaps, patch: int) -> Float[ndarray, "h w 3"]:
    """The picture with a frame of two pixels around the patch."""
    rows, columns = maps.box(patch)
    frame = np.zeros(picture.shape[:2], dtype=bool)
    frame[max(rows.start - 2, 0) : rows.stop + 2, max(columns.start - 2, 0) : columns.stop + 2] = True
    frame[rows, columns] = False
    return np.where(frame[..., None], ASKING_COLOUR, picture)
