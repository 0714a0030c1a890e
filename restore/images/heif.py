"""AVIF, by libvips."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyvips

from restore.images.exif import with_orientation, without_thumbnail
from restore.images.libvips import encode_image, open_image, read_pixels, to_image
from restore.images.metadata import Metadata
from restore.images.picture import ImageFileError, Picture

_FIELDS = {"icc-profile-data": ("profile", 8), "exif-data": ("exif", 1), "xmp-data": ("xmp", 2)}
"""Of libvips: what we call them, and how libvips numbers them among what it keeps."""


class Avif:
    """The codec of AVIF files; their pixels are read upright, and stay so."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data[4:8] == b"ftyp" and data[8:12] in {b"avif", b"avis"}

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture, ...]:
        """Refuses what is broken, a sequence or too large."""
        if data[8:12] == b"avis":
            raise ImageFileError(path, "an animation; only single images are restored, so take a frame out of it")
        image = open_image("heif", data, path, max_pixels, autorotate=True)
        fields = image.get_fields()
        bits = image.get("bits-per-sample") if "bits-per-sample" in fields else 8
        picture = read_pixels(image, path)
        said = {name: image.get(field) if field in fields else None for field, (name, _) in _FIELDS.items()}
        exif = said["exif"]
        if exif is not None:
            exif = with_orientation(without_thumbnail(exif.removeprefix(b"Exif\0\0")), 1)
        note = "its further images are left out" if "n-pages" in fields and image.get("n-pages") > 1 else ""
        metadata = Metadata(said["profile"], exif, said["xmp"], source="AVIF", own=bits)
        return (replace(picture, metadata=metadata, note="; ".join(filter(None, [picture.note, note]))),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> bytes:  # noqa: ARG002 (no loss)
        """Writes as many bits as there were."""
        (picture,) = pages
        image = to_image(picture.array).copy()
        keep = 0
        for field, (name, number) in _FIELDS.items():
            value = getattr(picture.metadata, name)
            if value is not None:
                image.set_type(pyvips.GValue.blob_type, field, value)
                keep |= number
        options: dict[str, object] = {"lossless": True, "keep": keep}
        if picture.pixels.dtype == np.uint16:
            options["bitdepth"] = picture.metadata.own_of("AVIF")
        data = encode_image(image, ".avif", path, options)
        return _with_exif(data, picture.metadata.exif) if picture.metadata.exif is not None else data


def _with_exif(data: bytes, exif: bytes) -> bytes:
    """A file in which EXIF is what it was: libvips adds tags of its own, so that there is room for it."""
    written = pyvips.Image.heifload_buffer(data).get("exif-data").removeprefix(b"Exif\0\0")
    if len(exif) > len(written) or data.count(written) != 1:
        return data
    return data.replace(written, exif.ljust(len(written), b"\0"))
