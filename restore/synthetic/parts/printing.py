"""What is printed on a label."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MAKERS = ("NORDWERK", "HELIX", "AXION GmbH", "Kessler & Co", "ORBITAL", "Vantara", "TEKNO 4", "Maru Seiki")
ARTICLES = ("Bearing unit", "GEAR MOTOR", "Sensor head", "VALVE BLOCK", "Power supply", "PUMP SEAL", "FILTER SET")
FIELDS = ("P/N", "LOT", "REV", "QTY", "DATE", "S/N", "NET", "BIN")
RATINGS = ("24 V", "IP 65", "3.2 kg", "M12", "0.75 kW", "10 bar")

INKS = ((20, 20, 22), (20, 20, 22), (24, 40, 92), (96, 18, 22))
ACCENTS = ((176, 28, 34), (22, 62, 130), (20, 20, 22), (18, 104, 66), (214, 110, 20))
LIGHT = (245, 245, 240)

Ink = tuple[int, int, int]


@dataclass(frozen=True)
class Typeface:
    """A variety of the font that comes with Pillow.

    Args:
        bold: What is added to the strokes, as a share of the size.
        stretch: Width of the letters, 1 as designed.
        slant: How far they lean, as a share of their height.
        dots: Whether they are those of the coarse bitmap font, as of a date stamp.
    """

    bold: float = 0.0
    stretch: float = 1.0
    slant: float = 0.0
    dots: bool = False


PLAIN, STAMPED = Typeface(), Typeface(stretch=0.8, dots=True)
TITLES = (Typeface(0.03), Typeface(0.05, slant=0.22), Typeface(0.03, stretch=0.8), Typeface(stretch=1.15))


def write(
    sheet: Image.Image, x: float, y: float, text: str, size: float, ink: Ink, face: Typeface = PLAIN, room: float = 1e9
) -> None:
    """Print a line from its left end at the height of its middle, the letters narrowed to the room; all in pixels."""
    font = ImageFont.load_default_imagefont() if face.dots else ImageFont.load_default(size)
    stroke = face.bold * size
    left, top, right, bottom = ImageDraw.Draw(sheet).textbbox((0, 0), text, font, stroke_width=stroke)
    stamp = Image.new("L", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(stamp).text((1 - left, 1 - top), text, 255, font, stroke_width=stroke)
    growth = size / stamp.height if face.dots else 1.0
    across = growth * face.stretch
    width, height = across * stamp.width, growth * stamp.height
    lean = face.slant * height
    narrow = min(1, room / (width + lean))
    stretched, slope, shift = 1 / (across * narrow), face.slant / across, -face.slant * stamp.height / face.stretch
    shear = (stretched, slope, shift, 0, 1 / growth, 0)
    extent = (max(1, round((width + lean) * narrow)), max(1, round(height)))
    stamp = stamp.transform(extent, Image.Transform.AFFINE, shear, Image.Resampling.BICUBIC)
    sheet.paste(ink, (round(x), round(y - height / 2)), stamp)


def print_label(rng: np.random.Generator, sheet: Image.Image) -> None:
    """Lay out a frame, the maker's name and a sign, the article, a table of fields, a bar code and a matrix code."""
    draw = ImageDraw.Draw(sheet)
    width, height = sheet.size
    ink, accent = INKS[rng.integers(len(INKS))], ACCENTS[rng.integers(len(ACCENTS))]
    margin, line = 0.035 * width, max(2, round(rng.uniform(0.003, 0.007) * width))
    right, bottom = width - margin, height - margin
    head = height * rng.uniform(0.2, 0.26)
    reverse = rng.random() < 0.6
    if reverse:
        draw.rounded_rectangle((margin, margin, right, margin + head), margin, fill=accent)
    title = LIGHT if reverse else accent
    _sign(rng, sheet, right - margin - 0.35 * head, margin + head / 2, 0.33 * head, title)
    room = width - 5 * margin - 0.8 * head
    face = TITLES[rng.integers(len(TITLES))]
    write(sheet, 2 * margin, margin + head / 2, MAKERS[rng.integers(len(MAKERS))], 0.72 * head, title, face, room)
    face = TITLES[rng.integers(len(TITLES))]
    write(sheet, 2 * margin, margin + 1.45 * head, ARTICLES[rng.integers(len(ARTICLES))], 0.5 * head, ink, face, room)

    top, split = margin + 1.95 * head, width * rng.uniform(0.42, 0.5)
    for y in (margin + head, top):
        draw.line((margin, y, right, y), ink, line)
    draw.line((split, top, split, bottom), ink, line)
    fields = rng.permutation(FIELDS)[: rng.integers(3, 6)].tolist()
    pitch = (bottom - top) / len(fields)
    for k, field in enumerate(fields):
        y = top + (k + 0.5) * pitch
        write(sheet, 2 * margin, y, field, 0.5 * pitch, ink, room=0.2 * width - 2 * margin)
        number = "ABCDEFGHKLMNPRSTX"[rng.integers(17)] + str(rng.integers(10**3, 10**5))
        write(sheet, 0.21 * width, y, number, 0.62 * pitch, ink, STAMPED, room=split - margin - 0.21 * width)
    middle = top + 0.62 * (bottom - top)
    below = bottom - middle
    _bar_code(rng, draw, (split + margin, top + 0.6 * margin, right - margin, middle), ink)
    digits = " ".join(f"{group:04}" for group in rng.integers(0, 10000, 3))
    write(sheet, split + margin, middle + 0.17 * below, digits, 0.28 * below, ink, room=right - split - 2 * margin)
    rating = RATINGS[rng.integers(len(RATINGS))]
    write(sheet, split + margin, middle + 0.64 * below, rating, 0.42 * below, ink, Typeface(bold=0.04))
    _matrix_code(rng, draw, (right - margin - 0.58 * below, middle + 0.36 * below), 0.56 * below, ink)
    draw.rounded_rectangle((margin, margin, right, bottom), margin, outline=ink, width=line)


