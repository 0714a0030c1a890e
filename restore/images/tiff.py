"""TIFF: pixels by libvips, which knows all ways to compress them; tags, and what is written, by tifffile."""

import io
import logging
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyvips
import tifffile

from restore.images.libvips import open_image, read_pixels
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture
from restore.images.tiff_pages import (
    IPTC,
    ORIENTATION,
    PROFILE,
    UNIT,
    XMP,
    X,
    Y,
    arguments_of,
    opacity_of,
    without_made_up,
)

Order = Literal["<", ">"]
"""Of bytes."""

_PER_METRE = {2: 1 / 0.0254, 3: 100.0}
# What follows from the pixels and how they are stored (offsets among it) is written anew; EXIF's and GPS' directories
# are offsets too.
_STRUCTURE = {
    *range(254, 260), 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281, 284, *range(288, 294), 301,
    *range(317, 326), 330, 332, *range(338, 343), 347, *range(512, 522), *range(529, 533), 34665, 34853, 40965, 34377,
    ORIENTATION, PROFILE, X, Y, UNIT,
}  # fmt: skip
_COLOURS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3}
"""Channels of colour by PhotometricInterpretation; what a file has beyond them without saying why is no opacity."""

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

_DIRECTORIES = {34665, 34853}
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
                pages = list(_pages(file, path))
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
                    writer.write(**arguments_of(page))
                except _BROKEN as error:
                    raise ImageFileError(path, "its tags are broken, and cannot be written again") from error
        return without_made_up(buffer, pages)


def _pages(file: tifffile.TiffFile, path: Path) -> Iterator[tifffile.TiffPage]:
    """All pages; a chain of them that comes back to where it was would never end."""
    seen = set()
    for page in file.pages:
        if page.offset in seen:
            raise ImageFileError(path, "broken: its pages follow each other in a circle")
        seen.add(page.offset)
        yield page.aspage()


def _check_size(pages: list[Any], path: Path, max_pixels: int) -> None:
    if not pages:
        raise ImageFileError(path, "holds no image")
    if sum(page.imagewidth * page.imagelength for page in pages) > max_pixels:
        sizes = " and ".join(f"{page.imagewidth} x {page.imagelength}" for page in pages[:3])
        raise ImageFileError(path, f"{sizes} pixels are more than {max_pixels}")


def _read(page: Any, index: int, data: bytes, path: Path, max_pixels: int, order: Order) -> Picture:
    codes = {tag.code for tag in page.tags}
    if codes & _CAMERA_RAW or page.photometric in {32803, 34892}:
        raise ImageFileError(path, "camera raw is not read: develop it into a TIFF of 16 bits")
    if page.dtype not in _TYPES:
        kind = page.dtype or f"{page.bitspersample} bits"
        reason = f"only 8- and 16-bit images and 32-bit floats are understood, not {kind}: convert it first"
        raise ImageFileError(path, reason)
    if page.photometric not in _COLOURS:
        name = getattr(page.photometric, "name", page.photometric)
        raise ImageFileError(path, f"only gray, RGB, palettes, YCbCr and CMYK are understood, not {name}")
    image = open_image("tiff", data, path, max_pixels, page=index)
    image = _in_memory(image, path)
    samples = [int(kind) for kind in page.extrasamples]
    expected = page.samplesperpixel - _COLOURS.get(page.photometric, page.samplesperpixel)
    samples += [0] * (expected - len(samples))
    colours = image.bands - len(samples)
    if colours < 1:
        raise ImageFileError(path, "broken: it names more channels than it has")
    if image.format == "float":
        pixels = _floats(image[:colours], path, is_inverted=page.photometric == 0)
        picture = Picture(pixels)
    else:
        picture = read_pixels(image[:colours], path)
    alpha, extra = None, [_array(image[colours + index])[..., 0] for index in range(len(samples))]
    at = opacity_of(samples)
    if at is not None:
        alpha = extra.pop(at)
    notes = [picture.note] if picture.note else []
    if page.photometric == 3:
        notes.append("its palette becomes full colour")
    elif page.bitspersample < 8:
        notes.append(f"{page.bitspersample}-bit gray becomes 8-bit")
    if codes & _DIRECTORIES:
        notes.append("its EXIF and GPS directories are left out")
    return replace(
        picture,
        alpha=alpha,
        extra=np.dstack(extra) if extra else None,
        metadata=_metadata(page, data, order, samples, is_converted=bool(picture.note)),
        note="; ".join(notes),
    )


def _in_memory(image: pyvips.Image, path: Path) -> pyvips.Image:
    try:
        return image.copy_memory()
    except pyvips.Error as error:
        first = str(error.detail).strip().partition("\n")[0]
        raise ImageFileError(path, f"broken or cut short: {first}") from error


def _array(image: pyvips.Image) -> Any:
    return image.numpy().reshape(image.height, image.width, image.bands)


def _floats(image: pyvips.Image, path: Path, is_inverted: bool) -> Any:
    """Gray or RGB in [0, 1]."""
    array = _array(image) if image.bands > 1 else _array(image)[..., 0]
    if image.bands not in {1, 3}:
        raise ImageFileError(path, f"only gray and RGB of floats are understood, not {image.bands} channels")
    if not np.isfinite(array).all():
        raise ImageFileError(path, "holds NaN or infinite values: fill or cut them first")
    low, high = float(array.min()), float(array.max())
    if low < 0 or high > 1:
        raise ImageFileError(path, f"floats are in [0, 1], not in {low:g} to {high:g}: rescale them first")
    return 1 - array if is_inverted else array.copy()


def _metadata(page: Any, data: bytes, order: Order, samples: list[int], is_converted: bool) -> Metadata:
    by_code = {tag.code: tag for tag in page.tags}

    def value(code: int) -> Any:
        return by_code[code].value if code in by_code else None

    profile = None if is_converted or value(PROFILE) is None else bytes(value(PROFILE))
    unit = _PER_METRE.get(2 if value(UNIT) is None else int(value(UNIT)))
    across, down = ((v[0] / v[1] if v and v[1] else 0) for v in (value(X), value(Y)))
    resolution = (across * unit, down * unit) if unit and across and down else None
    tags = [
        (tag.code, int(tag.dtype), tag.count, _raw(tag, data), False) for tag in page.tags if tag.code not in _STRUCTURE
    ]
    texts = {} if not page.description else {"Description": page.description}
    orientation = int(value(ORIENTATION) or 1)
    return Metadata(
        profile=profile,
        xmp=None if value(XMP) is None else bytes(value(XMP)),
        iptc=_bytes(by_code[IPTC], data) if IPTC in by_code else None,
        texts=texts,
        resolution=resolution,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        source="TIFF",
        own={
            "order": order,
            "tags": tags,
            "samples": samples,
            "orientation": ORIENTATION in by_code,
            "resolution": (value(X), value(Y), value(UNIT)),
        },
    )


def _raw(tag: Any, data: bytes) -> Any:
    """A tag's value; of texts the bytes, whatever their encoding."""
    return _bytes(tag, data).removesuffix(b"\0") if int(tag.dtype) == 2 else tag.value


def _bytes(tag: Any, data: bytes) -> bytes:
    return data[tag.valueoffset : tag.valueoffset + tag.valuebytecount]
