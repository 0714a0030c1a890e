"""Where the holes of images are: what `--mask` and `--not-from` name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from restore.commands.batch import HoleOf, Job
from restore.commands.standard import INPUT, STANDARD, standard_as_file
from restore.errors import UserError
from restore.files.hashed import Hashed
from restore.images.masks import MaskFile, MaskFolder, MaskMeans, OwnAlpha


@dataclass(frozen=True)
class Holes:
    """A source of holes, and the files that it reads.

    Args:
        of: Finds the hole of a picture.
        file: Tells the mask of a picture by its relative path: hashed already where all have the same; None where the
            picture's own alpha is the mask.
    """

    of: HoleOf
    file: Callable[[Path], Path | Hashed | None]

    @classmethod
    def read(cls, mask: str, mask_means: MaskMeans, values: list[int] | None, jobs: Sequence[Job]) -> "Holes":
        """What an option names.

        Args:
            mask: A file, a folder, "alpha", or "-" for standard input.
            mask_means: What white stands for.
            values: Labels that count as white.
            jobs: The pictures.

        Raises:
            UserError: It cannot be read, or goes with none of the other options.
        """
        if mask == "alpha":
            if mask_means == "keep" or values is not None:
                option = "--mask-means" if values is None else "--mask-values"
                raise UserError(f"{option} is about mask files; with --mask alpha the transparent part is the hole")
            return cls(OwnAlpha(), lambda _: None)
        if mask == STANDARD:
            with standard_as_file() as path:
                return cls._of_file(path, mask_means, values, str(INPUT))
        path = Path(mask)
        if not path.is_dir():
            return cls._of_file(path, mask_means, values)
        is_beside = any((path / job.relative).resolve() == job.name.resolve() for job in jobs)
        folder = MaskFolder(path, mask_means, values, is_beside)
        return cls(folder, folder.file)

    @classmethod
    def _of_file(cls, path: Path, mask_means: MaskMeans, values: list[int] | None, name: str | None = None) -> "Holes":
        holes = MaskFile(path, mask_means, values)
        hashed = Hashed.of(path, name)
        return cls(holes, lambda _: hashed)
