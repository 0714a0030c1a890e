"""Other images of a set that a fill may use, as files: which of them, and what of them."""

import logging
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Int, Shaped

from restore.commands.batch import HoleOf, Job, is_result, without_masks
from restore.errors import FileError, UserError
from restore.images.codec import read_pages
from restore.images.folders import find_images
from restore.images.picture import Picture, as_stored, upright

if TYPE_CHECKING:
    from restore.inference.plausible.likeness import Thumbnail

# torch is imported only once the arguments have proved usable: `--help` stays quick.
_logger = logging.getLogger(__name__)

MOST_FILES = 128
"""Files that are looked at, spread evenly over all that there are."""

MOST = 24
"""References that an image is told, at the most."""

MOST_PIXELS = 64_000_000
"""Of these together, unless there are fewer than `LEAST`."""

LEAST = 4
"""References that an image is told however large they are."""

_Page = tuple[Path, Path, int]
"""A file, its path relative to the folder that was named, and one of its pages."""


class ReferenceFiles:
    """The images that `--like` names, of which each image is told those that have what surrounds its hole.

    An image is no reference of itself, masks and results of an earlier run are none, and what is a hole of an image
    that is to be filled as well is not copied from it either.

    Args:
        inputs: Files, folders and patterns, as `find_images` takes them.
        output: Where results go.
        mask: The file or the folder of the masks.
        jobs: What is to be filled.
        hole_of: Finds the holes of these.

    Raises:
        FileError: A folder or a pattern holds no image.
        UserError: None of the images can be read.
    """

    def __init__(
        self, inputs: Sequence[str], output: str, mask: Path | None, jobs: Sequence[Job], hole_of: HoleOf
    ) -> None:
        found = [(path, relative) for path, relative in find_images(inputs) if not is_result(output, path, relative)]
        if mask is not None:
            found = without_masks(found, mask)
        if len(found) > MOST_FILES:
            _logger.info("--like: %d of %d images are looked at, spread evenly", MOST_FILES, len(found))
            found = [found[index] for index in np.linspace(0, len(found) - 1, MOST_FILES).round().astype(int)]
        self._holes: dict[Path, Path] = {job.source.resolve(): job.relative for job in jobs if job.source}
        self._hole_of = hole_of
        self._pages: list[_Page] = []
        self._thumbnails: list[Thumbnail] = []
        self._areas: list[int] = []
        for path, relative in found:
            try:
                self._look_at(path, relative)
            except UserError as error:
                _logger.warning(
                    "%s; it is not copied from", error if isinstance(error, FileError) else f"{path}: {error}"
                )
        if not self._pages:
            raise UserError("--like names no image that can be copied from")

    def alike(
        self, job: Job, picture: Picture, hole: Bool[np.ndarray, "h w"]
    ) -> tuple[list[tuple[Path, Path]], list[Shaped[np.ndarray, "_ _ *c"]]]:
        """The references of a picture that are most like it around its hole.

        Returns:
            Their paths, each with what it is called in messages; and their values.
        """
        from restore.images.arrays import UserImage
        from restore.inference.plausible.likeness import Surroundings

        if not hole.any():
            return [], []
        own = job.source.resolve() if job.source else None
        others = [index for index, (path, _, _) in enumerate(self._pages) if path.resolve() != own]
        given = UserImage.of(picture.array, hole)
        around = Surroundings(given.pixels[0].astype(np.float32), given.hidden[0])
        ranked = around.ranked([self._thumbnails[index] for index in others])
        chosen = self._some([others[index] for index, _ in ranked])
        arrays = [self._array(read_pages(path)[page], path, picture.orientation) for path, _, page in chosen]
        return [(path, relative) for path, relative, _ in chosen], arrays

    def _some(self, ranked: Sequence[int]) -> list[_Page]:
        """The first pages that memory has room for, `LEAST` of them at least."""
        area = accumulate(self._areas[index] for index in ranked)
        fit = sum(one <= MOST_PIXELS for one in area)
        return [self._pages[index] for index in ranked[: min(max(fit, LEAST), MOST)]]

    def _look_at(self, path: Path, relative: Path) -> None:
        from restore.images.arrays import UserImage
        from restore.inference.plausible.likeness import Thumbnail

        thumbnails, areas = [], []
        for picture in read_pages(path):
            given = UserImage.of(self._array(picture, path, 1))
            known = ~given.unseen[0]
            thumbnails.append(Thumbnail.of(given.pixels[0].astype(np.float32), known))
            areas.append(known.size)
        self._thumbnails += thumbnails
        self._areas += areas
        self._pages += [(path, relative, page) for page in range(len(thumbnails))]

    def _array(self, picture: Picture, path: Path, orientation: int) -> Shaped[np.ndarray, "h w *c"]:
        """The values of a reference, transparent where it has a hole, lying as another picture lies."""
        relative = self._holes.get(path.resolve())
        array = picture.array
        if relative is not None:
            opaque = np.full(picture.pixels.shape[:2], picture.white, picture.pixels.dtype)
            alpha = opaque if picture.alpha is None else picture.alpha
            hole = self._hole_of(picture, relative)
            array = np.dstack([picture.pixels, np.where(hole, np.zeros_like(alpha), alpha)])
        return np.ascontiguousarray(as_stored(upright(array, picture.orientation), orientation))


def told(job: Job, names: Sequence[Path], sources: Int[np.ndarray, "h w 3"], hole: Bool[np.ndarray, "h w"]) -> str:
    """How much of a fill was copied from where, in a line; empty where nothing was copied."""
    numbers = Counter(sources[hole][:, 0].tolist())
    copied = sum(count for number, count in numbers.items() if number >= 0)
    if not copied:
        return ""
    parts = [
        (count, "itself" if number == 0 else str(names[number - 1])) for number, count in numbers.items() if number >= 0
    ]
    shares = ", ".join(f"{name} ({100 * count / copied:.0f} %)" for count, name in sorted(parts, reverse=True))
    return f"{job.name}: copied from {shares}"
