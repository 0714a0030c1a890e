"""Images and masks of drawn kinds, written and read by other libraries than the package's codecs."""

from pathlib import Path
from typing import Any

import numpy as np
import pyvips
import tifffile
from PIL import Image, ImageOps

Array = Any

LOSSLESS = (".png", ".tif", ".webp", ".bmp", ".ppm")
"""Formats in which known pixels come back with the same values, and that others read as they are."""

SUFFIXES = (".png", ".jpg", ".tif", ".webp", ".bmp", ".gif", ".avif", ".ppm", ".jfif", ".jp2")
NAMES = ("a", "a b", "ä", "A.B", "x" * 60)
TIFF_TYPES = ("u1", "u2", "f4", "i2", "f8", "u4", "?")
EXTRA = ("unspecified", "unassalpha", "assocalpha")
MASKS = ("L", "1", "RGB", "paint", "label", "soft", "size")


def draw_pixels(generator: np.random.Generator, height: int, width: int, channels: int, dtype: Any) -> Array:
    """A ramp, noise, one value, black, or gray in all channels."""
    white = 1 if np.dtype(dtype).kind == "f" else int(np.iinfo(dtype).max)
    base = {
        "ramp": np.linspace(0, 1, height * width).reshape(height, width, 1) * np.ones(channels),
        "noise": generator.random((height, width, channels)),
        "flat": np.full((height, width, channels), generator.random()),
        "black": np.zeros((height, width, channels)),
        "gray": np.repeat(generator.random((height, width, 1)), channels, 2),
    }[str(generator.choice(["ramp", "noise", "flat", "black", "gray"]))]
    values = (base * white).astype(dtype)
    return values[..., 0] if channels == 1 else values


def write_image(generator: np.random.Generator, folder: Path, height: int, width: int) -> Path:
    """An image of a drawn format, depth, number of channels and pages, orientation and state."""
    path = folder / f"{generator.choice(NAMES)}{generator.choice(SUFFIXES)}"
    channels = int(generator.integers(1, 5))
    if path.suffix == ".tif":
        _write_tiff(generator, path, (height, width), channels)
    elif path.suffix == ".png" and generator.random() < 0.3:
        array = draw_pixels(generator, height, width, channels, np.uint16)
        interpretation = "rgb16" if channels > 2 else "grey16"
        pyvips.Image.new_from_array(array, interpretation=interpretation).write_to_file(str(path))
    else:
        _write_by_pillow(generator, path, draw_pixels(generator, height, width, channels, np.uint8))
    if generator.random() < 0.1:
        _damage(generator, path)
    return path


def _write_tiff(generator: np.random.Generator, path: Path, size: tuple[int, int], channels: int) -> None:
    dtype = str(generator.choice(TIFF_TYPES))
    is_big, is_packed = generator.random(2) < 0.5
    with tifffile.TiffWriter(path, byteorder=">" if is_big else "<") as writer:
        for _ in range(int(generator.choice([1, 1, 1, 3]))):
            array = draw_pixels(generator, *size, channels, "u1" if dtype == "?" else dtype)
            writer.write(
                array > 127 if dtype == "?" and channels == 1 else array,
                photometric="rgb" if channels > 2 else str(generator.choice(["minisblack", "miniswhite"])),
                planarconfig="contig" if channels > 1 else None,
                extrasamples=[str(generator.choice(EXTRA))] if channels in (2, 4) else None,
                compression="zlib" if is_packed else None,
                metadata=None,
            )


def _write_by_pillow(generator: np.random.Generator, path: Path, array: Array) -> None:
    image, suffix = Image.fromarray(array), path.suffix
    if suffix in {".png", ".bmp", ".gif"} and generator.random() < 0.3:
        image = image.convert("RGB").convert(str(generator.choice(["P", "1"])))
    if suffix in {".jpg", ".jfif", ".ppm"}:
        image = image.convert(str(generator.choice(["L", "RGB", "RGB" if suffix == ".ppm" else "CMYK"])))
    if suffix in {".bmp", ".webp", ".avif"} and image.mode in {"LA", "L", *(["RGBA"] if suffix == ".bmp" else [])}:
        image = image.convert("RGB")
    options: dict[str, Any] = {"lossless": True, "exact": True} if suffix == ".webp" else {}
    if suffix in {".gif", ".webp", ".png"} and generator.random() < 0.1:
        options |= {"save_all": True, "append_images": [Image.new(image.mode, image.size)]}
    if suffix in {".png", ".jpg", ".jfif", ".webp"} and generator.random() < 0.3:
        options["exif"] = Image.Exif()
        options["exif"][274] = int(generator.integers(1, 9))
    image.save(path, {".jfif": "JPEG", ".jp2": "JPEG2000"}.get(suffix), **options)


def _damage(generator: np.random.Generator, path: Path) -> None:
    """Cut a file short, break a byte of it, empty it, or put a web page in its place."""
    data = bytearray(path.read_bytes())
    place = int(generator.integers(len(data)))
    match generator.integers(4):
        case 0:
            data = data[:place]
        case 1:
            data[place] ^= int(generator.integers(1, 256))
        case 2:
            data = bytearray()
        case _:
            data = bytearray(b"<html>not found</html>")
    path.write_bytes(data)


def write_mask(generator: np.random.Generator, folder: Path, height: int, width: int) -> tuple[Path, Array | None]:
    """A mask of a drawn kind, and the hole that it means; None where a line instead of a result is as right."""
    hole = generator.random((height, width)) < generator.choice([0.0, 0.2, 0.5, 1.0], p=[0.1, 0.4, 0.4, 0.1])
    level, path, kind = hole.astype(np.uint8) * 255, folder / "mask.png", str(generator.choice(MASKS))
    image = Image.fromarray(
        {
            "paint": np.dstack([255 - level, level, level, level]),
            "label": hole.astype(np.uint8),
            "soft": level // 2 + 20,
            "size": np.pad(level, 1),
        }.get(kind, level)
    )
    (image.convert(kind) if kind in {"L", "1", "RGB"} else image).save(path)
    is_plain = kind in {"L", "1", "RGB"} or (kind == "paint" and hole.any() and not hole.all())
    return path, hole if is_plain else None


def read_elsewhere(path: Path) -> list[Array]:
    """The values of all pages as they are shown."""
    if path.suffix == ".tif":
        with tifffile.TiffFile(path) as file:
            return [_as_shown(page) for page in file.pages]
    if path.suffix == ".png":
        image = pyvips.Image.new_from_file(str(path))
        if image.format == "ushort":
            return [image.autorot().numpy()]
    with Image.open(path) as opened:
        return [np.asarray(ImageOps.exif_transpose(opened).convert("RGBA"))]


def _as_shown(page: Any) -> Array:
    """Black as 0, and single bits as 8."""
    array = page.asarray()
    array = array.astype(np.uint8) * 255 if array.dtype == np.bool_ else array
    if page.photometric != tifffile.PHOTOMETRIC.MINISWHITE:
        return array
    white = 1 if array.dtype.kind == "f" else np.iinfo(array.dtype).max
    return white - array if array.ndim == 2 else np.dstack([white - array[..., :1], array[..., 1:]])
