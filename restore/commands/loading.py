"""The weights of a command on images, loaded once its arguments have proved usable: `--help` stays quick."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from tqdm import tqdm

FEW_TILES = 4
"""An image of more tiles than these shows its progress on a terminal."""


_kept: ContextVar[dict[tuple[Any, ...], Any] | None] = ContextVar("kept", default=None)


@contextmanager
def kept_restorers() -> Iterator[None]:
    """Meanwhile, what is asked for once more is not loaded again."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def load_restorer(weights: str, device: str | None, backend: Any, tile: int | None, self_ensemble: bool) -> Any:
    """A `Restorer` that shows its progress; the arguments are those of the commands."""
    kept, asked = _kept.get(), (weights, device, backend, tile, self_ensemble)
    if kept and asked in kept:
        return kept[asked]
    from restore.inference.restorer import Restorer

    tiling = {} if tile is None else {"tile": tile}
    options = {"self_ensemble": self_ensemble, "progress": TileProgress(), **tiling}
    restorer = Restorer.load(weights, device, backend, **options)
    if kept is not None:
        kept[asked] = restorer
    return restorer


class TileProgress:
    """The tiles of each large image, or the passes of a plausible fill, that are done, as a bar on a terminal."""

    def __call__(self, done: int, total: int) -> None:
        """Show it."""
        if done == 0:
            hidden = None if total > FEW_TILES else True  # None: shown on a terminal only
            self._bar = tqdm(total=total, unit="tile", leave=False, disable=hidden)
        self._bar.update(done - self._bar.n)
        if done == total:
            self._bar.close()
