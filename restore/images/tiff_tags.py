"""What the tags of a TIFF say, by tifffile, as plain facts."""

import io
import logging
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from restore.images import directories, photoshop
from restore.images.directories import BROKEN, Order
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError
from restore.images.tiff_pages import ASSOCIATED, IPTC, ORIENTATION, PROFILE, STRUCTURE, UNASSOCIATED, UNIT, XMP, X, Y

_EXTRA_SAMPLES = 338

COLOURS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3}
"""Channels of colour by PhotometricInterpretation; what a file has beyond them without saying why is no opacity."""

MOST_CHANNELS = 2**16 - 1
"""As TIFF has 16 bits for their number."""

_PER_METRE = {2: 1 / 0.0254, 3: 100.0}

_SUB_IFDS, _LAYERS, _PHOTOSHOP = 330, 37724, 34377
_LEADING = {13, 18}
"""Types of tags that lead to directories."""

_IN_EXIF = {271, 272, ORIENTATION, 305, 306, 315, 316, 33432}
"""Tags that TIFF and EXIF share: who and what made the picture, and when."""

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is broken is said once, in our words


@dataclass(frozen=True)
class Described:
    """What its tags say of a page.

    Args:
        place: Where its directory of tags is in the file.
        size: Width and height in pixels.
        is_preview: Whether it is another page at a lower resolution.
        photometric: What its values mean, as TIFF numbers it.
        dtype: Of its values; None of types that NumPy does not have.
        bits: Of a value.
        samples: What each channel beyond colour is, as TIFF numbers it: 0 not said, 1 and 2 opacity.
        multiplied: Where the file says that its colours are multiplied by opacity, in bytes; None if it does not.
        left_out: What else it holds that is not kept, in words.
        metadata: What it says beside its pixels.
    """

    place: int
    size: tuple[int, int]
    is_preview: bool
    photometric: int
    dtype: np.dtype[Any] | None
    bits: int
    samples: list[int]
    multiplied: int | None
    left_out: tuple[str, ...]
    metadata: Metadata


def describe(data: bytes, path: Path) -> list[Described]:
    """All pages of a file.

    Raises:
        ImageFileError: Its tags are broken.
    """
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            return [_described(page, data, file.byteorder) for page in _pages(file, path)]
    except ImageFileError:
        raise
    except BROKEN as error:
        raise ImageFileError(path, "broken or cut short: its tags cannot be read") from error


def _pages(file: tifffile.TiffFile, path: Path) -> Iterator[tifffile.TiffPage]:
    """All pages; a chain of them that comes back to where it was would never end."""
    seen = set()
    for page in file.pages:
        if page.offset in seen:
            raise ImageFileError(path, "broken: its pages follow each other in a circle")
        seen.add(page.offset)
        yield page.aspage()


def undivided(data: bytes, pages: Sequence[Described], order: Order) -> bytes:
    """A file whose colours are said not to be multiplied by opacity: libvips, which divides them, leaves them alone."""
    places = [page.multiplied for page in pages if page.multiplied is not None]
    if not places:
        return data
    changed = bytearray(data)
    for place in places:
        struct.pack_into(order + "H", changed, place, UNASSOCIATED)
    return bytes(changed)


def alone(page: Described, data: bytes) -> bytes:
    """A file of one page of another: libvips would go through all pages before it, for each of them anew."""
    layout, changed = directories.layout_of(data), bytearray(data)
    (count,) = struct.unpack_from(layout.tagnoformat, data, page.place)
    following = page.place + layout.tagnosize + count * layout.tagsize
    struct.pack_into(layout.offsetformat, changed, layout.offsetsize, page.place)
    if following + layout.offsetsize <= len(data):
        struct.pack_into(layout.offsetformat, changed, following, 0)
    return bytes(changed)


