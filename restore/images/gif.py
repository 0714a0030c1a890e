"""GIF, by libvips; it is only read."""

from pathlib import Path
from typing import Never

from restore.images.libvips import open_image, read_pixels
from restore.images.picture import ImageFileError, Picture


class Gif:
    """The codec of GIF files."""

    def reads(self, data: bytes) -> bool:
        """Whether a file is of this format, by what it begins with."""
        return data[:6] in {b"GIF87a", b"GIF89a"}

    def decode(self, data: bytes, path: Path, max_pixels: int) -> tuple[Picture, ...]:
        """Refuses what is broken, animated or too large."""
        image = open_image("gif", data, path, max_pixels)
        if "n-pages" in image.get_fields() and image.get("n-pages") > 1:
            raise ImageFileError(path, "an animation; only single images are restored, so take a frame out of it")
        return (read_pixels(image, path),)

    def encode(self, pages: tuple[Picture, ...], path: Path, quality: int | None) -> Never:  # noqa: ARG002
        """Refuses everything."""
        raise ImageFileError(path, "GIF is not written, since 256 colours are too few")
