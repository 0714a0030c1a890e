import math

import pytest
import torch

from restore.degradations.interval import Interval


@pytest.mark.parametrize(
    ("low", "high"),
    [(2.0, 1.0), (-1.0, 1.0), (0.0, 11.0), (math.nan, 1.0), (0.0, math.nan)],
    ids=lambda value: str(value),
)
def test_impossible_ranges_are_refused_by_value(low, high):
    with pytest.raises(ValueError, match=f"share_min={low} and share_max={high}"):
        Interval("share", low, high, ceiling=10.0)


def test_unbounded_ranges_are_refused():
    with pytest.raises(ValueError, match="sigma_max=inf"):
        Interval("sigma", 0.0, math.inf)


def test_draws_fill_the_range_and_stay_inside():
    drawn = Interval("share", 2.0, 5.0).draw((1000,), torch.Generator().manual_seed(0))
    assert drawn.min() >= 2
    assert drawn.max() <= 5
    assert drawn.max() - drawn.min() > 2.9
