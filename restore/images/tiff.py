"""TIFF: pixels by libvips, which knows all ways to compress them; tags, and what is written, by tifffile."""

import io
import logging
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyvips
import tifffile

from restore.images.libvips import open_image, read_pixels
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

Order = Literal["<", ">"]
"""Of bytes."""

Tag = tuple[int, int, int, Any, bool]
"""Code, type, count and value, as tifffile takes them, and whether it is of the first page only (never)."""

_SUBFILE, _ORIENTATION, _PROFILE, _XMP, _IPTC = 254, 274, 34675, 700, 33723
_X, _Y, _UNIT = 282, 283, 296
_PER_METRE = {2: 1 / 0.0254, 3: 100.0}
# What follows from the pixels and how they are stored (offsets among it) is written anew; EXIF's and GPS' directories
# are offsets too.
_STRUCTURE = {
    *range(254, 260), 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, *range(288, 294), 301,
    *range(317, 326), 330, 332, *range(338, 343), 347, *range(512, 522), *range(529, 533), 34665, 34853, 40965, 34377,
    _PROFILE, _X, _Y, _UNIT,
}  # fmt: skip
_TYPES = {np.dtype(kind) for kind in (bool, np.uint8, np.uint16, np.float32)}
_BROKEN = (
    tifffile.TiffFileError,
    ValueError,
    TypeError,
    struct.error,
    LookupError,
    OSError,
    OverflowError,
    MemoryError,
)
"""What tifffile raises of tags that make no sense."""

_CAMERA_RAW = {50706, 33422}

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what is broken is said once, in our words


class Tiff:
    """The codec of TIFF files; each page is a picture."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture, ...]:
        """Refuses what is broken, of a type that is not restored, or too large."""
        try:
            with tifffile.TiffFile(io.BytesIO(data)) as file:
                pages = [page for page in file.pages if isinstance(page, tifffile.TiffPage)]
                shown = [pair for pair in enumerate(pages) if not pair[1].subfiletype & 1 or len(pages) == 1]
                _check_size([page for _, page in shown], path, max_pixels)
                pictures = [_read(page, index, data, path, max_pixels, file.byteorder) for index, page in shown]
        except ImageFileError:
            raise
        except _BROKEN as error:
            raise ImageFileError(path, "broken or cut short: its tags cannot be read") from error
        if len(shown) < len(pages):
            notes = [note for note in (pictures[0].note, "its previews are left out") if note]
            pictures[0] = replace(pictures[0], note="; ".join(notes))
        return tuple(pictures)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Writes all pages, without loss."""
        size = sum(page.array.nbytes for page in pages)
        order: Order = next((own["order"] for page in pages if (own := page.metadata.own_of("TIFF"))), "<")
        buffer = io.BytesIO()
        with tifffile.TiffWriter(buffer, bigtiff=size > 2**31, byteorder=order) as writer:
            for page in pages:
                try:
                    writer.write(**_written(page))
                except _BROKEN as error:
                    raise ImageFileError(path, "its tags are broken, and cannot be written again") from error
        return buffer.getvalue()


def _check_size(pages: list[Any], path: Path, max_pixels: int) -> None:
    if not pages or sum(page.imagewidth * page.imagelength for page in pages) > max_pixels:
        sizes = " and ".join(f"{page.imagewidth} x {page.imagelength}" for page in pages[:3])
        raise ImageFileError(path, f"{sizes or 'no'} pixels are more than {max_pixels}")


def _read(page: Any, index: int, data: bytes, path: Path, max_pixels: int, order: Order) -> Picture:
    codes = {tag.code for tag in page.tags}
    if codes & _CAMERA_RAW or page.photometric in {32803, 34892}:
        raise ImageFileError(path, "camera raw is not read: develop it into a TIFF of 16 bits")
    if page.dtype not in _TYPES:
        raise ImageFileError(path, f"only 8- and 16-bit images and 32-bit floats are understood, not {page.dtype}")
    image = open_image("tiff", data, path, max_pixels, page=index)
    samples = [int(kind) for kind in page.extrasamples]
    colours = page.samplesperpixel - len(samples)
    is_alpha = bool(samples) and samples[0] in {1, 2}
    extra = None
    if image.format == "float" or (colours in {1, 3} and image.bands > colours + is_alpha):
        array = np.atleast_3d(_decoded(image, path))
        if image.format == "float":
            _check_floats(array, path)
        pixels = array[..., 0] if colours == 1 else array[..., :3]
        picture = Picture(pixels.copy(), array[..., colours].copy() if is_alpha else None)
        extra = array[..., colours + is_alpha :].copy() if array.shape[2] > colours + is_alpha else None
    else:
        picture = read_pixels(image, path)
    notes = [picture.note] if picture.note else []
    if is_alpha and samples[0] == 1:  # libvips divides, as all do who look at colours
        notes.append("its colours, multiplied by opacity, are stored without that")
    if page.photometric == 3:
        notes.append("its palette becomes full colour")
    elif page.bitspersample < 8:
        notes.append(f"{page.bitspersample}-bit gray becomes 8-bit")
    return replace(
        picture, extra=extra, metadata=_metadata(page, data, order, bool(picture.note)), note="; ".join(notes)
    )