def _bar_code(rng: np.random.Generator, draw: ImageDraw.ImageDraw, box: tuple[float, ...], ink: Ink) -> None:
    """Bars and gaps of one to three modules, as in Code 128."""
    left, top, right, bottom = box
    widths = np.concatenate([[0], rng.integers(1, 4, 41)]).cumsum()
    edges = (left + widths * ((right - left) / widths[-1])).round().tolist()
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        draw.rectangle((start, top, stop - 1, bottom), fill=ink)


def _matrix_code(
    rng: np.random.Generator, draw: ImageDraw.ImageDraw, corner: tuple[float, float], side: float, ink: Ink
) -> None:
    """A square of modules with two solid and two dotted sides, as in Data Matrix."""
    cells = rng.random((14, 14)) < 0.5
    cells[0], cells[:, -1] = np.arange(14) % 2 == 0, np.arange(14) % 2 == 1
    cells[-1], cells[:, 0] = True, True
    edges = np.round(np.arange(15) * side / 14)
    for row, column in np.argwhere(cells).tolist():
        x, y = corner[0] + edges[column : column + 2], corner[1] + edges[row : row + 2]
        draw.rectangle((x[0], y[0], x[1] - 1, y[1] - 1), fill=ink)


def _sign(rng: np.random.Generator, sheet: Image.Image, x: float, y: float, radius: float, ink: Ink) -> None:
    """A warning triangle or a letter in a ring."""
    draw, line, font = ImageDraw.Draw(sheet), max(2, round(0.2 * radius)), ImageFont.load_default(1.25 * radius)
    if rng.random() < 0.5:
        low = y + 0.8 * radius
        left = (x - radius, low)
        draw.line([left, (x + radius, low), (x, y - radius), left, (x, low)], ink, line, "curve")
        draw.text((x, y + 0.2 * radius), "!", ink, font, "mm", stroke_width=0.04 * radius)
    else:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=ink, width=line)
        draw.text((x, y), "R", ink, font, "mm", stroke_width=0.04 * radius)
