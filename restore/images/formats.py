"""The formats of image files: who reads and writes each, and what it can hold. A new one is one entry."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from restore.images.bmp import Bmp
from restore.images.libvips import Libvips
from restore.images.picture import PROFILE, Picture


@runtime_checkable
class Codec(Protocol):
    """Bytes to pixels and back, or an `ImageFileError` that names the path that is given."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by its content."""

    def decode(self, data: bytes, path: Path, max_pixels: int) -> Picture:
        """Make a picture of a file's bytes."""

    def encode(self, picture: Picture, path: Path) -> bytes:
        """Make a file's bytes of a picture that the format can hold."""


@dataclass(frozen=True)
class Format:
    """What is known of a format.

    Args:
        name: As Pillow and messages have it.
        suffixes: Of its files, in lower case.
        codec: Reads it, and writes it.
        written: Whether we write it; all that follows is about what we write.
        lossless: Whether every bit comes back.
        sixteen_bit: Whether it holds 16 bits a channel.
        alpha: Whether it holds an alpha channel.
        profile: Whether it holds an ICC profile.
        orientation: Whether it says how to turn the pixels; where not, they are turned.
        exif: Whether it holds the rest of EXIF.
    """

    name: str
    suffixes: tuple[str, ...]
    codec: Codec
    written: bool = True
    lossless: bool = True
    sixteen_bit: bool = False
    alpha: bool = True
    profile: bool = True
    orientation: bool = True
    exif: bool = True

    def lacks(self, picture: Picture) -> str:
        """What of a picture it cannot hold, in words; empty if it holds all but EXIF."""
        lost = {
            "16 bits": picture.white > 255 and not self.sixteen_bit,
            "an alpha channel": picture.alpha is not None and not self.alpha,
            "a colour profile": PROFILE in picture.metadata and not self.profile,
        }
        return " and ".join(name for name, is_lost in lost.items() if is_lost)


FORMATS = (
    Format("PNG", (".png",), Libvips("png", ".png"), sixteen_bit=True),
    Format(
        "JPEG",
        (".jpg", ".jpeg"),
        Libvips("jpeg", ".jpg", {"Q": 95, "subsample_mode": "off"}),
        lossless=False,
        alpha=False,
    ),
    Format(
        "TIFF",
        (".tif", ".tiff"),
        Libvips("tiff", ".tif", {"compression": "deflate", "predictor": "horizontal"}),
        sixteen_bit=True,
        exif=False,
    ),
    Format("WebP", (".webp",), Libvips("webp", ".webp", {"lossless": True, "exact": True})),
    Format("AVIF", (".avif",), Libvips("heif", ".avif", {"lossless": True})),
    Format("GIF", (".gif",), Libvips("gif"), written=False),  # 256 colours are too few
    Format("BMP", (".bmp",), Bmp(), alpha=False, profile=False, orientation=False, exif=False),
)

_BY_SUFFIX = {suffix: one for one in FORMATS for suffix in one.suffixes}

IMAGE_SUFFIXES = frozenset(_BY_SUFFIX)
"""What a folder is searched for, in lower case."""


def format_of(path: Path) -> Format | None:
    """The format that the suffix of a name stands for; None if it is none of ours."""
    return _BY_SUFFIX.get(path.suffix.lower())
