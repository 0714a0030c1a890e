"""WebP: pixels by libvips, and what is said of them by Pillow, which reads and writes it as it is."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from restore.images.exif import read_orientation, without_thumbnail
from restore.images.libvips import open_image, read_pixels
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

_LONGEST = 16383
"""Pixels along a side."""


class Webp:
    """The codec of WebP files."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data[:4] == b"RIFF" and data[8:12] == b"WEBP"

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture, ...]:
        """Refuses what is broken, animated or too large."""
        image = open_image("webp", data, path, max_pixels)
        if "n-pages" in image.get_fields() and image.get("n-pages") > 1:
            raise ImageFileError(path, "an animation; only single images are restored, so take a frame out of it")
        picture = read_pixels(image, path)
        profile, exif, xmp = (
            image.get(name) if name in image.get_fields() else None
            for name in ("icc-profile-data", "exif-data", "xmp-data")
        )
        exif = None if exif is None else without_thumbnail(exif.removeprefix(b"Exif\0\0"))
        metadata = Metadata(profile, exif, xmp, orientation=read_orientation(exif), source="WebP")
        return (replace(picture, metadata=metadata),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Refuses what is too large for the format."""
        (picture,) = pages
        height, width = picture.pixels.shape[:2]
        if max(height, width) > _LONGEST:
            raise ImageFileError(path, f"{width} x {height} pixels do not fit WebP, whose longest side is {_LONGEST}")
        said = {
            "icc_profile": picture.metadata.profile,
            "exif": picture.metadata.exif_with_orientation(),
            "xmp": picture.metadata.xmp,
        }
        array = picture.array
        if array.ndim == 3 and array.shape[2] == 2:
            array = np.dstack([array[..., :1].repeat(3, axis=2), array[..., 1:]])
        buffer = io.BytesIO()
        kept = {name: value for name, value in said.items() if value is not None}
        Image.fromarray(np.ascontiguousarray(array)).save(buffer, "WebP", lossless=True, exact=True, **kept)
        return buffer.getvalue()
