"""Small files that become large, or that never end, once somebody opens them."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image

from research.strangers.breaking import pick, with_sums
from research.strangers.seeds import PROFILE
from restore.images.boxes import box

Generator = np.random.Generator
Bomb = tuple[str, bytes]
"""A suffix and a file."""

SIDES = (500, 8000, 20000, 23000, 65500, 2**31 - 1)
"""Of images that hold nothing, in pixels."""

PACKED = 2**25
"""Bytes of zeros, packed into a thousandth."""


@cache
def packed_zeros(length: int = PACKED) -> bytes:
    """Zeros as zlib packs them."""
    return zlib.compress(bytes(length), 9)


def png(header: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG file of chunks between its header and its end."""
    parts = ((b"IHDR", header), *chunks, (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(held)) + kind + held + bytes(4) for kind, held in parts)
    return with_sums(b"\x89PNG\r\n\x1a\n" + body)


def _header(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    return struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


def large_png(generator: Generator) -> Bomb:
    """Black and white, of a size that is there, or that is only said to be."""
    width, height = (int(generator.choice(SIDES)) for _ in range(2))
    row = width // 8 + 2
    most = 20000**2 if generator.random() < 0.05 else 2000**2
    held = packed_zeros(row * height if width * height <= most else 1000)
    return ".png", png(_header(width, height, 1), (b"IDAT", held))


def overfull_png(generator: Generator) -> Bomb:
    """Of 8 x 8 pixels, which unpack to 32 MB; or with a profile or a text that does."""
    begun = {b"IDAT": b"", b"iCCP": b"p\0\0", b"zTXt": b"Comment\0\0", b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0"}
    kind, before = pick(generator, list(begun.items()))
    pixels = (b"IDAT", zlib.compress(bytes(9 * 8)))
    bomb = (kind, before + packed_zeros())
    return ".png", png(_header(8, 8), *([bomb] if kind == b"IDAT" else [bomb, pixels]))


def animation(generator: Generator) -> Bomb:
    """Of up to 2000 frames, for ever."""
    suffix, count = str(generator.choice([".gif", ".webp", ".png", ".avif"])), int(generator.choice([2, 50, 2000]))
    count = min(count, 20) if suffix == ".avif" else count
    frames = [Image.new("RGB", (4, 4), (index % 256, index // 256, 0)) for index in range(count)]
    file = io.BytesIO()
    options = {} if suffix == ".avif" else {"loop": 0}
    frames[0].save(file, suffix[1:].upper(), save_all=True, append_images=frames[1:], **options)
    return suffix, file.getvalue()


def large_gif(generator: Generator) -> Bomb:
    """A canvas of up to 65535 pixels a side, of which one frame covers a pixel."""
    width, height = (int(generator.choice([500, 20000, 65535])) for _ in range(2))
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(3) + b"\xff\xff\xff"
    return ".gif", head + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00;"


def tiff(*directories: list[tuple[int, int, int, int]], after: int = 0, held: bytes = b"") -> bytes:
    """A TIFF file of directories of (tag, type, count, value), the last of which leads on; `held` stands at 8."""
    place, out = 8 + len(held), b""
    for number, entries in enumerate(directories, 1):
        end = place + 2 + 12 * len(entries) + 4
        out += struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *one) for one in sorted(entries))
        out += struct.pack("<I", after if number == len(directories) else end)
        place = end
    return b"II*\0" + struct.pack("<I", 8 + len(held)) + held + out


def _page(width: int, height: int, length: int, *more: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    packing = 8 if length > 1 else 1
    described = {256: width, 257: height, 258: 8, 259: packing, 262: 1, 273: 8, 277: 1, 278: height, 279: length}
    return [*((tag, 4, 1, value) for tag, value in described.items()), *more]


def paged_tiff(generator: Generator) -> Bomb:
    """Thousands of pages, or pages that lead back to the first."""
    count = int(generator.choice([1, 3, 1000, 4000]))
    return ".tif", tiff(*[_page(1, 1, 1)] * count, after=int(generator.choice([0, 10])), held=b"\0\0")


def large_tiff(generator: Generator) -> Bomb:
    """Large pixels, there or not, or more than the size says."""
    width, height = (int(generator.choice([8, 500, 20000, 2**31 - 1])) for _ in range(2))
    held = packed_zeros(int(generator.choice([1000, PACKED])))
    return ".tif", tiff(_page(width, height, len(held)), held=held + bytes(len(held) % 2))


def crooked_tiff(generator: Generator) -> Bomb:
    """Tags of enormous counts, and directories within themselves."""
    tag = int(generator.choice([330, 34665, 700, 34675, 33723, 34377, 270, 273, 279, 258, 339, 320, 338]))
    kind, count = (
        int(generator.choice([1, 2, 3, 4, 7, 12, 16])),
        int(generator.choice([0, 1, 7, 2**20, 2**31, 2**32 - 1])),
    )
    page = [one for one in _page(8, 8, 64) if one[0] != tag]
    page = [one if one[0] != 259 else (259, 4, 1, 1) for one in page]
    return ".tif", tiff([*page, (tag, kind, count, int(generator.choice([0, 8, 72, 2**32 - 1])))], held=bytes(64))


def exif_in_jpeg(generator: Generator) -> Bomb:
    """EXIF whose directories lead to each other, or whose tags say that they hold gigabytes."""
    entries = [
        (code, int(generator.choice([1, 4, 5, 7])), int(generator.choice([1, 2**28, 2**32 - 1])), 8)
        for code in range(270, 330)
    ]
    pointers = [(34665, 4, 1, 8), (34853, 4, 1, 8), (40965, 4, 1, 8)]
    exif = tiff(pointers if generator.random() < 0.5 else entries, after=8)
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (90, 9, 9)).save(file, "JPEG", exif=exif)
    return ".jpg", file.getvalue()


def large_jpeg(generator: Generator) -> Bomb:
    """A few bytes of pixels that are said to be many, in many scans, or behind thousands of segments."""
    file = io.BytesIO()
    Image.new("L", (64, 64), 90).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    start, scan = data.rindex(b"\xff\xc2"), data.rindex(b"\xff\xda")
    if generator.random() < 0.5:
        side = struct.pack(">HH", *(int(generator.choice([500, 20000, 65500])) for _ in range(2)))
        data = data[: start + 5] + side + data[start + 9 :]
    if generator.random() < 0.5:
        data = data[:-2] + data[scan:-2] * int(generator.choice([10, 5000])) + data[-2:]
    if generator.random() < 0.3:
        segment = b"\xff" + bytes([int(generator.choice([0xE1, 0xE2, 0xED, 0xFE]))]) + struct.pack(">H", 40) + bytes(38)
        data = data[:2] + segment * 20000 + data[2:]
    return ".jpg", data


def large_box(generator: Generator) -> Bomb:
    """AVIF and JPEG 2000 of thousands of boxes in boxes, or beside each other."""
    inner, deep = b"", bool(generator.random() < 0.5)
    kind = bytes(generator.choice([b"meta", b"jp2h", b"iprp", b"free", b"uuid"]))
    for _ in range(3000):
        inner = box(kind, inner) if deep else inner + box(kind)
    if generator.random() < 0.5:
        return ".avif", box(b"ftyp", b"avif", bytes(4), b"avifmif1") + inner
    return ".jp2", box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 ", bytes(4), b"jp2 ") + inner


def xml(generator: Generator) -> Bomb:
    """XMP of entities that name each other, of a hundred thousand elements within each other, or from elsewhere."""
    rdf = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{}</rdf:RDF>'
    match int(generator.integers(4)):
        case 0:
            names = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))
            packet = f'<!DOCTYPE x [<!ENTITY a0 "ha">{names}]>' + rdf.format("&a9;")
        case 1:
            packet = '<!DOCTYPE x [<!ENTITY a SYSTEM "http://192.0.2.1/a">]>' + rdf.format("&a;")
        case 2:
            packet = rdf.format("<a>" * 100000 + "</a>" * 100000)
        case _:
            packet = rdf.format("<a/>" * 100000) + "&" * 9
    chunk = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet.encode())
    pixels = bytes(b for row in range(24) for b in (0, *(row * 9 % 256 for _ in range(24))))
    return ".png", png(_header(24, 24), chunk, (b"IDAT", zlib.compress(pixels)))


