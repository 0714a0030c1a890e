"""How batches are read: in workers, and those of training so that a resumed run goes on in the middle of an epoch."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import BaseContext
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, default_collate

from restore.data.sampling import TrainingSampler
from restore.errors import UserError


class _Told(Dataset[Any]):
    """A data set whose errors of a user's are items: raised in a worker, torch would make a traceback of them."""

    def __init__(self, items: Dataset[Any]) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)  # type: ignore[arg-type]  # torch's Dataset does not declare its length

    def __getitem__(self, key: int) -> Any:
        try:
            return self.items[key]
        except UserError as error:
            return error


def _collate(items: list[Any]) -> Any:
    return next((item for item in items if isinstance(item, UserError)), None) or default_collate(items)


class Loader(DataLoader[Any]):
    """Reads batches as all loaders of this package do.

    Args:
        items: The data set.
        batch_size: Images in a batch.
        sampler: The order of visits.
        num_workers: Processes that read; 0 reads in this one.

    Raises:
        UserError: A file cannot be used, wherever it is read (when it is).
    """

    def __init__(self, items: Dataset[Any], batch_size: int, sampler: Any, num_workers: int) -> None:
        super().__init__(_Told(items), batch_size, sampler=sampler, collate_fn=_collate, **_reading(num_workers))

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # torch says which of its own classes it is
        """The batches of an epoch."""
        for batch in super().__iter__():
            if isinstance(batch, UserError):
                raise batch
            yield batch


class ResumableLoader(Loader):
    """A loader whose state, kept by Lightning in its checkpoints, is how many batches of the epoch are done.

    What was fetched ahead of training does not count as done.

    Args:
        sampler: The order of visits.
        batch_size: Images in a batch.
        batches_done: Tells how many batches of the running epoch were trained on.
        num_workers: As for `Loader`.
    """

    def __init__(
        self, sampler: TrainingSampler, batch_size: int, batches_done: Callable[[], int], num_workers: int
    ) -> None:
        super().__init__(sampler.dataset, batch_size, sampler, num_workers)
        self.order = sampler
        self.batches_done = batches_done
        self.waited = 0.0
        """Seconds that training has waited for batches so far."""

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # as above
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


def _reading(num_workers: int) -> dict[str, Any]:
    return {
        "num_workers": num_workers,
        "pin_memory": torch.cuda.is_available(),
        "multiprocessing_context": _worker_context() if num_workers else None,
        "persistent_workers": num_workers > 0,
    }


def _worker_context() -> BaseContext:
    """How to start workers: never as a fork of this process, since libvips, once used, does not survive that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Imported once instead of by each worker, which takes seconds.
    context.set_forkserver_preload(["restore.data.crops", "restore.data.folder"])
    return context
