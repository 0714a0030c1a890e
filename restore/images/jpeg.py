"""JPEG: pixels by libvips, and the segments that say something of them kept byte for byte."""

import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from restore.images import photoshop
from restore.images.exif import read_orientation, without_thumbnail
from restore.images.jpeg_quality import luminance_table, quality_of
from restore.images.libvips import open_image, read_pixels, warnings, write_pixels
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

Segment = tuple[int, bytes]
"""Marker and content."""

QUALITY = 95
"""Of what is written, unless said otherwise."""

_APP0, _APP1, _APP2, _APP13, _APP15, _COM = 0xE0, 0xE1, 0xE2, 0xED, 0xEF, 0xFE
_DQT, _SOS = 0xDB, 0xDA
_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_PHOTOSHOP = b"Photoshop 3.0\0"
_LONGEST = 65533
_PART = _LONGEST - len(_ICC) - 2  # of a profile, in one of 255 segments at the most

_END = b"\xff\xd9"
# Of what is not written again: thumbnails (JFXX), further images and how to find them (MPF, gain maps), and how the
# colours of these pixels were encoded (Adobe).
_NOT_KEPT = (b"JFXX\0", b"MPF\0", b"urn:iso:std:iso:ts:21496:-1\0", b"Adobe\0")
_GAIN_MAP = (b"http://ns.adobe.com/hdr-gain-map/1.0/", b"urn:iso:std:iso:ts:21496:-1")
_GAIN_MAP_IN_XMP = re.compile(
    rb"\s*(?:<Container:Directory.*?</Container:Directory>|hdrgm:\w+=\"[^\"]*\"|<hdrgm:(\w+)>.*?</hdrgm:\1>)", re.DOTALL
)


class Jpeg:
    """The codec of JPEG files; of those that hold further images (a gain map, a second view), the main one is read."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data.startswith(b"\xff\xd8\xff")

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture]:
        """Refuses what is broken or too large."""
        picture = _read(data, path, max_pixels)
        segments = list(_segments(data))
        metadata = _metadata([kept for one in segments if (kept := _kept(one)) is not None])
        if picture.note:  # the profile was that of CMYK
            own = [one for one in metadata.own if not one[1].startswith(_ICC)]
            metadata = replace(metadata, profile=None, own=own)
        notes = [picture.note] if picture.note else []
        if any(content.startswith(b"MPF\0") or any(name in content for name in _GAIN_MAP) for _, content in segments):
            notes.append("its further images (a gain map, a preview or a second view) are left out")
        tables = (luminance_table(content) for marker, content in segments if marker == _DQT)
        quality = quality_of(next((table for table in tables if table is not None), None))
        return (replace(picture, metadata=metadata, note="; ".join(notes), jpeg_quality=quality),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:
        """Refuses what is too large for the format."""
        (picture,) = pages
        own: list[Segment] | None = picture.metadata.own_of("JPEG")
        said = picture.metadata
        if said.profile is not None and len(said.profile) > 255 * _PART:
            raise ImageFileError(path, "JPEG cannot hold so long a colour profile; use .png")
        new = (_APP1, _XMP + (said.xmp or b""))
        fits = len(new[1]) <= _LONGEST
        segments = _segments_of(said) if own is None else said.exchanged(own, _is_xmp, new if fits else None)
        data = write_pixels(picture.array, ".jpg", path, {"Q": quality or QUALITY, "subsample_mode": "off"})
        start = 2 + (2 + struct.unpack_from(">H", data, 4)[0] if data[2:4] == b"\xff\xe0" else 0)
        before = b"".join(b"\xff" + bytes([marker]) + struct.pack(">H", len(c) + 2) + c for marker, c in segments)
        return data[:2] + before + data[start:]


def _is_xmp(segment: Segment) -> bool:
    return segment[1].startswith(_XMP)


def _read(data: bytes, path: Path, max_pixels: int) -> Picture:
    """The pixels, all of them; a file that lacks nothing but its end marker has them."""
    with warnings() as said:
        picture = read_pixels(open_image("jpeg", data if data.endswith(_END) else data + _END, path, max_pixels), path)
    early = [line for line in said if "premature end" in line]  # at an end marker this is no error to libjpeg
    if early:
        raise ImageFileError(path, f"broken or cut short: {early[0]}")
    return picture


def _segments(data: bytes) -> Iterator[Segment]:
    """All that comes before the pixels."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], struct.unpack_from(">H", data, place + 2)[0]
        if marker == 0xFF:  # padding
            place += 1
            continue
        if marker == _SOS:
            return
        yield marker, data[place + 4 : place + 2 + length]
        place += 2 + length


