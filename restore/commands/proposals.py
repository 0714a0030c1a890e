"""Several results for each image to choose from, and pictures of where their pixels came from."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int, Shaped

from restore.commands.batch import Job
from restore.commands.outputs import Writing, names_folder
from restore.errors import UserError, check_at_least
from restore.images.picture import Picture
from restore.images.writes import check_free, write_whole


def proposals_of(jobs: Sequence[Job], count: int, writing: Writing) -> list[tuple[Job, int]]:
    """Each job as many times as there are proposals, with the number of the proposal, from 0.

    Args:
        jobs: As planned for one.
        count: Of proposals. For several, `-1`, `-2` … is added to the names of the results.
        writing: How results are written.

    Raises:
        UserError: The count is less than 1, several go to standard output, or have the names of other results.
    """
    check_at_least(1, **{"--proposals": count})
    if count == 1:
        return [(job, 0) for job in jobs]
    if any(job.target is None for job in jobs):
        raise UserError("several proposals cannot be written to standard output; name a folder or a file")
    numbered = [
        (job if job.fault else replace(job, target=_numbered(job.target, number + 1)), number)
        for job in jobs
        for number in range(1 if job.fault else count)
        if job.target is not None
    ]
    targets = [job.target for job, _ in numbered]
    twice = {str(target) for target in targets if targets.count(target) > 1}
    if twice:
        raise UserError(f"two proposals would both be written to {min(twice)}")
    if writing.skip_existing:
        numbered = [(job, number) for job, number in numbered if job.target is None or not job.target.exists()]
    return numbered


class SourceMaps:
    """A picture for each result of where its pixels were copied from.

    Args:
        output: A PNG file for a single result, or a folder, in which each has the name of its result.
        jobs: The results.
        overwrite: Replace files that exist.

    Raises:
        UserError: It is a file, and there are several results; or results without a name.
    """

    def __init__(self, output: str, jobs: Sequence[Job], overwrite: bool) -> None:
        self.is_folder = names_folder(output)
        self.output = Path(output)
        self.overwrite = overwrite
        self.drawn: set[Path] = set()
        if not self.is_folder and self.output.suffix.lower() != ".png":
            raise UserError(f"--sources writes a PNG file, or a folder of them, not {output}")
        if not self.is_folder and len(jobs) > 1:
            raise UserError(f"the sources of {len(jobs)} results cannot all be written to {output}; name a folder")
        for job in jobs:
            if not job.fault:
                check_free(self._path(job), overwrite)

    def draw(
        self, job: Job, picture: Picture, filled: Shaped[np.ndarray, "h w *c"], sources: Int[np.ndarray, "h w 3"]
    ) -> None:
        """Write the picture of a result; of a file of several pages, that of the first."""
        from PIL import Image

        from restore.drawing.sources import source_map
        from restore.images.arrays import UserImage
        from restore.images.picture import upright

        path = self._path(job)
        if path in self.drawn:
            return
        self.drawn.add(path)
        pixels = np.moveaxis(UserImage.of(filled).pixels[0], 0, -1).astype(np.float32)
        png = io.BytesIO()
        Image.fromarray(upright(source_map(pixels, sources), picture.orientation)).save(png, "PNG")
        write_whole(png.getvalue(), path, self.overwrite)

    def _path(self, job: Job) -> Path:
        if not self.is_folder:
            return self.output
        name = job.relative if job.target is None else job.relative.with_name(job.target.name)
        return self.output / name.with_suffix(".png")


def _numbered(target: Path | None, number: int) -> Path:
    assert target is not None
    return target.with_name(f"{target.stem}-{number}{target.suffix}")
