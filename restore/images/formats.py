"""The formats of image files: who reads and writes each, and what it can hold. A new one is one entry."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from restore.images.bmp import Bmp
from restore.images.gif import Gif
from restore.images.heif import Heif
from restore.images.jpeg import Jpeg
from restore.images.jpeg2000 import Jpeg2000
from restore.images.jxl import JpegXl
from restore.images.libvips import has
from restore.images.picture import Picture
from restore.images.png import Png
from restore.images.ppm import Ppm
from restore.images.tiff import Tiff
from restore.images.webp import LONGEST, Webp


@runtime_checkable
class Codec(Protocol):
    """Bytes to pixels and back, or an `ImageFileError` that names the path that is given."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by its content."""

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture, ...]:
        """Make a picture of each page of a file."""

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:
        """Make a file's bytes of pictures that the format can hold.

        Args:
            pages: One, unless the format holds several.
            path: What errors call it.
            quality: 1 to 100, of what is written with loss; the codec's own if not given.
        """


@dataclass(frozen=True)
class Format:
    """What is known of a format.

    Args:
        name: As Pillow and messages have it.
        suffixes: Of its files, in lower case; the first is what we call new files.
        codec: Reads it, and writes it.
        written: Whether we write it; all that follows is about what we write.
        lossless: Whether every bit comes back.
        longest: Side in pixels.
        sixteen_bit: Whether it holds 16 bits a channel of files of other formats.
        floats: Whether it holds floating point.
        alpha: Whether it holds an alpha channel.
        extra: Whether it holds channels that are neither colour nor alpha.
        pages: Whether it holds several.
        profile: Whether it holds an ICC profile.
        orientation: Whether it says how to turn the pixels; where not, they are turned.
        exif: Whether it holds EXIF from files of other formats.
        xmp: Whether it holds XMP.
        iptc: Whether it holds IPTC.
        texts: Whether it holds texts.
        resolution: Whether it holds a resolution from files of other formats.
    """

    name: str
    suffixes: tuple[str, ...]
    codec: Codec
    written: bool = True
    lossless: bool = True
    longest: int = 2**31 - 1
    sixteen_bit: bool = False
    floats: bool = False
    alpha: bool = True
    extra: bool = False
    pages: bool = False
    profile: bool = True
    orientation: bool = True
    exif: bool = True
    xmp: bool = True
    iptc: bool = False
    texts: bool = False
    resolution: bool = False

    def lacks(self, *pages: Picture) -> str:
        """What of a picture it cannot hold without changing how it looks, in words; empty if it holds all."""
        one = pages[0]
        sides = (side for page in pages for side in page.pixels.shape[:2])
        lost = {
            f"sides of more than {self.longest} pixels": max(sides) > self.longest,
            "several pages": len(pages) > 1 and not self.pages,
            "16 bits": one.white == 65535 and not (self.sixteen_bit or one.metadata.source == self.name),
            "floating point": one.white == 1 and not self.floats,
            "an alpha channel": one.alpha is not None and not self.alpha,
            "further channels": one.extra is not None and not self.extra,
            "a colour profile": one.metadata.profile is not None and not self.profile,
            f"colours by {one.metadata.colour}": bool(one.metadata.colour) and one.metadata.source != self.name,
        }
        return " and ".join(name for name, is_lost in lost.items() if is_lost)

    def drops(self, picture: Picture) -> str:
        """What a picture from another format says that this one cannot hold, in words; its look is not among it."""
        said = picture.metadata
        if said.source == self.name:
            return ""
        lost = {
            "EXIF": said.exif is not None and not self.exif,
            "XMP": said.xmp is not None and not self.xmp,
            "IPTC": said.iptc is not None and not self.iptc,
            "texts": bool(said.texts) and not self.texts,
            "the resolution": said.resolution is not None and not self.resolution,
        }
        return " and ".join(name for name, is_lost in lost.items() if is_lost)


FORMATS = (
    Format("PNG", (".png",), Png(), sixteen_bit=True, texts=True, resolution=True),
    Format(
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        Jpeg(),
        lossless=False,
        longest=65500,
        alpha=False,
        iptc=True,
        texts=True,
        resolution=True,
    ),
    Format(
        "TIFF",
        (".tif", ".tiff"),
        Tiff(),
        sixteen_bit=True,
        floats=True,
        extra=True,
        pages=True,
        iptc=True,
        resolution=True,
    ),
    Format("WebP", (".webp",), Webp(), longest=LONGEST),
    Format("AVIF", (".avif",), Heif("AVIF"), longest=16384, orientation=False),
    Format("HEIC", (".heic", ".heif", ".hif"), Heif("HEIC"), written=False),
    Format("JPEG XL", (".jxl",), JpegXl(), written=has("jxlsave_buffer"), sixteen_bit=True, orientation=False),
    Format(
        "JPEG 2000",
        (".jp2", ".jpx", ".jpf"),
        Jpeg2000("JPEG 2000", in_boxes=True),
        orientation=False,
        iptc=True,
        resolution=True,
    ),
    Format(
        "JPEG 2000 codestream",
        (".j2k", ".j2c", ".jpc"),
        Jpeg2000("JPEG 2000 codestream", in_boxes=False),
        alpha=False,
        profile=False,
        orientation=False,
        exif=False,
        xmp=False,
    ),
    Format("GIF", (".gif",), Gif(), written=False),  # 256 colours are too few
    Format("BMP", (".bmp",), Bmp(), orientation=False, exif=False, xmp=False, resolution=True),
    Format(
        "PPM",
        (".ppm", ".pgm", ".pbm", ".pnm"),
        Ppm(),
        sixteen_bit=True,
        alpha=False,
        profile=False,
        orientation=False,
        exif=False,
        xmp=False,
    ),
)

_BY_SUFFIX = {suffix: one for one in FORMATS for suffix in one.suffixes}

IMAGE_SUFFIXES = frozenset(_BY_SUFFIX)
"""What a folder is searched for, in lower case."""


def format_of(path: Path) -> Format | None:
    """The format that the suffix of a name stands for; None if it is none of ours."""
    return _BY_SUFFIX.get(path.suffix.lower())


def is_written(one: Format | None) -> bool:
    """Whether it is a format that we write."""
    return one is not None and one.written
