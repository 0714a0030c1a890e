"""WebP: pixels by libvips, without loss, and all chunks that say something of them kept byte for byte."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from restore.images.exif import read_orientation, without_thumbnail
from restore.images.libvips import open_image, read_pixels, write_pixels
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

Chunk = tuple[bytes, bytes]
"""Name and content."""

LONGEST = 16383
"""Side in pixels."""

_PIXELS = {b"VP8 ", b"VP8L", b"ALPH"}
_BEFORE_PIXELS = {b"ICCP"}
_FLAGS = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}
_HAS_ALPHA = 0x10


class Webp:
    """The codec of WebP files."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data[:4] == b"RIFF" and data[8:12] == b"WEBP"

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture]:
        """Refuses what is broken, animated or too large."""
        chunks = list(_chunks(data))
        if any(name in {b"ANIM", b"ANMF"} for name, _ in chunks):
            raise ImageFileError(path, "an animation; only single images are restored, so take a frame out of it")
        picture = read_pixels(open_image("webp", data, path, max_pixels), path)
        own = [_kept(*chunk) for chunk in chunks if chunk[0] not in _PIXELS | {b"VP8X"}]
        by_name = dict(reversed(own))  # the first of a name counts
        exif = by_name[b"EXIF"].removeprefix(b"Exif\0\0") if b"EXIF" in by_name else None
        metadata = Metadata(
            profile=by_name.get(b"ICCP"),
            exif=exif,
            xmp=by_name.get(b"XMP "),
            orientation=read_orientation(exif),
            source="WebP",
            own=own,
        )
        return (replace(picture, metadata=metadata),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Refuses what is too large for the format."""
        (picture,) = pages
        own: list[Chunk] | None = picture.metadata.own_of("WebP")
        metadata = picture.metadata
        new = (b"XMP ", metadata.xmp or b"")
        said = _chunks_of(metadata) if own is None else metadata.exchanged(own, lambda chunk: chunk[0] == b"XMP ", new)
        data = write_pixels(picture.array, ".webp", path, {"lossless": True, "exact": True})
        if not said:
            return data
        flags = sum(_FLAGS.get(name, 0) for name in dict(said)) + _HAS_ALPHA * (picture.alpha is not None)
        height, width = picture.pixels.shape[:2]
        size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        chunks = [
            (b"VP8X", struct.pack("<I", flags) + size),
            *(one for one in said if one[0] in _BEFORE_PIXELS),
            *(one for one in _chunks(data) if one[0] in _PIXELS),
            *(one for one in said if one[0] not in _BEFORE_PIXELS),
        ]
        content = b"WEBP" + b"".join(_bytes_of(*one) for one in chunks)
        return b"RIFF" + struct.pack("<I", len(content)) + content


def _chunks(data: bytes) -> Iterator[Chunk]:
    """Up to where the file ends or is cut."""
    place = 12
    while place + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, place)
        yield name, data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def _bytes_of(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _kept(name: bytes, content: bytes) -> Chunk:
    """A chunk as it is written again."""
    if name != b"EXIF":
        return name, content
    prefix = b"Exif\0\0" if content.startswith(b"Exif\0\0") else b""  # JPEG's, which does not belong here
    return name, prefix + without_thumbnail(content.removeprefix(prefix))


def _chunks_of(metadata: Metadata) -> list[Chunk]:
    """What a picture from another format says, as chunks."""
    said = {b"ICCP": metadata.profile, b"EXIF": metadata.exif_with_orientation(), b"XMP ": metadata.xmp}
    return [(name, content) for name, content in said.items() if content is not None]
