"""What a file says beside its pixels, as bytes: what came in goes out, and nothing is made up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from restore.images.exif import exif_of_orientation


@dataclass(frozen=True)
class Metadata:
    """What a file says of its picture, in the words that formats share; what only one format says is `own`.

    Args:
        profile: ICC profile.
        exif: A TIFF structure as EXIF has it, from its byte order on.
        xmp: An XMP packet.
        iptc: IPTC's IIM records.
        texts: Comments and descriptions by their keywords; a comment without a keyword is called `Comment`.
        resolution: Pixels per metre, horizontal and vertical; None if the file names none, or a ratio only.
        orientation: How a viewer turns the picture, as EXIF numbers it: 1 (not at all) to 8.
        source: The name of the format that the file had.
        own: What else a file of that format said, for its codec to write again as it was; includes the exact form of
            the above, so that a picture that stays in its format keeps every byte.
        colour: How colours are meant where no ICC profile says so (PNG's gAMA, cHRM and cICP, AVIF's nclx, TIFF's
            multiplication with opacity), in words; pictures in other formats would look different without it.
    """

    profile: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    resolution: tuple[float, float] | None = None
    orientation: int = 1
    source: str = ""
    own: Any = None
    colour: str = ""

    def own_of(self, format_name: str) -> Any:
        """What is `own`, if the picture stays in its format; else None."""
        return self.own if self.source == format_name else None

    def exif_with_orientation(self) -> bytes | None:
        """EXIF that says at least how to turn the picture."""
        if self.exif is not None or self.orientation == 1:
            return self.exif
        return exif_of_orientation(self.orientation)
