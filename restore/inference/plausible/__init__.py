"""Fills to look at: one of the things that could lie in a hole, copied from visible patches, and not their mean."""

from typing import Literal

from restore.inference.plausible.batch import fill_plausibly
from restore.inference.plausible.fill import NARROW, Plausible, own_places, plausible_fill
from restore.inference.plausible.reference import NOWHERE, Reference, references_of

__all__ = [
    "FILLS",
    "NARROW",
    "NOWHERE",
    "Fill",
    "Plausible",
    "Reference",
    "fill_plausibly",
    "own_places",
    "plausible_fill",
    "references_of",
]

Fill = Literal["expected", "plausible"]
"""The mean of what could lie in a hole, or one of them."""

FILLS: tuple[Fill, ...] = ("expected", "plausible")
