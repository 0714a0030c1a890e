"""Many image files through one restoration: planned before any work, and a bad file does not stop the others."""

import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, UInt
from tqdm import tqdm

from restore.images.codec import (
    IMAGE_SUFFIXES,
    ImageFileError,
    Picture,
    check_format,
    read_picture,
    write_picture,
)
from restore.images.folders import find_images
from restore.images.formats import format_of
from restore.images.writes import check_free, write_whole

_logger = logging.getLogger(__name__)

HoleOf = Callable[[Picture, Path], Bool[np.ndarray, "h w"]]
"""Finds the hole of a picture, given also its relative path: see `restore.images.masks`."""


@runtime_checkable
class Restorer(Protocol):
    """What is asked of `restore.inference.restorer.Restorer`."""

    def inpaint(self, image: UInt[np.ndarray, "..."], hole: Bool[np.ndarray, "h w"]) -> UInt[np.ndarray, "..."]:
        """Fill the hole; all else comes back bit-identical."""

    def denoise(
        self, image: UInt[np.ndarray, "..."], sigma: float | None = None, strength: float = 1.0
    ) -> UInt[np.ndarray, "..."]:
        """Remove noise of this sigma, as a fraction of white; None estimates it."""


@dataclass(frozen=True)
class Job:
    """One file to restore.

    Args:
        source: The file to read.
        target: The file to write.
        relative: The source within the folder that it was found in.
    """

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
        ValueError: Nothing to do, or two results would have one name, or one would replace its input.
    """
    output = Path(output)
    found = [(source, relative) for source, relative in find_images(inputs) if not _is_result(source, relative, output)]
    if not found:
        raise ValueError("no images to restore")
    is_file = output.suffix.lower() in IMAGE_SUFFIXES and not output.is_dir()
    if is_file and len(found) > 1:
        raise ValueError(f"{len(found)} images cannot all be written to {output}; name a folder")
    if not is_file and output.exists() and not output.is_dir():
        raise ValueError(f"{output} is neither a folder nor has it the suffix of an image")
    jobs = [Job(source, output if is_file else output / relative, relative) for source, relative in found]
    sources: dict[Path, Path] = {}
    for job in jobs:
        other = sources.setdefault(job.target, job.source)
        if other is not job.source:
            raise ValueError(f"{other} and {job.source} would both be written to {job.target}")
        if not overwrite and job.target.resolve() == job.source.resolve():
            raise ValueError(f"{job.source} would be replaced by its own result; --overwrite allows it")
    return jobs


def run(jobs: Sequence[Job], restore: Callable[[Picture, Job], Picture], overwrite: bool = False) -> int:
    """Restore one file after the other; one that fails is logged as one line, and the next one follows.

    A result is written whole or not at all, an interruption included. Where there was nothing to restore (`restore`
    returns the picture that it was given) the file itself is copied, byte for byte.

    Args:
        jobs: What to read and write.
        restore: Called with each picture and its job.
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
        except (ValueError, OSError) as error:
            own = isinstance(error, ImageFileError) and error.path == job.source
            _logger.error("%s", error if own else f"{job.source}: {error}")  # noqa: TRY400 (the user wants one line)
            failed += 1
    return failed


def inpaint_picture(picture: Picture, hole: Bool[np.ndarray, "h w"], restorer: Restorer) -> Picture:
    """Fill the hole of a picture, outside of which every pixel stays as it is.

    Colours under full transparency are unseen and mostly meaningless, so the filling does not look at them. What is
    filled becomes opaque where it was partly transparent.

    Raises:
        ValueError: Nothing is left to fill from.
    """
    if not hole.any():
        return picture
    unseen = hole if picture.alpha is None else hole | (picture.alpha == 0)
    if unseen.all():
        raise ValueError("the hole covers everything that can be seen")
    where = hole if picture.pixels.ndim == 2 else hole[..., None]
    pixels = np.where(where, restorer.inpaint(picture.pixels, unseen), picture.pixels)
    alpha = None if picture.alpha is None else np.where(hole, picture.alpha.dtype.type(picture.white), picture.alpha)
    return replace(picture, pixels=pixels, alpha=alpha)


def denoise_picture(picture: Picture, restorer: Restorer, sigma: float | None, strength: float) -> Picture:
    """Denoise the colours of a picture; its alpha stays, and so does what is fully transparent.

    Colours under full transparency are replaced by a fill before denoising, so that they do not bleed into the rest.
    Where nothing changes (no noise was found, or none was to be removed), it is the same object that is returned.

    Args:
        picture: What to denoise.
        restorer: Does the work.
        sigma: Standard deviation of the noise as a fraction of white; None estimates it.
        strength: 0 leaves the picture as it is, 1 removes all the noise that was found.
    """
    if sigma == 0 or strength == 0:
        return picture
    if picture.alpha is None or picture.alpha.all():
        pixels = restorer.denoise(picture.pixels, sigma, strength)
    else:
        unseen = picture.alpha == 0
        if unseen.all():
            return picture
        denoised = restorer.denoise(restorer.inpaint(picture.pixels, unseen), sigma, strength)
        pixels = np.where(unseen if picture.pixels.ndim == 2 else unseen[..., None], picture.pixels, denoised)
    return picture if np.array_equal(pixels, picture.pixels) else replace(picture, pixels=pixels)


def _run_one(job: Job, restore: Callable[[Picture, Job], Picture], overwrite: bool) -> None:
    check_free(job.target, overwrite)
    picture = read_picture(job.source)
    check_format(picture, job.target)
    restored = restore(picture, job)
    if restored is picture and format_of(job.source) is format_of(job.target):
        write_whole(job.source.read_bytes(), job.target, overwrite)
        return
    if picture.note:
        _logger.warning("%s: %s", job.source, picture.note)
    write_picture(restored, job.target, overwrite)


def _is_result(source: Path, relative: Path, output: Path) -> bool:
    root, output = source.parents[len(relative.parts) - 1].resolve(), output.resolve()
    return root in output.parents and output in source.resolve().parents
