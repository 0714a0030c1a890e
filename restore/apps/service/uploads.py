"""Files that came with a request, kept as long as it lasts."""

from pathlib import Path, PurePath

from starlette.datastructures import UploadFile

PIECE = 2**20
"""Bytes that are written at once."""


def safe_name(file: UploadFile, otherwise: str) -> str:
    """The last part of the name that a file was sent under, which is told in messages and is nowhere a path."""
    name = PurePath((file.filename or "").replace("\\", "/")).name.replace("\0", "")
    return name[-100:] if name not in ("", "..") else otherwise


async def kept(file: UploadFile, folder: Path, otherwise: str) -> Path:
    """Write a file to a folder of its own, piece by piece.

    Args:
        file: As it came in.
        folder: Is made.
        otherwise: What it is called if it came without a name.
    """
    folder.mkdir()
    path = folder / safe_name(file, otherwise)
    with path.open("wb") as copy:
        while piece := await file.read(PIECE):
            copy.write(piece)
    await file.close()
    return path
