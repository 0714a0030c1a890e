"""The loader of training batches, which a resumed run takes up in the middle of an epoch."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from torch.utils.data import DataLoader

from restore.data.sampling import TrainingSampler


class ResumableLoader(DataLoader[Any]):
    """A loader whose state, kept by Lightning in its checkpoints, is how many batches of the epoch are done.

    What was fetched ahead of training does not count as done.

    Args:
        sampler: The order of visits.
        batch_size: Images in a batch.
        batches_done: Tells how many batches of the running epoch were trained on.
        options: The other arguments of torch's loader.
    """

    def __init__(
        self, sampler: TrainingSampler, batch_size: int, batches_done: Callable[[], int], **options: Any
    ) -> None:
        super().__init__(sampler.dataset, batch_size, sampler=sampler, **options)
        self.order = sampler
        self.batches_done = batches_done
        self.waited = 0.0
        """Seconds that training has waited for batches so far."""

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # torch says which of its own classes it is
        """The batches of an epoch."""
        batches = super().__iter__()
        while True:
            started = time.perf_counter()
            try:
                batch = next(batches)
            except StopIteration:
                return
            finally:
                self.waited += time.perf_counter() - started
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Where training stands in this epoch."""
        return {"batches_done": self.batches_done()}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Leave out, once, what was already visited in the epoch that is resumed."""
        done = state["batches_done"]
        assert self.batch_size is not None
        self.order.skip = 0 if done >= len(self) else done * self.batch_size
