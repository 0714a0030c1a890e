"""Pages of a TIFF as tifffile writes them: channels where they were, tags as they were, and none made up."""

import io
import struct
from typing import Any

import numpy as np
import tifffile

from restore.images.metadata import Metadata
from restore.images.picture import Picture

Tag = tuple[int, int, int, Any, bool]
"""Code, type, count and value, as tifffile takes them, and whether it is of the first page only (never)."""

ORIENTATION, PROFILE, XMP, IPTC = 274, 34675, 700, 33723
X, Y, UNIT = 282, 283, 296
"""Codes of tags."""

ASSOCIATED, UNASSOCIATED = 1, 2
"""Kinds of opacity: colours are multiplied by it, or not."""


def opacity_of(samples: list[int]) -> int | None:
    """Which of the channels beyond colour is opacity; None if none is."""
    return next((samples.index(kind) for kind in (ASSOCIATED, UNASSOCIATED) if kind in samples), None)


def arguments_of(page: Picture) -> dict[str, Any]:
    """A page as arguments of tifffile's writer."""
    said, own = page.metadata, page.metadata.own_of("TIFF")
    array, kinds = _channels(page)
    tags: list[Tag] = list(own["tags"]) if own is not None else []
    if own is None:
        tags += [(XMP, 1, len(said.xmp), said.xmp, False)] if said.xmp is not None else []
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


def without_made_up(buffer: io.BytesIO, pages: tuple[Picture, ...]) -> bytes:
    """The file without the tags of resolution that tifffile always writes, where a page has none."""
    data = bytearray(buffer.getvalue())
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        kind = file.tiff
        for written, page in zip(file.pages, pages, strict=True):
            absent = {
                code for code, value in zip((X, Y, UNIT), _resolution(page.metadata), strict=True) if value is None
            }
            start = written.offset + kind.tagnosize
            (count,) = struct.unpack_from(kind.tagnoformat, data, written.offset)
            entries = [
                bytes(data[place : place + kind.tagsize])
                for place in range(start, start + count * kind.tagsize, kind.tagsize)
            ]
            following = data[start + count * kind.tagsize :][: kind.offsetsize]
            kept = [one for one in entries if struct.unpack_from(kind.byteorder + "H", one)[0] not in absent]
            directory = struct.pack(kind.tagnoformat, len(kept)) + b"".join(kept) + following
            data[written.offset : written.offset + len(directory)] = directory
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
