"""Many image files through one restoration: planned before any work, and a bad file does not stop the others."""

import logging
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Bool, Shaped
from tqdm import tqdm

from restore.commands.outputs import Writing, names_folder
from restore.commands.standard import INPUT, STANDARD, check_no_terminal, read_standard, write_standard
from restore.errors import FileError, UserError
from restore.files import NO_LOSS, Rewritten, rewrite
from restore.images.codec import read_bytes
from restore.images.folders import find_images
from restore.images.formats import format_of
from restore.images.mask_names import MaskNames
from restore.images.picture import ImageFileError, Picture
from restore.images.writes import check_folder, check_free, is_of_full_disk, write_whole

_logger = logging.getLogger(__name__)

Array = Shaped[np.ndarray, "h w *all"]

HoleOf = Callable[[Picture, Path], Bool[np.ndarray, "h w"]]
"""Finds the hole of a picture, given also its relative path: see `restore.images.masks`."""

Source = TypeVar("Source", Path, Path | None)
"""A file, or also standard input."""

_AS_FOUND = Writing()


@dataclass(frozen=True)
class Job:
    """One file to restore.

    Args:
        source: None for standard input.
        target: None for standard output.
        relative: The source's path below the folder that it was found in; its name if it was named by itself.
        fault: What is known already to be wrong with it.
    """

    source: Path | None
    target: Path | None
    relative: Path
    fault: FileError | None = None

    @property
    def name(self) -> Path:
        """What messages call the source."""
        return self.source or INPUT


def plan(
    inputs: Iterable[str | Path], output: str | Path, writing: Writing = _AS_FOUND, mask: Path | None = None
) -> list[Job]:
    """Decide for every input where its result goes, before anything is read.

    `output` is a file or a folder, as `names_folder` tells them apart; a folder keeps names, formats and the tree below
    each input folder. Images that lie in an output folder inside an input folder are results of an earlier run, and
    left out, as the masks are that lie among the images. How many results exist and are kept is said.

    Args:
        inputs: Files, folders and patterns, as `find_images` takes them, or "-" for standard input.
        output: A file or a folder, existing or not, or "-" for standard output.
        writing: How results are written.
        mask: The file or the folder of the masks.

    Raises:
        UserError: Nothing to do, an output that cannot be, two results of one name, or one that replaces its input.
    """
    inputs = list(inputs)
    unreadable: list[FileError] = []
    found: list[tuple[Path | None, Path]] = [(None, INPUT)] if STANDARD in inputs else []
    found += find_images([one for one in inputs if one != STANDARD], unreadable.append)
    is_folder = output != STANDARD and names_folder(output)
    folder = Path(output)
    if output != STANDARD:
        check_folder(folder if is_folder else folder.parent)
        found = [one for one in found if not is_result(output, *one)]
    if mask is not None:
        found = without_masks(found, mask)
    if not found:
        raise UserError("no images to restore")
    _check_output(found, output, is_folder, writing)

    def target(relative: Path) -> Path | None:
        return None if output == STANDARD else folder / writing.named(relative) if is_folder else folder

    jobs = list(dict.fromkeys(Job(source, target(relative), relative) for source, relative in found))
    _check_targets(jobs, writing)
    if writing.skip_existing:
        missing = [job for job in jobs if job.target is None or not job.target.exists()]
        if len(missing) < len(jobs):
            _logger.info("%d skipped, as they exist", len(jobs) - len(missing))
        jobs = missing
    return jobs + [Job(error.path, folder / error.path.name, Path(error.path.name), error) for error in unreadable]


@runtime_checkable
class Beside(Protocol):
    """What is written beside each result."""

    def check_free(self, job: Job) -> None:
        """Find out before the work whether a file is in the way."""

    def write(self, job: Job, data: bytes, result: Rewritten) -> None:
        """Write it, once the result of a job is written, which `data` became."""


