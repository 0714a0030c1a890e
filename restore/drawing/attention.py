"""Attention as a picture: what a patch takes from all others, head by head, over the image."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from PIL import Image
from torch import Tensor

from restore.drawing.contact_sheet import BLANK, HOLE_COLOUR, contact_sheet
from restore.errors import UserError
from restore.networks.attention import AttentionMaps

ASKING_COLOUR = np.array([0.0, 1.0, 1.0], dtype=np.float32)
"""Cyan, which is not among the colours of the weights, and which hardly any image holds."""

CELL = 224
"""Largest side of a picture on the sheet, in pixels."""

Cell = tuple[Float[ndarray, "_ _ 3"], str]


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
    pixels: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"], maps: AttentionMaps, patch: int, layers: Sequence[str]
) -> Image.Image:
    """Draw the image with its hole and the patch, what reaches the patch through all layers, and each head of layers.

    Args:
        pixels: RGB in [0, 1].
        hole: Drawn in magenta.
        maps: Of that image with that hole.
        patch: The patch that asks, drawn in cyan.
        layers: Names of layers, each a row of the sheet.
    """
    shown = _outlined(np.where(hole[..., None], np.array(HOLE_COLOUR, np.float32), pixels.clip(0, 1)), maps, patch)
    rows = [[(shown, "the image;\ncyan: the patch"), _cell(shown, maps, patch, maps.rollout(), "through all layers")]]
    for name in layers:
        heads = maps.layers[name]
        rows.append([_cell(shown, maps, patch, heads[i], f"{name}, head {i + 1}") for i in range(len(heads))])
    columns = max(map(len, rows))
    cells = [cell for row in rows for cell in row + [(BLANK, "")] * (columns - len(row))]
    return contact_sheet([picture for picture, _ in cells], [text for _, text in cells], columns, CELL)


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
    row, column = divmod(patch, maps.columns)
    top, left, size = row * maps.patch_size, column * maps.patch_size, maps.patch_size
    frame = np.zeros(picture.shape[:2], dtype=bool)
    frame[max(top - 2, 0) : top + size + 2, max(left - 2, 0) : left + size + 2] = True
    frame[top : top + size, left : left + size] = False
    return np.where(frame[..., None], ASKING_COLOUR, picture)
