"""Many image files through one restoration: planned before any work, and a bad file does not stop the others."""

import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt
from tqdm import tqdm

from restore.errors import UserError
from restore.images.codec import check_format, read_picture, write_picture
from restore.images.folders import find_images
from restore.images.formats import IMAGE_SUFFIXES, format_of
from restore.images.picture import ImageFileError, Picture
from restore.images.writes import check_free, write_whole

_logger = logging.getLogger(__name__)

Array = UInt[np.ndarray, "h w *all"]

HoleOf = Callable[[Picture, Path], Bool[np.ndarray, "h w"]]
"""Finds the hole of a picture, given also its relative path: see `restore.images.masks`."""


@dataclass(frozen=True)
class Job:
    """One file to restore: the source, which lies in the folder that it was found in at the relative path."""

    source: Path
    target: Path
    relative: Path


def plan(inputs: Iterable[str | Path], output: str | Path, overwrite: bool = False) -> list[Job]:
    """Decide for every input where its result goes, before anything is read.

    `output` is a file if it has the suffix of an image and there is one input; otherwise it is a folder, in which
    names, formats and the tree below each input folder are kept. Images that lie in an output folder inside an input
    folder are results of an earlier run, and are left out.

    Args:
        inputs: Files, folders and patterns, as `find_images` takes them.
        output: A file or a folder, existing or not.
        overwrite: Allow a result to replace its own input.

    Raises:
        UserError: Nothing to do, or two results would have one name, or one would replace its input.
    """
    output = Path(output)
    found = [(source, relative) for source, relative in find_images(inputs) if not _is_result(source, relative, output)]
    if not found:
        raise UserError("no images to restore")
    is_file = output.suffix.lower() in IMAGE_SUFFIXES and not output.is_dir()
    if is_file and len(found) > 1:
        raise UserError(f"{len(found)} images cannot all be written to {output}; name a folder")
    if not is_file and output.exists() and not output.is_dir():
        raise UserError(f"{output} is neither a folder nor has it the suffix of an image")
    jobs = [Job(source, output if is_file else output / relative, relative) for source, relative in found]
    sources: dict[Path, Path] = {}
    for job in jobs:
        other = sources.setdefault(job.target, job.source)
        if other is not job.source:
            raise UserError(f"{other} and {job.source} would both be written to {job.target}")
        if not overwrite and job.target.resolve() == job.source.resolve():
            raise UserError(f"{job.source} would be replaced by its own result; --overwrite allows it")
    return jobs


def run(jobs: Sequence[Job], restore: Callable[[Picture, Job], Array], overwrite: bool = False) -> int:
    """Restore one file after the other; one that fails is logged as one line, and the next one follows.

    A result is written whole or not at all, an interruption included. A file in which nothing changes is copied, byte
    for byte.

    Args:
        jobs: What to read and write.
        restore: Gives the values of a picture once restored, in the layout of its `array`.
        overwrite: Replace results that exist.

    Returns:
        How many files failed.
    """
    failed = 0
    for job in tqdm(jobs, unit="image", disable=len(jobs) == 1 or not sys.stderr.isatty()):
        try:
            _run_one(job, restore, overwrite)
        except MemoryError:
            _logger.error("%s: not enough memory; a smaller --tile needs less", job.source)  # noqa: TRY400
            failed += 1
        except (UserError, OSError) as error:
            own = isinstance(error, ImageFileError) and error.path == job.source
            _logger.error("%s", error if own else f"{job.source}: {error}")  # noqa: TRY400 (the user wants one line)
            failed += 1
    return failed


def _run_one(job: Job, restore: Callable[[Picture, Job], Array], overwrite: bool) -> None:
    check_free(job.target, overwrite)
    picture = read_picture(job.source)
    check_format(picture, job.target)
    restored = restore(picture, job)
    if np.array_equal(restored, picture.array) and format_of(job.source) is format_of(job.target):
        write_whole(job.source.read_bytes(), job.target, overwrite)
        return
    if picture.note:
        _logger.warning("%s: %s", job.source, picture.note)
    write_picture(picture.with_array(restored), job.target, overwrite)


def _is_result(source: Path, relative: Path, output: Path) -> bool:
    root, output = source.parents[len(relative.parts) - 1].resolve(), output.resolve()
    return root in output.parents and output in source.resolve().parents
