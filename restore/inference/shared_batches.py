"""Tiles of equal size from several callers, predicted together."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from restore.inference.backend import Backend
from restore.inference.observed import Observed


@dataclass(eq=False)
class _Call:
    """What a thread asks for, and its answer once there is one."""

    observed: Observed
    mean: Float32[np.ndarray, "n 3 1 1"]
    answer: Float32[np.ndarray, "n 3 h w"] | None = None
    error: BaseException | None = None

    @property
    def size(self) -> tuple[int, ...]:
        return self.observed.sigma.shape[-2:]

    @property
    def is_done(self) -> bool:
        return self.answer is not None or self.error is not None


@dataclass
class SharedBatches:
    """A backend for many threads: tiles of one size that they ask for at the same time share a batch.

    Whoever finds the network free takes along what others ask for by then; nobody waits for a batch to become full. In
    a batch, the last bits of a prediction may be others than alone, so that a value of 8 bits may be rounded the other
    way; it pays on GPUs.

    Args:
        backend: Runs the network.
        most: Tiles in a batch, but for a caller that asks for more by itself.
    """

    backend: Backend
    most: int
    _asked: list[_Call] = field(default_factory=list, init=False)
    _asking: threading.Lock = field(default_factory=threading.Lock, init=False)
    _free: threading.Lock = field(default_factory=threading.Lock, init=False)

    @property
    def multiple(self) -> int:
        """That of the backend."""
        return self.backend.multiple

    @property
    def device(self) -> str:
        """That of the backend."""
        return self.backend.device

    @property
    def tells_noise(self) -> bool:
        """Whether the backend does."""
        return self.backend.tells_noise

    def sigma(self, observed: Observed) -> Float32[np.ndarray, "n 1 h w"]:
        """What the backend tells, of each caller by itself."""
        return self.backend.sigma(observed)

    def predict(self, observed: Observed, mean: Float32[np.ndarray, "n 3 1 1"]) -> Float32[np.ndarray, "n 3 h w"]:
        """Predict every pixel, together with what other threads ask for."""
        own = _Call(observed, mean)
        with self._asking:
            self._asked.append(own)
        with self._free:
            if not own.is_done:
                self._predict(self._together_with(own))
        if own.error is not None:
            raise own.error
        assert own.answer is not None
        return own.answer

    def _together_with(self, own: _Call) -> list[_Call]:
        """A call, and as many others of its size as fit, in the order in which they came."""
        with self._asking:
            calls, room = [own], self.most - len(own.observed.sigma)
            for call in self._asked:
                count = len(call.observed.sigma)
                if call is not own and call.size == own.size and count <= room:
                    calls.append(call)
                    room -= count
            self._asked = [call for call in self._asked if call not in calls]
        return calls

    def _predict(self, calls: Sequence[_Call]) -> None:
        """Answer calls; where their batch fails, as for want of memory, each by itself."""
        try:
            together = self.backend.predict(
                Observed.cat(call.observed for call in calls), np.concatenate([call.mean for call in calls])
            )
        except Exception as error:  # is raised where it was asked for
            if len(calls) == 1:
                calls[0].error = error
                return
            for call in calls:
                self._predict([call])
            return
        ends = np.cumsum([len(call.observed.sigma) for call in calls])
        for call, answer in zip(calls, np.split(together, ends[:-1]), strict=True):
            call.answer = answer
