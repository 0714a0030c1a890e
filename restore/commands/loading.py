"""The weights of a command on images, loaded once its arguments have proved usable: `--help` stays quick."""

from typing import Any

from tqdm import tqdm

FEW_TILES = 4
"""An image of more tiles than these shows its progress on a terminal."""


def load_restorer(weights: str, device: str | None, backend: Any, tile: int | None, self_ensemble: bool) -> Any:
    """A `Restorer` that shows its progress; the arguments are those of the commands."""
    from restore.inference.restorer import Restorer

    tiling = {} if tile is None else {"tile": tile}
    options = {"self_ensemble": self_ensemble, "progress": TileProgress(), **tiling}
    return Restorer.load(weights, device, backend, **options)


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