def plain_text(generator: Generator) -> Bomb:
    """Text that says that it is an image, or is one in words."""
    suffix = str(generator.choice([".png", ".jpg", ".tif", ".ppm", ".bmp", ".webp", ".gif", ".avif", ".svg"]))
    texts = (
        b"\x89PNG\r\n\x1a\nI am an image.",
        b"PNG\r\n" * 1000,
        b"BM" + b"I am an image. " * 9,
        b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"I am an image. " * 9,
        b"\xff\xd8\xff\xe0 I am an image.",
        b"P3\n2147483647 2147483647\n255\n" + b"9" * 10000,
        b"P3 " + b"# hello\n" * 100000 + b"8 8\n255\n" + b"-1 " * 192,
        b"P2 8 8 255\n" + b"99999999999999999999999 " * 64,
        b"P1 999999999 999999999\n" + b"01" * 100,
        b"P6\n20000 20000\n255\n" + bytes(100),
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="http://192.0.2.1/a.png"/></svg>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
        b"push graphic-context\nviewbox 0 0 9 9\nimage over 0,0 0,0 'https://192.0.2.1/a'\npop graphic-context\n",
        b"PK\3\4" + bytes(100),
        PROFILE,
    )
    return suffix, pick(generator, texts)


BOMBS: dict[str, Callable[[Generator], Bomb]] = {
    "large PNG": large_png,
    "PNG that unpacks": overfull_png,
    "animation": animation,
    "large GIF": large_gif,
    "many TIFF pages": paged_tiff,
    "large TIFF": large_tiff,
    "crooked TIFF tags": crooked_tiff,
    "crooked EXIF": exif_in_jpeg,
    "large JPEG": large_jpeg,
    "many boxes": large_box,
    "XML in XMP": xml,
    "text": plain_text,
}
"""What is made rather than broken."""
