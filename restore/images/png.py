"""PNG: pixels by libvips, and all chunks that say something of them kept byte for byte."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from restore.images.exif import read_orientation, without_thumbnail
from restore.images.libvips import open_image, read_pixels, write_pixels
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

Chunk = tuple[bytes, bytes]
"""Type and content."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR = {b"cICP", b"mDCV", b"cLLI", b"cHRM", b"gAMA", b"sRGB", b"iCCP"}
_OF_THE_STORED_VALUES = {b"bKGD", b"sBIT"}
_PIXELS = {b"IHDR", b"IDAT", b"IEND"}
_XMP = "XML:com.adobe.xmp"
_MOST = 2**26  # bytes of a profile, and of all texts; what is longer is a trap


class Png:
    """The codec of PNG files."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data.startswith(_SIGNATURE)

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture]:
        """Refuses what is broken, animated or too large."""
        chunks = list(_chunks(data))
        if any(kind == b"acTL" for kind, _ in chunks):  # libvips would show its first frame and keep silent
            raise ImageFileError(path, "an animation; only single images are restored, so take a frame out of it")
        picture = read_pixels(open_image("png", data, path, max_pixels), path)
        depth, colour_type = chunks[0][1][8:10]
        is_palette = colour_type == 3
        changes = is_palette or depth < 8 or any(kind == b"tRNS" for kind, _ in chunks)
        kept = [chunk for chunk in chunks if _is_kept(chunk[0]) and not (changes and chunk[0] in _OF_THE_STORED_VALUES)]
        note = (
            "its palette becomes full colour" if is_palette else f"{depth}-bit gray becomes 8-bit" if depth < 8 else ""
        )
        return (replace(picture, metadata=_metadata(kept), note=note),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Refuses what is too large for the format."""
        (picture,) = pages
        own: list[Chunk] | None = picture.metadata.own_of("PNG")
        said = picture.metadata
        new = _text_chunk(_XMP, (said.xmp or b"").decode("utf-8", "replace"))
        chunks = _chunks_of(said) if own is None else said.exchanged(own, _is_xmp, new)
        first, *rest = (one for one in _chunks(write_pixels(picture.array, ".png", path, {})) if one[0] in _PIXELS)
        return _SIGNATURE + b"".join(_bytes_of(*one) for one in (first, *chunks, *rest))


def _chunks(data: bytes) -> Iterator[Chunk]:
    """Up to where the file ends or is cut."""
    place = len(_SIGNATURE)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        yield kind, data[place + 8 : place + 8 + length]
        place += 12 + length


def _is_kept(kind: bytes) -> bool:
    """What says something of the picture, or may be copied by all who change pixels (fourth letter in lower case)."""
    is_copied = kind[:1].islower() and kind[3:].islower()
    return is_copied or kind in _COLOUR or kind in _OF_THE_STORED_VALUES or kind == b"tIME"


def _bytes_of(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _metadata(chunks: list[Chunk]) -> Metadata:
    kept = [(kind, without_thumbnail(content) if kind == b"eXIf" else content) for kind, content in chunks]
    by_kind = dict(kept)
    texts = _texts(kept)
    xmp = texts.pop(_XMP, None)
    profile = _inflated(by_kind[b"iCCP"].partition(b"\0")[2][1:]) if b"iCCP" in by_kind else None
    resolution = None
    if len(by_kind.get(b"pHYs", b"")) == 9:
        across, down, is_metre = struct.unpack(">IIB", by_kind[b"pHYs"])
        resolution = (float(across), float(down)) if is_metre else None
    return Metadata(
        profile=profile,
        exif=by_kind.get(b"eXIf"),
        xmp=xmp.encode() if xmp is not None else None,
        texts=texts,
        resolution=resolution,
        orientation=read_orientation(by_kind.get(b"eXIf")),
        source="PNG",
        own=kept,
        colour="" if profile or b"sRGB" in by_kind else _colour(by_kind),
    )


def _colour(by_kind: dict[bytes, bytes]) -> str:
    """The chunks that say how colours are meant, unless they mean sRGB as everybody takes it."""
    is_srgb = by_kind.get(b"cICP", b"\1\x0d\0\1")[:2] == b"\1\x0d"
    is_srgb &= by_kind.get(b"gAMA", struct.pack(">I", 45455)) == struct.pack(">I", 45455)
    primaries = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    is_srgb &= by_kind.get(b"cHRM", primaries) == primaries
    return "" if is_srgb else " and ".join(kind.decode() for kind in (b"cICP", b"gAMA", b"cHRM") if kind in by_kind)


def _texts(chunks: list[Chunk]) -> dict[str, str]:
    """All by their keywords, up to where they are too long together."""
    texts, length = {}, 0
    for kind, content in chunks:
        text = _text(kind, content)
        if text is not None:
            length += len(text[1])
            if length > _MOST:
                break
            texts[text[0]] = text[1]
    return texts


def _text(kind: bytes, content: bytes) -> tuple[str, str] | None:
    """Keyword and text of a chunk; None if it is none, or broken."""
    keyword, _, rest = content.partition(b"\0")
    name = keyword.decode("latin-1")
    match kind:
        case b"tEXt":
            return name, rest.decode("latin-1")
        case b"zTXt":
            text = _inflated(rest[1:])
            return None if text is None else (name, text.decode("latin-1"))
        case b"iTXt":
            packed, translated = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
            text = _inflated(translated) if packed else translated
            return None if text is None else (name, text.decode("utf-8", "replace"))
    return None


def _inflated(data: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(data, _MOST)
    except zlib.error:
        return None


def _chunks_of(metadata: Metadata) -> list[Chunk]:
    """What a picture from another format says, as chunks."""
    chunks = []
    if metadata.profile is not None:
        chunks.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.profile)))
    if metadata.resolution is not None:
        chunks.append((b"pHYs", struct.pack(">IIB", *map(round, metadata.resolution), 1)))
    exif = metadata.exif_with_orientation()
    if exif is not None:
        chunks.append((b"eXIf", exif))
    texts = {**metadata.texts, **({_XMP: metadata.xmp.decode("utf-8", "replace")} if metadata.xmp is not None else {})}
    return chunks + [_text_chunk(keyword, text) for keyword, text in texts.items()]


def _text_chunk(keyword: str, text: str) -> Chunk:
    return b"iTXt", keyword.encode("latin-1", "replace")[:79] + b"\0\0\0\0\0" + text.encode()


def _is_xmp(chunk: Chunk) -> bool:
    said = _text(*chunk)
    return said is not None and said[0] == _XMP
