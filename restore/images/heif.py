"""AVIF and HEIC: pixels by libvips, upright as the file says; AVIF's own items written anew, and nothing made up."""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyvips
from jaxtyping import Shaped

from restore.images.boxes import Box, read_boxes
from restore.images.exif import with_orientation, without_thumbnail
from restore.images.items import Item, read_items, write_items
from restore.images.libvips import has, open_image, read_pixels, write_pixels
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

GENERAL = frozenset({b"mif1", b"mif2", b"msf1", b"miaf", b"mif3"})
"""Brands of HEIF, whatever the codec."""

BRANDS = {
    "AVIF": frozenset({b"avif", b"avis", b"avio"}),
    "HEIC": frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}) | GENERAL,
}
"""What the files of each format begin with."""

EFFORT = 1
"""Of the encoder, 0 to 9; what is left out is a tenth of the size for fifty times the time."""

_SEQUENCES = {b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"}
_KEPT = {b"clli", b"mdcv", b"pasp", b"amve", b"cclv"}  # how bright and how wide the pixels are meant
_NO_IMAGES = {b"Exif", b"mime", b"uri "}
_SRGB = struct.pack(">HH", 1, 13)
_AS_SRGB = {struct.pack(">HH", primaries, transfer) for primaries in (1, 2) for transfer in (1, 2, 6, 13)}
_ALPHA = b"\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"


@dataclass(frozen=True)
class Own:
    """What AVIF says that other formats do not.

    Args:
        bits: Of a channel: 8, 10 or 12.
        colour: Primaries and transfer characteristics, by ITU-T H.273, as 4 bytes.
        properties: Brightness of the display that it is meant for, and the like.
    """

    bits: int = 8
    colour: bytes = _SRGB
    properties: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Heif:
    """The codec of one of the formats that share the container.

    Args:
        name: Of the format.
        loader: How libvips calls what reads it.
    """

    name: str
    loader: str = "heif"

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return bool(brands_of(data) & BRANDS[self.name])

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture]:
        """Refuses what is broken, animated or too large; of several images the primary one is read."""
        if data[8:12] in _SEQUENCES or any(kind == b"moov" for kind, _ in read_boxes(data)):
            raise ImageFileError(path, "an animation; only single images are restored, so take a frame out of it")
        try:
            number, items = read_items(data)
            item = items[number]
            has_more = bool(items.keys() - set(_of_the_picture(number, items)))
            sizes = [struct.unpack(">II", size[4:]) for one in items.values() if (size := one.get(b"ispe")) is not None]
            width, height = max(sizes, key=math.prod)
        except (struct.error, KeyError, IndexError, ValueError) as error:
            raise ImageFileError(path, "broken or cut short: its items cannot be read") from error
        if width * height > max_pixels:  # libvips would complain of its own
            raise ImageFileError(path, f"{width} x {height} pixels are more than {max_pixels}")
        if any(kind == b"prem" for kind, _ in item.references):
            raise ImageFileError(path, "its colours are multiplied by alpha, which is not restored; convert it to PNG")
        if not has(f"{self.loader}load_buffer"):
            raise self._not_built_in(path)
        image = open_image(self.loader, data, path, max_pixels)
        if image.get("heif-primary"):
            image = open_image(self.loader, data, path, max_pixels, page=image.get("heif-primary"))
        try:
            picture = read_pixels(image, path)
        except ImageFileError as error:
            if "not been built in" in error.reason or "nsupported codec" in error.reason:
                raise self._not_built_in(path) from error
            raise
        metadata = _metadata(image, item, self.name)
        bits = metadata.own.bits
        pixels = picture.pixels[..., 0].copy() if _is_gray(item) else picture.pixels
        alpha = None if picture.alpha is None else _spread(picture.alpha, bits)
        note = "its further images (a thumbnail, a gain map, a depth map or a burst) are left out" if has_more else ""
        return (Picture(_spread(pixels, bits), alpha, metadata=metadata, note=note),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Refuses what is too large for the format."""
        (picture,) = pages
        metadata = picture.metadata
        own = metadata.own_of("AVIF") or Own()
        item = _encoded(_gathered(picture.pixels, own.bits), own.bits, path)
        matrix = b"\0\6" if picture.pixels.ndim == 2 else b"\0\0"  # none at all: RGB as it is
        item.properties.insert(1, (b"colr", b"nclx" + own.colour + matrix + b"\x80"))
        if metadata.profile is not None:
            item.properties.insert(1, (b"colr", b"prof" + metadata.profile))
        item.properties += own.properties
        items = [item]
        if picture.alpha is not None:
            mask = _encoded(_gathered(picture.alpha, own.bits), own.bits, path)
            mask.properties.append((b"auxC", _ALPHA))
            mask.references.append((b"auxl", 1))
            items.append(mask)
        if metadata.exif is not None:
            items.append(
                Item(b"Exif", references=[(b"cdsc", 1)], content=bytes(4) + with_orientation(metadata.exif, 1))
            )
        if metadata.xmp is not None:
            items.append(Item(b"mime", references=[(b"cdsc", 1)], content=metadata.xmp))
        return write_items((b"avif", b"mif1", b"miaf"), items)

    def _not_built_in(self, path: Path) -> ImageFileError:
        codec = {"HEIC": "HEVC", "AVIF": "AV1"}[self.name]
        reason = f"{self.name} is not read here: this libvips was built without {codec}; convert it to JPEG or TIFF"
        return ImageFileError(path, reason)


def brands_of(data: bytes) -> set[bytes]:
    """What a media file begins with and says that it can be taken for; a picture's own brand, if it has several."""
    kind, content = next(read_boxes(data), (b"", b""))
    if kind != b"ftyp":
        return set()
    brands = {content[:4], *(content[place : place + 4] for place in range(8, len(content) - 3, 4))}
    for names in BRANDS.values():  # AVIF says that it is HEIF too
        if brands & (names - GENERAL):
            return brands - GENERAL
    return brands


def _of_the_picture(primary: int, items: dict[int, Item]) -> Iterator[int]:
    """The primary image, its alpha, the tiles of both, and what is no image."""
    used = [primary]
    for number, item in items.items():
        is_alpha = (b"auxl", primary) in item.references and b"alpha" in (item.get(b"auxC") or b"")
        used += [number] if is_alpha else []
        yield from [number] if item.kind in _NO_IMAGES else []
    yield from used
    for number in used:
        yield from (target for kind, target in items[number].references if kind == b"dimg")


def _is_gray(item: Item) -> bool:
    channels, configuration = item.get(b"pixi"), item.get(b"av1C")
    return channels[4] == 1 if channels else configuration is not None and bool(configuration[2] & 0x10)


def _metadata(image: pyvips.Image, item: Item, name: str) -> Metadata:
    said = {part: image.get(part) for part in ("icc-profile-data", "exif-data", "xmp-data") if image.get_typeof(part)}
    profile, exif = said.get("icc-profile-data"), said.get("exif-data")
    spaces = (content[4:8] for kind, content in item.properties if kind == b"colr" and content[:4] == b"nclx")
    colour = next(spaces, _SRGB)
    kept = tuple(one for one in item.properties if one[0] in _KEPT)
    is_plain = profile is not None or colour in _AS_SRGB
    return Metadata(
        profile=profile,
        exif=None if exif is None else with_orientation(without_thumbnail(exif.removeprefix(b"Exif\0\0")), 1),
        xmp=said.get("xmp-data"),
        source=name,
        own=Own(image.get("bits-per-sample"), colour, kept),
        colour="" if is_plain else "nclx {}/{}".format(*struct.unpack(">HH", colour)),
    )


def _spread(array: Shaped[np.ndarray, "*size"], bits: int) -> Shaped[np.ndarray, "*size"]:
    """Values whose bits begin at the highest of 16, as numbers that span all 16; 8 bits stay as they are."""
    if bits == 8:
        return array
    top = 2**bits - 1
    spread: Shaped[np.ndarray, "*size"] = ((array.astype(np.uint32) >> (16 - bits)) * 65535 // top).astype(np.uint16)
    return spread


def _gathered(array: Shaped[np.ndarray, "*size"], bits: int) -> Shaped[np.ndarray, "*size"]:
    """The inverse of `_spread`; values between two go to the nearest."""
    if bits == 8:
        return array
    top = 2**bits - 1
    gathered: Shaped[np.ndarray, "*size"] = (array.astype(np.uint32) * top + 32767) // 65535 << (16 - bits)
    return gathered.astype(np.uint16)


def _encoded(array: Shaped[np.ndarray, "h w *channels"], bits: int, path: Path) -> Item:
    """An image of gray or RGB without loss, and what has to be said of how it is encoded.

    libvips makes colour of gray, but not of alpha, which is therefore what gray is given as.
    """
    is_gray = array.ndim == 2
    if is_gray:
        array = np.dstack([np.zeros((*array.shape, 3), array.dtype), array])
    options = {"compression": "av1", "lossless": True, "bitdepth": bits, "effort": EFFORT}
    data = write_pixels(array, ".avif", path, options)
    primary, items = read_items(data)
    number = next(n for n in items if n != primary) if is_gray else primary
    properties = [one for one in items[number].properties if one[0] in {b"av1C", b"ispe", b"pixi"}]
    return Item(b"av01", properties, content=items[number].content_in(data))