def _kept(segment: Segment) -> Segment | None:
    """A segment as it is written again; None if it is not."""
    marker, content = segment
    if not (_APP0 <= marker <= _APP15 or marker == _COM) or content.startswith(_NOT_KEPT):
        return None
    if marker == _APP0 and content.startswith(b"JFIF\0"):
        return marker, content[:12] + b"\0\0"  # without its thumbnail
    if content.startswith(_EXIF):
        return marker, _EXIF + without_thumbnail(content[len(_EXIF) :])
    if content.startswith(_XMP):
        return marker, _GAIN_MAP_IN_XMP.sub(b"", content)
    if content.startswith(_PHOTOSHOP):
        resources = photoshop.without_thumbnails(content[len(_PHOTOSHOP) :])
        return (marker, _PHOTOSHOP + resources) if resources else None
    return segment


def _metadata(own: list[Segment]) -> Metadata:
    exif = xmp = iptc = resolution = None
    profile = b""
    texts = {}
    for marker, content in own:
        if marker == _APP0 and content.startswith(b"JFIF\0") and len(content) >= 12:
            unit, across, down = struct.unpack_from(">BHH", content, 7)
            per_metre = {1: 1 / 0.0254, 2: 100.0}.get(unit, 0)
            resolution = (across * per_metre, down * per_metre) if across and down and per_metre else None
        elif content.startswith(_EXIF):
            exif = content[len(_EXIF) :]
        elif content.startswith(_XMP):
            xmp = content[len(_XMP) :]
        elif content.startswith(_ICC):
            profile += content[len(_ICC) + 2 :]
        elif content.startswith(_PHOTOSHOP):
            iptc = photoshop.iptc_of(content[len(_PHOTOSHOP) :])
        elif marker == _COM:
            texts["Comment"] = content.rstrip(b"\0").decode("utf-8", "replace")
    return Metadata(profile or None, exif, xmp, iptc, texts, resolution, read_orientation(exif), source="JPEG", own=own)


def _segments_of(metadata: Metadata) -> list[Segment]:
    """What a picture from another format says, as segments; what is too long for one is left out."""
    segments = []
    if metadata.resolution is not None:
        across, down = (min(65535, round(value * 0.0254)) for value in metadata.resolution)
        segments.append((_APP0, b"JFIF\0\1\1" + struct.pack(">BHH", 1, across, down) + b"\0\0"))
    exif = metadata.exif_with_orientation()
    if exif is not None:
        segments.append((_APP1, _EXIF + exif))
    if metadata.xmp is not None:
        segments.append((_APP1, _XMP + metadata.xmp))
    if metadata.profile is not None:
        parts = [metadata.profile[start : start + _PART] for start in range(0, len(metadata.profile), _PART)]
        counts = ((_ICC + bytes([index, len(parts)]) + part) for index, part in enumerate(parts, 1))
        segments += [(_APP2, content) for content in counts]
    if metadata.iptc is not None:
        segments.append((_APP13, _PHOTOSHOP + photoshop.of_iptc(metadata.iptc)))
    segments += [(_COM, text.encode()) for text in metadata.texts.values()]
    return [one for one in segments if len(one[1]) <= _LONGEST]
