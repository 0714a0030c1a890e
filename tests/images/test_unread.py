"""What is not read is called by its name; nothing that is broken is more than one line."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from restore.images.boxes import box
from restore.images.codec import decode, encode
from restore.images.formats import FORMATS, format_of
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture
from tests.images.samples import exif_with_thumbnail, icc_profile, photograph

RAW = "camera raw is not read: develop it into a TIFF of 16 bits"
VIDEO = "a video is not read; take a frame out of it"
ARCHIVE = "an archive is not read; unpack it first"


def tiff(order, *tags, below=()):
    """A directory of whole numbers, and one below it; no pixels."""
    sub_place = 8 + 2 + 12 * (len(tags) + bool(below)) + 4
    entries = [*tags, *([(330, sub_place)] if below else [])]
    directories = []
    for directory in (entries, below):
        packed = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in directory)
        directories.append(struct.pack(order + "H", len(directory)) + packed + bytes(4))
    return (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8) + b"".join(directories)


def saved(name, **options):
    buffer = io.BytesIO()
    Image.fromarray(photograph()).save(buffer, name, **options)
    return buffer.getvalue()


UNREAD = {
    "empty": (b"", "is empty"),
    "Photoshop": (b"8BPS\0\1" + bytes(20), "a Photoshop file is not read; convert it to PNG"),
    "GIMP": (b"gimp xcf v011\0" + bytes(20), "a GIMP file is not read; convert it to PNG"),
    "DNG": (saved("TIFF", tiffinfo={50706: b"\1\4\0\0"}), RAW),
    "a mosaic": (tiff("<", (256, 9), (262, 32803)), RAW),
    "a preview before a mosaic": (tiff(">", (256, 9), (262, 2), below=((256, 9), (262, 32803))), RAW),
    "CR2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(20), RAW),
    "CR3": (box(b"ftyp", b"crx \0\0\0\1crx isom") + bytes(20), RAW),
    "RAF": (b"FUJIFILMCCD-RAW 0201" + bytes(20), RAW),
    "RW2": (b"IIU\0\x18\0\0\0" + bytes(20), RAW),
    "ORF": (b"IIRO\x08\0\0\0" + bytes(20), RAW),
    "OpenEXR": (b"\x76\x2f\x31\x01\2\0\0\0", "OpenEXR is not read; convert it to TIFF"),
    "Radiance": (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", "Radiance HDR is not read; convert it to TIFF"),
    "SVG": (
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        "a drawing in SVG is not read; convert it to PNG",
    ),
    "PDF": (saved("PDF"), "a PDF document is not read; convert it to PNG"),
    "ICO": (saved("ICO"), "an icon is not read; convert it to PNG"),
    "JPEG XR": (b"II\xbc\1\x20\0\0\0", "JPEG XR is not read; convert it to PNG"),
    "DDS": (saved("DDS"), "a DirectDraw surface is not read; convert it to PNG"),
    "MP4": (box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41") + bytes(20), VIDEO),
    "MOV": (box(b"ftyp", b"qt  \0\0\0\0qt  ") + bytes(20), VIDEO),
    "an old MOV": (box(b"moov", bytes(20)), VIDEO),
    "Matroska": (b"\x1a\x45\xdf\xa3" + bytes(20), VIDEO),
    "DICOM": (bytes(128) + b"DICM" + bytes(20), "DICOM is not read; convert it to TIFF"),
    "FITS": (b"SIMPLE  =                    T", "FITS is not read; convert it to TIFF"),
    "NIfTI": (struct.pack("<I", 348) + bytes(340) + b"n+1\0", "NIfTI is not read; convert it to TIFF"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(20), "HDF5 is not read; convert it to TIFF"),
    "ZIP": (b"PK\3\4" + bytes(20), ARCHIVE),
    "gzip": (b"\x1f\x8b\x08" + bytes(20), ARCHIVE),
    "HTML": (b"\n<!DOCTYPE html><html>not found</html>", "a web page, not an image; download the image itself"),
    "text": ("Grüße, 世界".encode(), "text, not an image"),
    "text of UTF-16": ("hello".encode("utf-16"), "text, not an image"),
    "Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
        "a Git LFS pointer, not the file itself; `git lfs pull` fetches it",
    ),
    "none of these": (bytes(range(256)), "not an image that can be read"),
}


@pytest.mark.parametrize("what", UNREAD)
def test_what_is_not_read_is_named_whatever_it_is_called(what):
    data, reason = UNREAD[what]
    with pytest.raises(ImageFileError) as caught:
        decode(data, "a.png")
    assert str(caught.value) == f"a.png: {reason}"


def test_a_tiff_is_a_raw_file_by_its_name_too():
    assert decode(saved("TIFF"), "a.tif").pixels.shape == photograph().shape
    with pytest.raises(ImageFileError, match="camera raw"):
        decode(saved("TIFF"), "a.NEF")


def test_text_that_is_cut_within_a_letter_is_text():
    with pytest.raises(ImageFileError, match="image: text, not an image"):
        decode(b"a" + "é".encode() * 4000)


READ = ["a.png", "a.jpg", "a.tif", "a.webp", "a.avif", "a.bmp", "a.jp2", "a.j2k"]


@pytest.mark.parametrize("content", [*READ, "a.gif"])
@pytest.mark.parametrize("name", READ)
def test_the_content_decides_what_is_read_and_the_name_what_is_written(content, name):
    data = saved("GIF") if content == "a.gif" else encode(Picture(photograph()), content)
    picture = decode(data, name)
    again = encode(picture, name)
    into = format_of(Path(name))
    assert into.codec.reads(again)
    apart = np.abs(decode(again).pixels.astype(int) - picture.pixels)
    assert apart.max() == 0 if into.lossless else apart.mean() < 5
    with Image.open(io.BytesIO(again)) as image:
        elsewhere = np.asarray(ImageOps.exif_transpose(image), int)
    assert np.abs(elsewhere - picture.pixels).mean() < 5


@pytest.mark.parametrize("one", [one for one in FORMATS if one.written], ids=lambda one: one.name)
def test_no_broken_file_is_more_than_one_line(one):
    name = f"a{one.suffixes[0]}"
    said = Metadata(
        profile=icc_profile() if one.profile else None,
        exif=exif_with_thumbnail()[0] if one.exif else None,
        xmp=b"<x/>" if one.xmp else None,
    )
    data = encode(Picture(photograph(), photograph()[..., 0] if one.alpha else None, metadata=said), name)
    generator = np.random.default_rng(0)
    lines = []
    for turn in range(150):
        broken = bytearray(data[: generator.integers(len(data))] if turn % 3 == 0 else data)
        head = min(len(broken), 600 if turn % 2 else len(data))
        for place in generator.integers(0, max(head, 1), generator.integers(1, 4)):
            broken[place : place + 1] = bytes([generator.integers(256)])
        try:
            encode(decode(bytes(broken), name, max_pixels=2**20), name)
        except ImageFileError as error:
            lines.append(len(str(error).splitlines()))
    assert len(lines) >= 30
    assert set(lines) == {1}
