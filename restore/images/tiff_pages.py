"""Pages of a TIFF as tifffile writes them: channels where they were, tags as they were, and none made up."""

import io
import struct
from typing import Any

import numpy as np

from restore.images import directories
from restore.images.metadata import Metadata
from restore.images.picture import Picture

Tag = tuple[int, int, int, Any, bool]
"""Code, type, count and value, as tifffile takes them, and whether it is of the first page only (never)."""

ORIENTATION, PROFILE, XMP, IPTC = 274, 34675, 700, 33723
X, Y, UNIT = 282, 283, 296
"""Codes of tags."""

# What follows from the pixels and how they are stored, offsets among it, is written anew.
STRUCTURE = {
    *range(254, 260), 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, *range(288, 294), 301,
    *range(317, 326), 330, 332, *range(338, 343), 347, *range(512, 522), *range(529, 533), 37724,
    directories.EXIF, directories.GPS, directories.INTEROPERABILITY, ORIENTATION, PROFILE, X, Y, UNIT,
}  # fmt: skip

ASSOCIATED, UNASSOCIATED = 1, 2
"""Kinds of opacity: colours are multiplied by it, or not."""


def opacity_of(samples: list[int]) -> int | None:
    """Which of the channels beyond colour is opacity; None if none is."""
    return next((samples.index(kind) for kind in (ASSOCIATED, UNASSOCIATED) if kind in samples), None)


def arguments_of(page: Picture, order: directories.Order) -> dict[str, Any]:
    """A page as arguments of tifffile's writer, for a file of an order of bytes."""
    said, own = page.metadata, page.metadata.own_of("TIFF")
    array, kinds = _channels(page)
    packet: list[Tag] = [(XMP, 1, len(said.xmp), said.xmp, False)] if said.xmp is not None else []
    if own is not None:
        tags = list(said.exchanged(own["tags"], lambda tag: tag[0] == XMP, packet[0] if packet else None))
    else:
        tags = packet
        in_exif = directories.of_exif(said.exif or b"", order)
        tags += [(code, kind, 0, held, False) for code, kind, held in in_exif if code not in STRUCTURE]
        tags += [(IPTC, 7, len(said.iptc), said.iptc, False)] if said.iptc is not None else []
    if said.orientation != 1 or (own is not None and own["orientation"]):
        tags.append((ORIENTATION, 3, 1, said.orientation, False))
    if said.profile is not None:
        tags.append((PROFILE, 7, len(said.profile), said.profile, False))
    across, down, unit = _resolution(said)
    return {
        "data": np.ascontiguousarray(array),
        "photometric": "minisblack" if page.pixels.ndim == 2 else "rgb",
        "planarconfig": "contig" if array.ndim == 3 else None,
        "extrasamples": kinds or None,
        "compression": "zlib",
        "metadata": None,
        "software": False,
        "extratags": tags,
        "resolution": (across or (1, 1), down or (1, 1)),
        "resolutionunit": unit if unit in {1, 2, 3} else 2,
    }


def finished(buffer: io.BytesIO, pages: tuple[Picture, ...]) -> bytes:
    """The file with the directories of EXIF, which tifffile does not write, and without the resolutions it makes up.

    The list of tags of each page is written anew, at the end of the file.
    """
    data = bytearray(buffer.getvalue())
    layout = directories.layout_of(buffer.getvalue())
    link = layout.offsetsize  # where the place of the next page stands
    for page in pages:
        (place,) = struct.unpack_from(layout.offsetformat, data, link)
        (count,) = struct.unpack_from(layout.tagnoformat, data, place)
        start = place + layout.tagnosize
        end = start + count * layout.tagsize
        entries = [bytes(data[at : at + layout.tagsize]) for at in range(start, end, layout.tagsize)]
        following = bytes(data[end : end + layout.offsetsize])
        present = zip((X, Y, UNIT), _resolution(page.metadata), strict=True)
        absent = {code for code, value in present if value is None}
        kept = [one for one in entries if struct.unpack_from(layout.byteorder + "H", one)[0] not in absent]
        data += bytes(len(data) % 2)
        for code, _, held in directories.of_exif(page.metadata.exif or b"", layout.byteorder):
            if isinstance(held, list):
                kept.append(directories.pointer(code, len(data), layout))
                data += directories.pack(held, len(data), layout)
        kept.sort(key=lambda one: struct.unpack_from(layout.byteorder + "H", one))
        struct.pack_into(layout.offsetformat, data, link, len(data))
        data += struct.pack(layout.tagnoformat, len(kept)) + b"".join(kept)
        link = len(data)
        data += following
    return bytes(data)


def _resolution(said: Metadata) -> tuple[Any, Any, int | None]:
    """Horizontal, vertical and unit as tags have them; None where there is none."""
    own = said.own_of("TIFF")
    if own is not None:
        across, down, unit = own["resolution"]
        return across, down, None if unit is None else int(unit)
    if said.resolution is None:
        return None, None, None
    across, down = ((round(value * 2.54), 100) for value in said.resolution)
    return across, down, 2


def _channels(page: Picture) -> tuple[Any, list[int]]:
    """All channels where they were, and the kinds of those beyond colour."""
    beyond = [] if page.extra is None else [page.extra[..., index] for index in range(page.extra.shape[2])]
    kinds = [0] * len(beyond)
    if page.alpha is not None:
        beyond, kinds = [page.alpha, *beyond], [UNASSOCIATED, *kinds]
    own = page.metadata.own_of("TIFF")
    if own is not None and len(own["samples"]) == len(beyond):
        kinds = own["samples"]
        at = opacity_of(kinds)
        if at is not None and page.alpha is not None:
            beyond.insert(at, beyond.pop(0))
    return (np.dstack([page.pixels, *beyond]) if beyond else page.pixels), kinds
