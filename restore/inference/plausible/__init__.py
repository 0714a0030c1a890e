"""Fills to look at: one of the things that could lie in a hole, copied from visible patches, and not their mean."""

from typing import Literal

from restore.inference.plausible.batch import fill_plausibly
from restore.inference.plausible.fill import NARROW, NOWHERE, Plausible, own_places, plausible_fill

__all__ = ["FILLS", "NARROW", "NOWHERE", "Fill", "Plausible", "fill_plausibly", "own_places", "plausible_fill"]

Fill = Literal["expected", "plausible"]
"""The mean of what could lie in a hole, or one of them."""

FILLS = ("expected", "plausible")
