"""TIFF: pixels by libvips, which knows all ways to compress them; tags, and what is written, by tifffile."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
import tifffile

from restore.images.directories import BROKEN, Order
from restore.images.libvips import open_image, read_pixels
from restore.images.picture import ImageFileError, Picture
from restore.images.tiff_pages import arguments_of, finished, opacity_of
from restore.images.tiff_tags import COLOURS, Described, alone, describe, undivided

_TYPES = {np.dtype(kind) for kind in (bool, np.uint8, np.uint16, np.float32)}
_INVERTED, _PALETTE = 0, 3
"""PhotometricInterpretation: white is zero; a palette."""
_LARGE = 2**23
"""Bytes of a file from which on tags may be of any size: layers of Photoshop alone can be larger than what libvips
allows all tags together, which is against small files that claim much."""


class Tiff:
    """The codec of TIFF files; each page is a picture."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data[:4] in {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"}

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture, ...]:
        """Refuses what is broken, of a type that is not restored, or too large."""
        pages = describe(data, path)
        shown = [page for page in pages if not page.is_preview or len(pages) == 1]
        _check_size(shown, path, max_pixels)
        data = undivided(data, pages, "<" if data[:2] == b"II" else ">")
        pictures = [_read(page, alone(page, data) if len(pages) > 1 else data, path, max_pixels) for page in shown]
        if len(shown) < len(pages):
            notes = [note for note in (pictures[0].note, "its previews are left out") if note]
            pictures[0] = replace(pictures[0], note="; ".join(notes))
        return tuple(pictures)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Writes all pages, without loss."""
        size = sum(page.array.nbytes for page in pages)
        order = _order_of(pages)
        buffer = io.BytesIO()
        with tifffile.TiffWriter(buffer, bigtiff=size > 2**31, byteorder=order) as writer:
            for page in pages:
                try:
                    writer.write(**arguments_of(page, order))
                except BROKEN as error:
                    raise ImageFileError(path, "its tags are broken, and cannot be written again") from error
        return finished(buffer, pages)


def _order_of(pages: Sequence[Picture]) -> Order:
    """That of the file, or else of EXIF, in which makers' own tags may have numbers that only they know."""
    for page in pages:
        own, exif = page.metadata.own_of("TIFF"), page.metadata.exif
        if own is not None:
            return ">" if own["order"] == ">" else "<"
        if exif is not None:
            return ">" if exif.startswith(b"MM") else "<"
    return "<"


def _check_size(pages: Sequence[Described], path: Path, max_pixels: int) -> None:
    if not pages:
        raise ImageFileError(path, "holds no image")
    if sum(page.size[0] * page.size[1] for page in pages) > max_pixels:
        sizes = " and ".join(f"{page.size[0]} x {page.size[1]}" for page in pages[:3])
        raise ImageFileError(path, f"{sizes} pixels are more than {max_pixels}")


def _read(page: Described, data: bytes, path: Path, max_pixels: int) -> Picture:
    if page.dtype not in _TYPES:
        kind = page.dtype or f"{page.bits} bits"
        reason = f"only 8- and 16-bit images and 32-bit floats are understood, not {kind}: convert it first"
        raise ImageFileError(path, reason)
    if page.photometric not in COLOURS:
        names = {int(one): one.name for one in tifffile.PHOTOMETRIC}
        name = names.get(page.photometric, page.photometric)
        raise ImageFileError(path, f"only gray, RGB, palettes, YCbCr and CMYK are understood, not {name}")
    options = {"unlimited": True} if len(data) > _LARGE else {}
    image = _in_memory(open_image("tiff", data, path, max_pixels, **options), path)
    colours = image.bands - len(page.samples)
    if colours < 1:
        raise ImageFileError(path, "broken: it names more channels than it has")
    if image.format == "float":
        picture = Picture(_floats(image[:colours], path, is_inverted=page.photometric == _INVERTED))
    else:
        picture = read_pixels(image[:colours], path)
    alpha, extra = None, [_array(image[colours + index])[..., 0] for index in range(len(page.samples))]
    at = opacity_of(page.samples)
    if at is not None:
        alpha = extra.pop(at)
    notes = [picture.note] if picture.note else []
    if page.photometric == _PALETTE:
        notes.append("its palette becomes full colour")
    elif page.bits < 8:
        notes.append(f"{page.bits}-bit gray becomes 8-bit")
    if page.left_out:
        notes.append(f"{' and '.join(page.left_out)} are left out")
    return replace(
        picture,
        alpha=alpha,
        extra=np.dstack(extra) if extra else None,
        metadata=replace(page.metadata, profile=None) if picture.note else page.metadata,  # the profile was of CMYK
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
