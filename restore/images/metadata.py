"""What a file says beside its pixels, as bytes: what came in goes out, and nothing is made up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from restore.images.exif import exif_of_orientation

Part = TypeVar("Part")
"""A chunk, a segment, a tag or a box: what a file of some format is made of."""


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
        xmp_is_new: Whether the packet is another than that in `own`, and takes its place.
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
    xmp_is_new: bool = False

    def with_xmp(self, xmp: bytes) -> "Metadata":
        """The same with another XMP packet."""
        return replace(self, xmp=xmp, xmp_is_new=True)

    def exchanged(self, own: list[Part], is_xmp: Callable[[Part], bool], part: Part | None) -> list[Part]:
        """Parts of a file of the same format as they are to be written: with the packet that is new, or as they were.

        Args:
            own: All parts that say something.
            is_xmp: Whether it is the packet that a part holds.
            part: That which holds the new one; None if the format has no room for it.
        """
        if not self.xmp_is_new or part is None:
            return own
        places = [index for index, one in enumerate(own) if is_xmp(one)]
        left = [one for index, one in enumerate(own) if index not in places]
        return [*left[: places[0]], part, *left[places[0] :]] if places else [*left, part]

    def own_of(self, format_name: str) -> Any:
        """What is `own`, if the picture stays in its format; else None."""
        return self.own if self.source == format_name else None

    def exif_with_orientation(self) -> bytes | None:
        """EXIF that says at least how to turn the picture."""
        if self.exif is not None or self.orientation == 1:
            return self.exif
        return exif_of_orientation(self.orientation)
