"""The command `restore noise`."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from restore.errors import FileError, UserError
from restore.images.codec import read_pages
from restore.images.folders import find_images
from restore.images.picture import Picture
from restore.images.writes import check_folder, check_free, write_whole
from restore.plain import shown

if TYPE_CHECKING:
    from restore.inference.noise import Noise

# SciPy is imported only when the command runs: `--help` stays quick.
_logger = logging.getLogger(__name__)

HEADER = ("image", "shadows", "lights", "correlated, px", "JPEG quality")


def noise(images: list[str], *, output: str | None = None, overwrite: bool = False) -> int:
    """Tell what noise images have, and keep it as the profile of their camera or scanner.

    Levels are standard deviations, 0 to 255 for images of any depth: in the shadows of each image (a tenth of it is
    darker) and in its lights. Beside them stands how far apart pixels have to lie for their noise to be independent: 1
    for white noise, 3 for 3 or more.

    Args:
        images: Image files, folders (searched recursively, linked ones too), quoted patterns such as
            "scans/**/*.tif".
        output: A JSON file for the profile of all the images together, which `restore denoise --sigma FILE.json` goes
            by, and the degradation `ProfileNoise` in training. Without it, nothing is written.
        overwrite: Replace a profile that exists.

    Returns:
        Exit status: 0 all done, 1 some images failed, 2 the arguments allow no work.
    """
    target = None if output is None else Path(output)
    if target is not None:
        if target.suffix.lower() != ".json" or target.is_dir():
            raise FileError(target, "a profile is a file whose name ends in .json")
        check_folder(target.parent)
        check_free(target, overwrite)
    unreadable: list[FileError] = []
    found = find_images(images, unreadable.append)
    from restore.inference.profile import profile_of

    rows, noises, errors = [HEADER], [], list(unreadable)
    for path, relative in tqdm(found, unit="image", disable=len(found) == 1 or not sys.stderr.isatty()):
        try:
            pages = [found_in(page) for page in read_pages(path)]
        except UserError as error:
            errors.append(error if isinstance(error, FileError) else FileError(path, str(error)))
            continue
        names = [str(relative)] if len(pages) == 1 else [f"{relative}, page {i}" for i in range(1, len(pages) + 1)]
        rows += map(_row, names, pages)
        noises += pages
    for unread in errors:
        _logger.error("%s", unread)
    if not noises:
        raise UserError("no image could be read; no profile is written")
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    for name, *cells in rows:
        aligned = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        sys.stdout.write(shown("  ".join([name.ljust(widths[0]), *aligned])) + "\n")
    if target is not None:
        write_whole(profile_of(noises).encode(), target, overwrite)
    return int(bool(errors))


def found_in(picture: Picture) -> "Noise":
    """The noise of a picture that was read from a file."""
    from restore.images.arrays import UserImage
    from restore.inference.noise import Noise

    given = UserImage.of(picture.array)
    return Noise.of(given.pixels[0], given.hidden[0], picture.jpeg_quality)


def _row(name: str, found: "Noise") -> tuple[str, str, str, str, str]:
    shadows, lights = (f"{255 * level:.1f}" for level in (found.shadows, found.lights))
    quality = "" if found.jpeg_quality is None else str(found.jpeg_quality)
    return name, shadows, lights, str(found.stride) if found.level > 0 else "", quality
