"""Things taken out of pictures: before, the hole, and after, at their true size: the picture in the manual.

python -m research.taken_out -o docs/taken_out.webp
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageDraw

from research.sheet_file import sheet_format, write_sheet
from restore.commands.options import CommandParser, run_command
from restore.drawing.contact_sheet import HOLE_COLOUR, contact_sheet
from restore.errors import check_at_least
from restore.inference.plausible import Fill
from restore.inference.restorer import Restorer

Picture = UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True)
class Taken:
    """A thing in a photograph that comes with scikit-image.

    Args:
        picture: Name of the function of `skimage.data`: of those that need no download, and are in the public domain or
            CC0.
        what: The thing.
        outlines: Ellipses that cover it together, each (left, top, right, bottom) in pixels.
    """

    picture: str
    what: str
    outlines: Sequence[tuple[int, int, int, int]]

    def read(self) -> Picture:
        """The photograph."""
        import skimage.data

        image = getattr(skimage.data, self.picture)()
        return np.ascontiguousarray(np.broadcast_to(image.reshape(*image.shape[:2], -1), (*image.shape[:2], 3)))

    def hole(self, image: Picture) -> Bool[np.ndarray, "h w"]:
        """True where the thing is."""
        mask = Image.new("1", (image.shape[1], image.shape[0]))
        for outline in self.outlines:
            ImageDraw.Draw(mask).ellipse(outline, fill=1)
        return np.asarray(mask)


THINGS = (
    Taken("astronaut", "badge", [(122, 338, 220, 434)]),
    Taken("camera", "tower", [(402, 108, 442, 212)]),
    Taken("coffee", "spoon", [(318, 228, 416, 338)]),
    Taken("coins", "coin", [(184, 160, 244, 220)]),
    Taken("moon", "crater", [(86, 54, 154, 122)]),
    Taken("gravel", "stones", [(210, 210, 302, 302)]),
    Taken("grass", "leaves", [(66, 0, 146, 88)]),
    Taken("chelsea", "eye", [(280, 96, 360, 180)]),
)
"""What is taken out, and from where: most of it with success, the spoon and the eye without."""

COLUMNS = 6
"""Two things in a row."""


def taken_out(
    *, output: str, fill: Fill = "plausible", seed: int = 0, size: int = 160, weights: str = "default"
) -> int:
    """Take things out of photographs that come with scikit-image; holes are magenta.

    Args:
        output: The picture, in a format that Pillow writes, named by its suffix; one that exists is replaced.
        fill: As in `restore inpaint`.
        seed: Of plausible fills, 0 or more.
        size: Height and width of what is shown of each photograph, in pixels.
        weights: "default" for those that come with the package, or a safetensors file.

    Returns:
        Exit status: 0 when the sheet is there, 2 when the arguments allow no work.
    """
    check_at_least(8, size=size)
    check_at_least(0, seed=seed)
    sheet_format(Path(output))  # before the work
    restorer = Restorer.load(weights, device="cpu")
    shown: list[Picture] = []
    captions: list[str] = []
    for thing in THINGS:
        image = thing.read()
        hole = thing.hole(image)
        marked = np.where(hole[..., None], np.array([round(255 * value) for value in HOLE_COLOUR], np.uint8), image)
        filled = restorer.inpaint(image, hole, fill=fill, seed=seed)
        window = window_around(hole, size)
        shown += [picture[window] for picture in (image, marked, filled)]
        captions += [f"{thing.picture}: {thing.what}", "hole", fill]
    write_sheet(contact_sheet([picture / np.float32(255) for picture in shown], captions, COLUMNS, size), Path(output))
    sys.stdout.write(f"{len(THINGS)} things taken out in {output}\n")
    return 0


def window_around(hole: Bool[np.ndarray, "h w"], size: int) -> tuple[slice, slice]:
    """Rows and columns of a square with the hole in its middle, or as near to it as the image allows."""
    window = []
    for along, length in zip(np.nonzero(hole), hole.shape, strict=True):
        middle = (int(along.min()) + int(along.max()) + 1) // 2
        start = max(0, min(middle - size // 2, length - size))
        window.append(slice(start, start + size))
    return window[0], window[1]


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(taken_out, vars(CommandParser(taken_out).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
