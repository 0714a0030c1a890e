"""Sheets of pictures for the manual, as files."""

import io
from pathlib import Path

from PIL import Image

from restore.errors import UserError
from restore.images.writes import write_whole

QUALITY = 90
"""Of formats with losses."""


def sheet_format(path: Path) -> str:
    """Pillow's name of the format that the suffix of a sheet stands for.

    Raises:
        UserError: It writes no such format.
    """
    name = Image.registered_extensions().get(path.suffix.lower())
    if name not in Image.SAVE:
        raise UserError(f"{path}: no format for a picture: name it .png or .webp")
    return name


def write_sheet(sheet: Image.Image, path: Path) -> None:
    """Write a sheet in the format that its suffix names; a file that exists is replaced.

    Raises:
        UserError: As for `sheet_format`.
    """
    buffer = io.BytesIO()
    sheet.save(buffer, format=sheet_format(path), quality=QUALITY)
    write_whole(buffer.getvalue(), path, overwrite=True)
