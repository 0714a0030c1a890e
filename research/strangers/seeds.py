"""Whole image files to be broken: small, of every format that is read, with all that a file can say of itself."""

import io
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from research.odd_files import draw_pixels, write_image
from restore.images.exif import exif_of_orientation

SIDES = (1, 3, 8, 17, 24)
"""In pixels."""

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image"/>'
    b"</rdf:RDF></x:xmpmeta>"
)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
NAMES = ("a.png", "a.jpg", "a.tif", "a.webp", "a.avif", "a.jp2", "a.j2k", "a.bmp", "a.ppm", "a.pgm", "a.gif")


def write_seed(generator: np.random.Generator, folder: Path) -> tuple[Path, tuple[int, int]]:
    """An image file that says much of itself, or one of those that `research.odd_input` draws.

    Returns:
        The file, and the height and the width of what is in it.
    """
    height, width = (int(generator.choice(SIDES)) for _ in range(2))
    if generator.random() < 0.4:
        return write_image(generator, folder, height, width), (height, width)
    path = folder / str(generator.choice(NAMES))
    path.write_bytes(dressed(generator, path.suffix, height, width))
    return path, (height, width)


def dressed(generator: np.random.Generator, suffix: str, height: int, width: int) -> bytes:
    """An image file with EXIF, XMP, a colour profile and texts, where its format has room for them."""
    pixels = draw_pixels(generator, height, width, 3, np.uint8)
    exif, file = exif_of_orientation(int(generator.integers(1, 9))), io.BytesIO()
    image = Image.fromarray(pixels)
    match suffix:
        case ".tif":
            pages = int(generator.choice([1, 3]))
            tags = [(700, 1, len(XMP), XMP, False), (34675, 7, len(PROFILE), PROFILE, False)]
            with tifffile.TiffWriter(file, bigtiff=bool(generator.random() < 0.2)) as writer:
                for _ in range(pages):
                    writer.write(pixels, compression="zlib", photometric="rgb", extratags=tags, metadata=None)
        case ".png":
            said = PngImagePlugin.PngInfo()
            said.add_text("Comment", "a drawing", zip=True)
            said.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=bool(generator.random() < 0.5))
            image.save(file, "PNG", pnginfo=said, exif=exif, icc_profile=PROFILE)
        case ".jpg":
            options = {"exif": exif, "xmp": XMP, "comment": b"a drawing", "icc_profile": PROFILE}
            image.save(file, "JPEG", progressive=bool(generator.random() < 0.5), **options)
        case ".webp" | ".avif":
            options = {"exif": exif, "xmp": XMP, "icc_profile": PROFILE}
            image.save(file, suffix[1:].upper(), **options, **({"lossless": True} if suffix == ".webp" else {}))
        case ".jp2" | ".j2k":
            image.save(file, "JPEG2000", no_jp2=suffix == ".j2k")
        case ".ppm" if generator.random() < 0.5:
            numbers = b" ".join(b"%d" % value for value in pixels.flat)
            file.write(b"P3 # text\n%d %d\n255\n%s\n" % (width, height, numbers))
        case ".pgm" | ".gif":
            image.convert("L").save(file, {".pgm": "PPM", ".gif": "GIF"}[suffix])
        case _:
            image.save(file, suffix[1:].upper())
    return file.getvalue()
