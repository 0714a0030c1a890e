"""The order of visits, shared out over the processes of a distributed run.

Both samplers are torch's `DistributedSampler` by type, which tells Lightning to leave them in place.
"""

from collections.abc import Iterator, Sized
from itertools import islice
from typing import Any

from torch.utils.data import DistributedSampler


class TrainingSampler(DistributedSampler[Any]):
    """A new order each epoch, in which no image comes twice; it yields the keys that `Crops` expects.

    All processes get the same number of images, as gradients are exchanged at every step. Where the images cannot be
    shared out evenly, the remainder sits out, other images in each epoch; with fewer images than processes some
    images are used by several.

    Args:
        dataset: What is visited.
        num_replicas: Number of processes.
        rank: Which process this is.
        seed: Seed of the order, the same in all processes.
    """

    def __init__(self, dataset: Sized, num_replicas: int, rank: int, seed: int) -> None:
        super().__init__(
            dataset,  # type: ignore[arg-type]  # torch needs its length only
            num_replicas,
            rank,
            shuffle=True,
            seed=seed,
            drop_last=len(dataset) >= num_replicas,
        )
        self.size = len(dataset)
        self.skip = 0
        """How many visits the next epoch leaves out at its start, because a run that is resumed has made them."""

    def __iter__(self) -> Iterator[int]:
        skip, self.skip = self.skip, 0
        return (index + self.epoch * self.size for index in islice(super().__iter__(), skip, None))


class ValidationSampler(DistributedSampler[Any]):
    """Each image exactly once over all processes, without the repetitions that torch pads with.

    So sums over all processes, as torchmetrics makes them, equal those of one process. Processes may differ by one
    image. None stays without: with fewer images than processes, and only then, some images are used by several.

    Args:
        dataset: What is visited.
        num_replicas: Number of processes.
        rank: Which process this is.
    """

    def __init__(self, dataset: Sized, num_replicas: int, rank: int) -> None:
        super().__init__(dataset, num_replicas, rank, shuffle=False)  # type: ignore[arg-type]  # as above
        self.share = range(rank % len(dataset), len(dataset), num_replicas)

    def __iter__(self) -> Iterator[int]:
        return iter(self.share)

    def __len__(self) -> int:
        return len(self.share)
