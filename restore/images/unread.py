"""What is not read though many people try: recognised by its content, so that a message can say what it is."""

import re
import struct
from pathlib import Path

from restore.images.heif import brands_of

_RAW = "camera raw is not read: develop it into a TIFF of 16 bits"
_VIDEO = "a video is not read; take a frame out of it"
_ARCHIVE = "an archive is not read; unpack it first"
_TO_TIFF = "is not read; convert it to TIFF"
_TO_PNG = "is not read; convert it to PNG"

_BEGINNINGS = {
    0: {
        b"8BPS": f"a Photoshop file {_TO_PNG}",
        b"gimp xcf": f"a GIMP file {_TO_PNG}",
        b"FUJIFILMCCD-RAW": _RAW,
        b"IIU\0": _RAW,
        b"IIRO": _RAW,
        b"IIRS": _RAW,
        b"MMOR": _RAW,
        b"FOVb": _RAW,
        b"\0MRM": _RAW,
        b"\x76\x2f\x31\x01": f"OpenEXR {_TO_TIFF}",
        b"#?RADIANCE": f"Radiance HDR {_TO_TIFF}",
        b"#?RGBE": f"Radiance HDR {_TO_TIFF}",
        b"\0\0\1\0": f"an icon {_TO_PNG}",
        b"\0\0\2\0": f"a cursor {_TO_PNG}",
        b"II\xbc\1": f"JPEG XR {_TO_PNG}",
        b"DDS ": f"a DirectDraw surface {_TO_PNG}",
        b"%PDF": f"a PDF document {_TO_PNG}",
        b"%!PS": f"PostScript {_TO_PNG}",
        b"SIMPLE  =": f"FITS {_TO_TIFF}",
        b"\x89HDF\r\n\x1a\n": f"HDF5 {_TO_TIFF}",
        b"\x93NUMPY": "a NumPy array is not read; save it as PNG or TIFF",
        b"\x1a\x45\xdf\xa3": _VIDEO,
        b"PK\3\4": _ARCHIVE,
        b"\x1f\x8b": _ARCHIVE,
        b"7z\xbc\xaf\x27\x1c": _ARCHIVE,
        b"Rar!": _ARCHIVE,
        b"version https://git-lfs.": "a Git LFS pointer, not the file itself; `git lfs pull` fetches it",
    },
    4: {b"moov": _VIDEO, b"mdat": _VIDEO},
    8: {b"AVI ": _VIDEO},
    128: {b"DICM": f"DICOM {_TO_TIFF}"},
    344: {b"n+1\0": f"NIfTI {_TO_TIFF}", b"ni1\0": f"NIfTI {_TO_TIFF}"},
}
"""By where in a file it stands."""

_RAW_SUFFIX = re.compile(
    r"\.(3fr|arw|cr2|crw|dcr|dng|erf|iiq|kdc|mef|mos|nef|nrw|orf|pef|raf|raw|rw2|sr2|srf|srw|x3f)", re.IGNORECASE
)
_TIFF = {b"II*\0": "<", b"MM\0*": ">"}
_PHOTOMETRIC, _SUB_IFDS, _DNG_VERSION = 262, 330, 50706
_MOSAICS = {32803, 34892}  # of a colour filter array, and what is made of one without more
_MOST = 16


def is_camera_raw(data: bytes, path: Path) -> bool:
    """Whether what begins like a TIFF is a camera's raw file, of which a reader of TIFF would show the preview."""
    order = _TIFF.get(data[:4])
    if order is None:
        return False
    if _RAW_SUFFIX.fullmatch(path.suffix) or data[8:10] == b"CR":
        return True
    (first,) = struct.unpack_from(order + "I", data.ljust(8, b"\0"), 4)
    tags = _tags(data, first, order)
    below = [_tags(data, place, order) for place in tags.get(_SUB_IFDS, ())]
    is_mosaic = any(value in _MOSAICS for one in (tags, *below) for value in one.get(_PHOTOMETRIC, ()))
    return _DNG_VERSION in tags or is_mosaic


def why_unread(data: bytes, path: Path) -> str:
    """What a file is that none of the formats reads, in words."""
    if not data:
        return "is empty"
    if is_camera_raw(data, path):
        return _RAW
    for place, names in _BEGINNINGS.items():
        for beginning, reason in names.items():
            if data.startswith(beginning, place):
                return reason
    if brands := brands_of(data):
        return _RAW if b"crx " in brands else _VIDEO
    return _why_text(data[:4096]) or "not an image that can be read"


def _why_text(data: bytes) -> str:
    """Of the beginning of a file; empty if it is no text."""
    encoding = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
    text = data.decode(encoding, "replace").lstrip("\ufeff")
    if text[:-1].count("\ufffd") or any(ord(one) < 32 and one not in "\t\n\r\f" for one in text):
        return ""
    if "<svg" in text:
        return f"a drawing in SVG {_TO_PNG}"
    if "<html" in text.lower() or "<!doctype html" in text.lower():
        return "a web page, not an image; download the image itself"
    return "text, not an image"


def _tags(data: bytes, place: int, order: str) -> dict[int, tuple[int, ...]]:
    """The whole numbers of a directory of a TIFF; of values of other types, none."""
    found: dict[int, tuple[int, ...]] = {}
    try:
        for index in range(struct.unpack_from(order + "H", data, place)[0]):
            tag, kind, count = struct.unpack_from(order + "HHI", data, place + 2 + 12 * index)
            code = {3: "H", 4: "I", 13: "I"}.get(kind)
            if code is None:
                found[tag] = ()
                continue
            values = f"{order}{min(count, _MOST)}{code}"
            start = place + 10 + 12 * index
            if struct.calcsize(values) > 4:
                (start,) = struct.unpack_from(order + "I", data, start)
            found[tag] = struct.unpack_from(values, data, start)
    except struct.error:  # the rest is somebody else's to judge
        pass
    return found
