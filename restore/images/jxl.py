"""JPEG XL, by libvips where it was built with it; EXIF and XMP stand in boxes around the pixels, byte for byte."""

from dataclasses import dataclass, replace
from pathlib import Path

import pyvips

from restore.images.boxes import box, read_boxes
from restore.images.exif import with_orientation, without_thumbnail
from restore.images.libvips import encode_image, has, open_image, read_pixels, to_image
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

_SIGNATURE = box(b"JXL ", b"\r\n\x87\n")
_CODESTREAM = b"\xff\x0a"


@dataclass(frozen=True)
class JpegXl:
    """The codec of JPEG XL files.

    Args:
        name: How libvips calls what reads and writes the pixels.
    """

    name: str = "jxl"

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data.startswith((_SIGNATURE, _CODESTREAM))

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture]:
        """Refuses what is broken, animated or too large, and all where libvips was built without it."""
        if not has(f"{self.name}load_buffer"):
            reason = "JPEG XL is not read here: this libvips was built without it; convert it to PNG or TIFF"
            raise ImageFileError(path, reason)
        image = open_image(self.name, data, path, max_pixels)
        if image.get_n_pages() > 1:
            raise ImageFileError(path, "an animation; only single images are restored, so take a frame out of it")
        picture = read_pixels(image, path)
        boxes = dict(read_boxes(data)) if data.startswith(_SIGNATURE) else {}
        exif = boxes.get(b"Exif", b"")[4:]
        profile = "icc-profile-data"
        metadata = Metadata(
            profile=image.get(profile) if image.get_typeof(profile) else None,
            exif=with_orientation(without_thumbnail(exif), 1) if exif else None,  # the pixels are upright already
            xmp=boxes.get(b"xml "),
            source="JPEG XL",
        )
        return (replace(picture, metadata=metadata),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Refuses what is too large for the format."""
        (picture,) = pages
        said, image = picture.metadata, to_image(picture.array)
        if said.profile is not None:
            image = image.copy()
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", said.profile)
        data = encode_image(image, f".{self.name}", path, {"lossless": True, "keep": "icc"})
        boxes = [(b"Exif", bytes(4) + with_orientation(said.exif, 1))] if said.exif is not None else []
        boxes += [(b"xml ", said.xmp)] if said.xmp is not None else []
        if not boxes:
            return data
        pixels = list(read_boxes(data))[2:] if data.startswith(_SIGNATURE) else [(b"jxlc", data)]
        head = _SIGNATURE + box(b"ftyp", b"jxl ", bytes(4), b"jxl ")
        return head + b"".join(box(*one) for one in (*boxes, *pixels))
