import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from restore.inference.observed import Observed
from restore.inference.shared_batches import SharedBatches


class Slow:
    """Predicts the mean colour that it is told; its first batch takes until it is let go."""

    multiple, device, tells_noise = 8, "cpu", False

    def __init__(self, most=100):
        self.most = most
        self.batches = []
        self.started, self.go = threading.Event(), threading.Event()

    def sigma(self, observed):
        raise NotImplementedError

    def predict(self, observed, mean):
        self.batches.append((len(mean), observed.sigma.shape[-2:]))
        self.started.set()
        assert self.go.wait(10)
        if len(mean) > self.most:
            raise MemoryError("too large a batch")
        return np.broadcast_to(mean, observed.degraded.shape).copy()


def ask(backend, colour, count=1, size=(8, 8)):
    degraded = np.zeros((count, 3, *size), np.float32)
    mean = np.full((count, 3, 1, 1), colour, np.float32)
    return backend.predict(Observed(degraded, degraded[:, :1]), mean)


def ask_at_once(slow, shared, requests):
    """The answers to some requests that come in while the first, of one tile, is worked on."""
    with ThreadPoolExecutor(len(requests) + 1) as pool:
        first = pool.submit(ask, shared, 0.5)
        assert slow.started.wait(10)
        asked = []
        for i, request in enumerate(requests):
            asked.append(pool.submit(ask, shared, *request))
            deadline = time.monotonic() + 10
            while len(shared._asked) <= i and time.monotonic() < deadline:
                time.sleep(0.001)
        slow.go.set()
        assert (first.result() == 0.5).all()
        return [one.exception() or one.result() for one in asked]


def test_what_is_asked_for_while_the_network_works_shares_the_next_batch():
    slow = Slow()
    answers = ask_at_once(slow, SharedBatches(slow, 4), [(0.1,), (0.2, 2), (0.3,)])
    assert slow.batches == [(1, (8, 8)), (4, (8, 8))]
    assert [len(answer) for answer in answers] == [1, 2, 1]
    assert [float(answer.max()) for answer in answers] == [np.float32(0.1), np.float32(0.2), np.float32(0.3)]
    assert [float(answer.min()) for answer in answers] == [np.float32(0.1), np.float32(0.2), np.float32(0.3)]


def test_no_batch_is_larger_than_it_may_be_and_sizes_are_not_mixed():
    slow = Slow()
    answers = ask_at_once(slow, SharedBatches(slow, 2), [(0.1,), (0.2, 1, (16, 8)), (0.3,), (0.4,), (0.5, 3)])
    assert sorted(slow.batches[1:]) == [(1, (8, 8)), (1, (16, 8)), (2, (8, 8)), (3, (8, 8))]
    assert [round(float(answer.mean()), 3) for answer in answers] == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_batch_that_fails_is_worked_on_one_by_one():
    slow = Slow(most=2)
    answers = ask_at_once(slow, SharedBatches(slow, 6), [(0.1,), (0.2, 3), (0.3,)])
    assert isinstance(answers[1], MemoryError)
    assert [round(float(answers[i].mean()), 3) for i in (0, 2)] == [0.1, 0.3]
    assert slow.batches[1] == (5, (8, 8))
    assert sorted(slow.batches[2:]) == [(1, (8, 8)), (1, (8, 8)), (3, (8, 8))]


def test_of_many_threads_each_gets_its_own_answer():
    slow = Slow()
    slow.go.set()
    shared = SharedBatches(slow, 4)
    colours = np.linspace(0, 1, 64, dtype=np.float32)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda colour: ask(shared, colour), colours))
    assert all((answer == colour).all() for answer, colour in zip(answers, colours, strict=True))
    assert sum(count for count, _ in slow.batches) == 64
    assert shared._asked == []


def test_an_error_is_raised_where_it_was_asked_for():
    slow = Slow(most=0)
    slow.go.set()
    with pytest.raises(MemoryError, match="too large"):
        ask(SharedBatches(slow, 4), 0.5)