def _decoded(image: pyvips.Image, path: Path) -> Any:
    try:
        return image.numpy().copy()
    except pyvips.Error as error:
        first = str(error.detail).strip().partition("\n")[0]
        raise ImageFileError(path, f"broken or cut short: {first}") from error


def _check_floats(array: Any, path: Path) -> None:
    if not np.isfinite(array).all():
        raise ImageFileError(path, "holds NaN or infinite values: fill or cut them first")
    low, high = float(array.min()), float(array.max())
    if low < 0 or high > 1:
        raise ImageFileError(path, f"floats are in [0, 1], not in {low:g} to {high:g}: rescale them first")


def _metadata(page: Any, data: bytes, order: Order, is_converted: bool) -> Metadata:
    by_code = {tag.code: tag for tag in page.tags}

    def value(code: int) -> Any:
        return by_code[code].value if code in by_code else None

    profile = None if is_converted or value(_PROFILE) is None else bytes(value(_PROFILE))
    unit = _PER_METRE.get(int(value(_UNIT) or 2))
    across, down = ((v[0] / v[1] if v and v[1] else 0) for v in (value(_X), value(_Y)))
    resolution = (across * unit, down * unit) if unit and across and down else None
    tags = [
        (tag.code, int(tag.dtype), tag.count, _raw(tag, data), False) for tag in page.tags if tag.code not in _STRUCTURE
    ]
    texts = {} if not page.description else {"Description": page.description}
    orientation = int(value(_ORIENTATION) or 1)
    return Metadata(
        profile=profile,
        xmp=None if value(_XMP) is None else bytes(value(_XMP)),
        iptc=bytes(value(_IPTC)) if isinstance(value(_IPTC), bytes) else None,
        texts=texts,
        resolution=resolution,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        source="TIFF",
        own={"order": order, "tags": tags, "resolution": (value(_X), value(_Y), value(_UNIT))},
    )


def _raw(tag: Any, data: bytes) -> Any:
    """A tag's value; of texts the bytes, whatever their encoding."""
    is_text = int(tag.dtype) == 2
    return data[tag.valueoffset : tag.valueoffset + tag.count].removesuffix(b"\0") if is_text else tag.value


def _written(page: Picture) -> dict[str, Any]:
    """A page as arguments of tifffile's writer."""
    said, own = page.metadata, page.metadata.own_of("TIFF")
    array = page.array if page.extra is None else np.dstack([page.array, page.extra])
    beyond = [] if page.alpha is None else [2]
    beyond += [0] * (0 if page.extra is None else page.extra.shape[2])
    tags: list[Tag] = list(own["tags"]) if own is not None else []
    if own is None:
        tags += [(_ORIENTATION, 3, 1, said.orientation, False)] if said.orientation != 1 else []
        tags += [(_XMP, 1, len(said.xmp), said.xmp, False)] if said.xmp is not None else []
    across, down, unit = own["resolution"] if own is not None else (None, None, None)
    if own is None and said.resolution is not None:
        (across, down), unit = ((round(value * 2.54), 100) for value in said.resolution), 2
    # Where none is given, tifffile writes 1 / 1 of no unit, which says nothing.
    measured = {"resolution": (across, down), "resolutionunit": int(unit or 2)} if across and down else {}
    if said.profile is not None:
        tags.append((_PROFILE, 7, len(said.profile), said.profile, False))
    return {
        "data": np.ascontiguousarray(array),
        "photometric": "minisblack" if page.pixels.ndim == 2 else "rgb",
        "planarconfig": "contig" if array.ndim == 3 else None,
        "extrasamples": beyond or None,
        "compression": "zlib",
        "metadata": None,
        "software": False,
        "extratags": tags,
        **measured,
    }
