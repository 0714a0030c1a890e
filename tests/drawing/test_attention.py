import numpy as np
import pytest
import torch

from restore.drawing.attention import CELL, CopiedFill, attention_sheet
from restore.drawing.contact_sheet import MARGIN
from restore.networks.attention import AttentionMaps

PATCH = 1 * 6 + 2
"""The hidden one of 4 x 6 patches of 8 x 8 pixels."""


@pytest.fixture
def maps():
    visible = torch.arange(24) != PATCH
    even = (visible / visible.sum()).expand(1, 2, 24, 24)
    return AttentionMaps(even * visible[:, None], even, visible, columns=6, patch_size=8)


def sheet(maps, sources):
    pixels = np.full((32, 48, 3), 0.5, np.float32)
    hole = np.zeros((32, 48), dtype=bool)
    hole[8:16, 16:24] = True
    return np.asarray(attention_sheet(pixels, hole, maps, PATCH, ["decoder.1"], CopiedFill(pixels, sources)))


def cell(shown, column):
    left = MARGIN + column * (CELL + MARGIN)
    return shown[MARGIN : MARGIN + 32, left : left + 48]


def test_what_is_copied_from_one_patch_is_white_there_and_the_transformer_is_even_beside_it(maps):
    sources = np.stack([np.zeros((32, 48), dtype=np.int64), *np.indices((32, 48))], axis=2)
    sources[8:16, 16:24] += (0, 16, 16)
    shown = sheet(maps, sources)
    copied, through = cell(shown, 2), cell(shown, 3)
    is_white = (copied == 255).all(-1)
    assert is_white[24:32, 32:40].all()
    assert is_white.sum() == 64
    assert (through == 255).all(-1).sum() == 32 * 48 - 12 * 12


def test_where_nothing_was_copied_no_pieces_are_drawn(maps):
    sources = np.stack([np.zeros((32, 48), dtype=np.int64), *np.indices((32, 48))], axis=2)
    sources[8:16, 16:24] = -1
    shown = sheet(maps, sources)
    assert shown.shape[1] == 2 * (CELL + MARGIN) + MARGIN
    assert (cell(shown, 0) == (255, 0, 255)).all(-1).sum() == 64
