"""JPEG 2000: pixels by Pillow, without loss, and all boxes that say something of them kept byte for byte."""

import io
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from restore.images.boxes import Box, box, read_boxes
from restore.images.exif import with_orientation, without_thumbnail
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

_SIGNATURE = box(b"jP  ", b"\r\n\x87\n")
_CODESTREAM = b"\xff\x4f\xff\x51"
_EXIF, _XMP = b"JpgTiffExif->JP2", bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_IPTC = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
_BY_NUMBER, _PROFILES = 1, {2, 3}
_SRGB, _GRAY = 16, 17
_REMEDY = "convert it to PNG or TIFF"


@dataclass(frozen=True)
class Jpeg2000:
    """The codec of JPEG 2000 files.

    Args:
        name: Of the format.
        in_boxes: Whether its files say something beside their pixels; a bare codestream does not.
    """

    name: str
    in_boxes: bool

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data.startswith(_SIGNATURE if self.in_boxes else _CODESTREAM)

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture]:
        """Refuses what is broken or too large, and what Pillow would not give back bit by bit."""
        boxes = list(read_boxes(data)) if self.in_boxes else [(b"jp2c", data)]
        streams = [content for kind, content in boxes if kind == b"jp2c"]
        if len(streams) != 1:
            raise ImageFileError(path, f"{len(streams)} images in one JPEG 2000 file are not read; {_REMEDY}")
        own = [(kind, _kept(kind, content)) for kind, content in boxes if kind not in {b"jP  ", b"jp2c"}]
        header = list(read_boxes(dict(own).get(b"jp2h", b"")))
        try:
            width, height, channels = _check_channels(streams[0], path)
            _check_meaning(header, channels, path)
            profile, resolution = _profile(header), _resolution(header)
        except (struct.error, IndexError) as error:
            raise ImageFileError(path, "not an image that can be read") from error
        if width * height > max_pixels:
            raise ImageFileError(path, f"{width} x {height} pixels are more than {max_pixels}")
        try:
            array = np.array(Jpeg2KImageFile(io.BytesIO(streams[0])))
        except (OSError, SyntaxError, ValueError) as error:
            raise ImageFileError(path, f"broken or cut short: {error}") from error
        alpha = array[..., -1].copy() if channels in {2, 4} else None
        colours = array if channels == 1 else array[..., 0] if channels == 2 else array[..., :3]
        said = {content[:16]: content[16:] for kind, content in own if kind == b"uuid"}
        exif = said.get(_EXIF)
        metadata = Metadata(
            profile=profile,
            exif=None if exif is None else with_orientation(exif, 1),  # viewers do not turn JPEG 2000
            xmp=said.get(_XMP),
            iptc=said.get(_IPTC),
            resolution=resolution,
            source=self.name,
            own=own,
        )
        return (Picture(colours.copy(), alpha, metadata=metadata),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Refuses what is too large for the format."""
        (picture,) = pages
        buffer = io.BytesIO()
        try:
            image = Image.fromarray(np.ascontiguousarray(picture.array))
            image.save(buffer, "JPEG2000", no_jp2=not self.in_boxes)
        except OSError as error:
            raise ImageFileError(path, f"cannot be written: {error}") from error
        data = buffer.getvalue()
        if not self.in_boxes:
            return data
        plain = dict(read_boxes(data))
        own: list[Box] | None = picture.metadata.own_of(self.name)
        metadata = picture.metadata
        new = (b"uuid", _XMP + (metadata.xmp or b""))
        said = _boxes_of(metadata, plain) if own is None else metadata.exchanged(own, _is_xmp, new)
        return _SIGNATURE + b"".join(box(*one) for one in (*said, (b"jp2c", plain[b"jp2c"])))


def _is_xmp(one: Box) -> bool:
    return one[0] == b"uuid" and one[1].startswith(_XMP)


def _check_channels(stream: bytes, path: Path) -> tuple[int, int, int]:
    """Width, height and number of channels of a codestream."""
    width, height, left, top = struct.unpack_from(">4I", stream, 8)
    (channels,) = struct.unpack_from(">H", stream, 40)
    kinds = {struct.unpack_from("BBB", stream, 42 + 3 * index) for index in range(channels)}
    is_whole = kinds == {(7, 1, 1)} or (channels == 1 and kinds == {(15, 1, 1)})
    if not is_whole or not 1 <= channels <= 4:
        depths = " and ".join(f"{(depth & 0x7F) + 1} {'signed ' * (depth >> 7)}bits" for depth, *_ in sorted(kinds))
        is_reduced = any(kind[1:] != (1, 1) for kind in kinds)
        said = f"{channels} channels of {depths}{', subsampled' * is_reduced}"
        reason = f"of JPEG 2000, 8-bit gray and RGB and 16-bit gray are read, not {said}; {_REMEDY}"
        raise ImageFileError(path, reason)
    return max(width - left, 0), max(height - top, 0), channels


def _check_meaning(header: Sequence[Box], channels: int, path: Path) -> None:
    """Channels that are not what they seem are refused: they would come back as something else."""
    by_kind = dict(header)
    if b"pclr" in by_kind:
        raise ImageFileError(path, f"a JPEG 2000 file with a palette is not read; {_REMEDY}")
    spaces = [content for kind, content in header if kind == b"colr"]
    number = next((struct.unpack_from(">I", one, 3)[0] for one in spaces if one[0] == _BY_NUMBER), None)
    has_profile = any(one[0] in _PROFILES for one in spaces)
    expected = _GRAY if channels < 3 else _SRGB
    if spaces and number != expected and (number is not None or not has_profile):
        raise ImageFileError(path, f"a JPEG 2000 file in colour space {number} is not read; {_REMEDY}")
    definitions = by_kind.get(b"cdef")
    with_alpha = channels in {2, 4}
    as_usual = [(index, 0, index + 1) for index in range(channels - with_alpha)] + [(channels - 1, 1, 0)] * with_alpha
    count = 0 if definitions is None else struct.unpack_from(">H", definitions)[0]
    found = [struct.unpack_from(">HHH", definitions or b"", 2 + 6 * index) for index in range(count)]
    if sorted(found) != as_usual and (with_alpha or found):
        raise ImageFileError(path, f"its channels are neither gray nor RGB with or without alpha; {_REMEDY}")


def _profile(header: Sequence[Box]) -> bytes | None:
    return next((content[3:] for kind, content in header if kind == b"colr" and content[0] in _PROFILES), None)


def _resolution(header: Sequence[Box]) -> tuple[float, float] | None:
    said = dict(read_boxes(dict(header).get(b"res ", b"")))
    captured = said.get(b"resc", said.get(b"resd"))
    if captured is None:
        return None
    down, down_by, across, across_by, down_power, across_power = struct.unpack(">HHHHbb", captured)
    if not down_by or not across_by:
        return None
    return across / across_by * 10.0**across_power, down / down_by * 10.0**down_power


def _kept(kind: bytes, content: bytes) -> bytes:
    """A box as it is written again."""
    is_exif = kind == b"uuid" and content.startswith(_EXIF)
    return _EXIF + without_thumbnail(content[len(_EXIF) :]) if is_exif else content


def _boxes_of(metadata: Metadata, plain: dict[bytes, bytes]) -> list[Box]:
    """What a picture from another format says, as boxes.

    Args:
        metadata: What it says.
        plain: The boxes of a file that says nothing.
    """
    header = list(read_boxes(plain[b"jp2h"]))
    if metadata.profile is not None:
        profile = (b"colr", b"\2\0\0" + metadata.profile)
        header = [profile if kind == b"colr" else (kind, content) for kind, content in header]
    if metadata.resolution is not None:
        power = max(0, math.ceil(math.log10(max(metadata.resolution) / 65535)))
        across, down = (max(1, round(value / 10**power)) for value in metadata.resolution)
        header.append((b"res ", box(b"resc", struct.pack(">HHHHbb", down, 1, across, 1, power, power))))
    said = {_EXIF: metadata.exif, _XMP: metadata.xmp, _IPTC: metadata.iptc}
    said[_EXIF] = None if metadata.exif is None else with_orientation(metadata.exif, 1)
    uuids = [(b"uuid", uuid + content) for uuid, content in said.items() if content is not None]
    return [(b"ftyp", plain[b"ftyp"]), (b"jp2h", b"".join(box(*one) for one in header)), *uuids]