def _described(page: Any, data: bytes, order: Order) -> Described:
    if not 0 < page.samplesperpixel <= MOST_CHANNELS:
        raise ValueError(f"{page.samplesperpixel} channels")
    samples = [int(kind) for kind in page.extrasamples]
    samples += [0] * (page.samplesperpixel - COLOURS.get(int(page.photometric), page.samplesperpixel) - len(samples))
    at = samples.index(ASSOCIATED) if ASSOCIATED in samples else None
    multiplied = None if at is None else page.tags[_EXTRA_SAMPLES].valueoffset + 2 * at
    exif, is_whole = _exif(page, data)
    kinds = {tag.code: int(tag.dtype) for tag in page.tags}
    (count,) = struct.unpack_from(page.parent.tiff.tagnoformat, data, page.offset)
    left_out = {
        "its Photoshop layers": _LAYERS in kinds,
        "its smaller copies": _SUB_IFDS in kinds,
        "its directories of unknown tags": any(kinds[code] in _LEADING for code in kinds.keys() - STRUCTURE),
        "its broken tags of EXIF": not is_whole,
        "its broken tags": count > len(page.tags) or any(not page.tags.valueof(code, (1, 1))[1] for code in (X, Y)),
    }
    return Described(
        place=page.offset,
        size=(int(page.imagewidth), int(page.imagelength)),
        is_preview=bool(page.subfiletype & 1),
        photometric=int(page.photometric),
        dtype=page.dtype,
        bits=page.bitspersample,
        samples=samples,
        multiplied=multiplied,
        left_out=tuple(name for name, is_so in left_out.items() if is_so),
        metadata=_metadata(page, data, order, samples, exif),
    )


def _exif(page: Any, data: bytes) -> tuple[bytes | None, bool]:
    """What EXIF knows of the tags of a page, with its directories; and whether all of these could be read."""
    layout, tags, is_whole = page.parent.tiff, [], True
    for tag in page.tags:
        if tag.code in _IN_EXIF:
            tags.append(directories.Tag(tag.code, int(tag.dtype), _bytes(tag, data)))
        elif tag.code in {directories.EXIF, directories.GPS}:
            try:
                inner = directories.read(data, tag.valueoffset, layout)
                tags.append(directories.Tag(tag.code, int(tag.dtype), inner))
            except BROKEN:
                is_whole = False
    is_said = any(tag.code != ORIENTATION for tag in tags)  # which is said beside it too
    return directories.as_exif(tags, layout.byteorder) if is_said else None, is_whole


def _metadata(page: Any, data: bytes, order: Order, samples: list[int], exif: bytes | None) -> Metadata:
    by_code = {tag.code: tag for tag in page.tags}

    def value(code: int) -> Any:
        return by_code[code].value if code in by_code else None

    profile, xmp = (_bytes(by_code[code], data) if code in by_code else None for code in (PROFILE, XMP))
    unit = _PER_METRE.get(2 if value(UNIT) is None else int(value(UNIT)))
    across, down = ((v[0] / v[1] if v and v[1] else 0) for v in (value(X), value(Y)))
    resolution = (across * unit, down * unit) if unit and across and down else None
    tags = [
        (tag.code, int(tag.dtype), tag.count, _raw(tag, data), False)
        for tag in page.tags
        if tag.code not in STRUCTURE and int(tag.dtype) not in _LEADING
    ]
    resources = _bytes(by_code[_PHOTOSHOP], data) if _PHOTOSHOP in by_code else b""
    said = page.description
    texts = {"Description": said} if said and isinstance(said, str) else {}
    orientation = int(value(ORIENTATION) or 1)
    return Metadata(
        profile=profile,
        exif=exif,
        xmp=xmp,
        iptc=_bytes(by_code[IPTC], data) if IPTC in by_code else photoshop.iptc_of(resources),
        texts=texts,
        resolution=resolution,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        source="TIFF",
        colour="multiplication with opacity" if ASSOCIATED in samples else "",
        own={
            "order": order,
            "tags": tags,
            "samples": samples,
            "orientation": ORIENTATION in by_code,
            "resolution": (*(one if one and one[1] else None for one in (value(X), value(Y))), value(UNIT)),
        },
    )


def _raw(tag: Any, data: bytes) -> Any:
    """A tag's value; of texts the bytes, whatever their encoding."""
    if tag.code == _PHOTOSHOP:
        return photoshop.without_thumbnails(_bytes(tag, data))
    return _bytes(tag, data).removesuffix(b"\0") if int(tag.dtype) == 2 else tag.value


def _bytes(tag: Any, data: bytes) -> bytes:
    return data[tag.valueoffset : tag.valueoffset + tag.valuebytecount]
