"""Holes in the shape of letters."""

import math

import numpy as np
import torch
from jaxtyping import Bool
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from restore.degradations.degradation import Holes, leave_some_visible
from restore.degradations.interval import Interval
from restore.errors import check_at_least
from restore.images.masks import DAMAGED

ALPHABET = "eeeetttaaaoooiiinnnssshhhrrrddlluucmwfgypbvkASM0123456789,.-          "
"""Each with the same chance: about as often as in English, with words of some letters."""

SMALLEST = 6.0
"""Height of the smallest letters that can be told apart, px."""

LETTERS = 40
"""Letters of a full line."""


class Writing(Holes):
    """Lines of writing over the image, slightly slanted: captions, dates, watermarks, notes on a scan.

    The softened edges of the letters count as hole where they cover more than a tenth of a pixel.

    Args:
        size_min: Smallest size of the letters as a share of the image's shorter side; at least 6 px are drawn.
        size_max: Largest size of the letters as a share of the image's shorter side, at most 0.5.
        lines_max: Largest number of lines in an image; each image has at least one.
        slant_max: Largest slant of the lines, degrees, either way.

    Raises:
        UserError: If a range is empty or leaves its limits, or there would be no line.
    """

    def __init__(
        self, size_min: float = 0.04, size_max: float = 0.1, lines_max: int = 6, slant_max: float = 15.0
    ) -> None:
        self.size = Interval("size", size_min, size_max, ceiling=0.5)
        self.slant = Interval("slant", -slant_max, slant_max, floor=-180.0, ceiling=180.0)
        check_at_least(1, lines_max=lines_max)
        self.lines_max = lines_max

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw what is written, how large, how slanted, and where it begins."""
        device = generator.device
        sizes = (self.size.draw((n,), generator) * min(height, width)).clamp_min(SMALLEST).tolist()
        slants = self.slant.draw((n,), generator).tolist()
        counts = (1 + torch.randint(self.lines_max, (n,), generator=generator, device=device)).tolist()
        shape = (n, self.lines_max, LETTERS)
        letters = torch.randint(len(ALPHABET), shape, generator=generator, device=device).tolist()
        places = torch.rand((n, 2), generator=generator, device=device).tolist()
        holes = []
        for size, slant, count, text, place in zip(sizes, slants, counts, letters, places, strict=True):
            lines = ["".join(ALPHABET[letter] for letter in line) for line in text[:count]]
            holes.append(_written("\n".join(lines), size, slant, place, height, width))
        return leave_some_visible(torch.from_numpy(np.stack(holes)).unsqueeze(1).to(device))


def _written(
    text: str, size: float, slant: float, place: list[float], height: int, width: int
) -> Bool[np.ndarray, "h w"]:
    """Write on a page so large that the image can be cut out of its middle once it is turned."""
    side = math.ceil(math.hypot(height, width))
    above, before = (side - height) // 2, (side - width) // 2
    page = Image.new("L", (side, side))
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size)
    room = max(0.0, height - pen.multiline_textbbox((0, 0), text, font)[3])
    pen.multiline_text((before + place[1] * width / 3, above + place[0] * room), text, 255, font)
    ink = np.asarray(page.rotate(slant, Image.Resampling.BICUBIC))
    return ink[above : above + height, before : before + width] > DAMAGED * 255
