import math

import pytest
import torch

from restore.training import Muon, WarmupCosine


@pytest.fixture(params=[Muon, torch.optim.AdamW, torch.optim.SGD])
def optimizer(request):
    return request.param(torch.nn.Linear(2, 2).named_parameters(), lr=0.1)


def rates(optimizer, warmup_steps, total_steps, steps):
    """The learning rate of each of the first optimizer steps."""
    schedule = WarmupCosine(warmup_steps)(optimizer, total_steps)
    taken = []
    for _ in range(steps):
        taken.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return taken


def test_the_rate_rises_linearly_then_falls_along_a_cosine_to_zero(optimizer):
    taken = rates(optimizer, warmup_steps=4, total_steps=24, steps=25)
    assert taken[:4] == pytest.approx([0.025, 0.05, 0.075, 0.1])
    assert taken[4:] == pytest.approx([0.05 * (1 + math.cos(math.pi * i / 20)) for i in range(21)])
    assert taken[-1] == pytest.approx(0)


def test_the_rate_stays_at_zero_after_the_last_step(optimizer):
    assert rates(optimizer, warmup_steps=0, total_steps=3, steps=6)[3:] == pytest.approx([0, 0, 0])


def test_the_rate_stays_constant_without_a_last_step(optimizer):
    assert rates(optimizer, warmup_steps=2, total_steps=math.inf, steps=50) == pytest.approx([0.05] + 49 * [0.1])