def run(
    jobs: Sequence[Job],
    restore: Callable[[Picture, Job], Picture],
    writing: Writing = _AS_FOUND,
    beside: Beside | None = None,
) -> int:
    """Restore one file after the other; one that fails is logged as one line, and the next one follows.

    A result is written whole or not at all, an interruption included. A file in which nothing changes is copied, byte
    for byte.

    Args:
        jobs: What to read and write.
        restore: Gives a picture once restored; what it says anew of itself is written where something changes, and
            where the format has room for it.
        writing: How results are written.
        beside: Writes what is to lie beside each result.

    Returns:
        How many files failed.
    """
    failed = 0
    for job in tqdm(jobs, unit="image", disable=len(jobs) == 1 or not sys.stderr.isatty()):
        try:
            _run_one(job, restore, writing, beside)
        except BrokenPipeError:  # whoever read the result has left
            raise
        except MemoryError:
            _logger.error("%s: not enough memory; a smaller --tile needs less", job.name)  # noqa: TRY400
            failed += 1
        except (UserError, OSError) as error:
            if job.target is None and isinstance(error, OSError) and is_of_full_disk(error):  # as above, of its disk
                raise
            own = error is job.fault or (isinstance(error, ImageFileError) and error.path == job.name)
            _logger.error("%s", error if own else f"{job.name}: {error}")  # noqa: TRY400 (the user wants one line)
            failed += 1
    return failed


def _run_one(job: Job, restore: Callable[[Picture, Job], Picture], writing: Writing, beside: Beside | None) -> None:
    if job.fault:
        raise job.fault
    if job.target is not None:
        check_free(job.target, writing.overwrite)
    if beside is not None:
        beside.check_free(job)
    data = read_bytes(job.source) if job.source else read_standard()
    into = job.target or (Path(f"result{writing.suffix}") if writing.suffix else None)
    result = rewrite(data, job.name, lambda page: restore(page, job), into, writing.quality)
    for note in result.notes:
        _logger.warning("%s: %s", job.name, note)
    if result.lacks_room:
        _warn_once(f"{result.format.name} files have no room for a note that pixels were copied")
    if job.target is None:
        write_standard(result.data)
    else:
        write_whole(result.data, job.target, writing.overwrite)
    if beside is not None:
        beside.write(job, data, result)


@cache
def _warn_once(message: str) -> None:
    _logger.warning("%s", message)


def _check_output(
    found: Sequence[tuple[Path | None, Path]], output: str | Path, is_folder: bool, writing: Writing
) -> None:
    check_no_terminal(reads=any(source is None for source, _ in found), writes=output == STANDARD)
    if writing.format and output != STANDARD and not is_folder and writing.named(Path(output)) != Path(output):
        raise UserError(f"{output} is no {writing.suffix} file, as --format wants it; leave one of them out")
    if len(found) > 1 and not is_folder:
        place = "standard output" if output == STANDARD else output
        raise UserError(f"{len(found)} images cannot all be written to {place}; name a folder")
    if is_folder and any(source is None for source, _ in found):
        raise UserError("an image from standard input has no name: name a file as the output, or - (standard output)")


def _check_targets(jobs: Sequence[Job], writing: Writing) -> None:
    taken: dict[str, Job] = {}
    for job in jobs:
        if job.target is None or job.source is None:
            continue
        # Names that one file system tells apart are one on another; beside each other their own has told them apart.
        same = taken.setdefault(unicodedata.normalize("NFC", str(job.target)).casefold(), job)
        if same is not job and (same.target == job.target or same.name.parent != job.source.parent):
            raise UserError(f"{same.name} and {job.source} would both be written to {job.target}")
        if not writing.overwrite and job.target.resolve() == job.source.resolve():
            raise UserError(f"{job.source} would be replaced by its own result; --overwrite allows it")
    into = [format_of(Path(f"x{writing.suffix}") if writing.format else job.target or job.name) for job in jobs]
    if writing.quality is not None and all(one is not None and one.lossless for one in into):
        raise UserError(NO_LOSS)


def without_masks(found: Sequence[tuple[Source, Path]], mask: Path) -> list[tuple[Source, Path]]:
    """What is left once the masks among the images are taken away: by their place, or by name where they share one."""
    names = MaskNames(relative for _, relative in found)
    left = []
    for source, relative in found:
        is_beside = source is not None and (mask / relative).resolve() == source.resolve()
        is_it = source is not None and source.resolve() == mask.resolve()
        if not (is_it or (is_beside and names.is_mask(relative)) or _lies_below(mask, source, relative)):
            left.append((source, relative))
    return left


def is_result(output: str | Path, source: Path | None, relative: Path) -> bool:
    """Whether an image lies in the output folder within the folder that it was found in: an earlier run left it."""
    return output != STANDARD and _lies_below(Path(output), source, relative)


def _lies_below(place: Path, source: Path | None, relative: Path) -> bool:
    """Whether a source lies in a folder that itself lies in the one that was searched for it."""
    if source is None:
        return False
    root, place = source.parents[len(relative.parts) - 1].resolve(), place.resolve()
    return root in place.parents and place in source.resolve().parents
