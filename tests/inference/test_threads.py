import numpy as np
import pytest

from restore.inference import threads
from restore.inference.threads import Threads, usable_cores


@pytest.mark.parametrize("told", ["1", "1,8", " 1 "])
def test_the_environment_tells_of_fewer_cores(monkeypatch, told):
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert usable_cores() == 1


@pytest.mark.parametrize("told", ["", "0", "many", "100000"])
def test_what_says_nothing_leaves_all_that_may_be_used(monkeypatch, told):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cores = usable_cores()
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert usable_cores() == cores >= 1


@pytest.mark.parametrize("count", [0, 1, 511, 512, 1025, 100_000])
def test_every_turn_of_a_loop_is_run_once(monkeypatch, count):
    monkeypatch.setattr(threads, "usable_cores", lambda: 3)
    turns = np.zeros(count, int)

    def loop(start, stop, step):
        turns[start:stop] += step

    with Threads() as three:
        three.run(loop, count, 2)
    assert (turns == 2).all()


def test_an_error_in_a_thread_is_raised(monkeypatch):
    monkeypatch.setattr(threads, "usable_cores", lambda: 2)

    def loop(start, stop):
        if start:
            raise ValueError("no")

    with Threads() as two, pytest.raises(ValueError, match="no"):
        two.run(loop, 10_000)
