"""The command `restore draw`: folders of generated images."""

import io
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image
from tqdm import tqdm

from restore.commands.options import names
from restore.commands.outputs import folder_output
from restore.drawing.contact_sheet import contact_sheet
from restore.errors import UserError, check_at_least, check_known
from restore.images.writes import check_folder, write_whole

World = Literal["leaves", "objects", "graphics", "tilings"]

INGREDIENTS = ("colours", "textures")
"""What leaves can do without."""

SHOWN = 40
"""Images on the contact sheet."""


def draw(
    world: World,
    *,
    output: str,
    count: int = 100,
    size: int = 256,
    seed: int = 0,
    without: str = "",
    families: str = "",
    parts: int | None = None,
    workers: int = 0,
    overwrite: bool = False,
) -> int:
    """Fill a folder with generated images, and say how fast they were drawn.

    The same seed gives the same images, named by their numbers (000000.png). The first forty are also shown in one
    picture, FOLDER_contact_sheet.png: beside the folder, so that nothing trains on it.

    Args:
        world: "leaves" are shapes that hide one another, "objects" are parts in any pose, "graphics" are pages,
            diagrams, halftones and pixel art, "tilings" are façades, tiles and cloth, on which things repeat.
        output: Folder for the images. Of the files in it, one that is named like an image has to be that image.
        count: Number of images.
        size: Height and width of an image, in pixels.
        seed: Another seed gives other images.
        without: Ingredients of the leaves to leave out, separated by commas: colours (any RGB instead of few, mostly
            muted ones), textures (smooth surfaces instead).
        families: Kinds of objects, separated by commas: cable, screw, gear, label, coin; all if not given.
        parts: Number of different objects, each in many poses; without it, every image shows another one.
        workers: Processes that draw, of one thread each; 0 draws in this one.
        overwrite: Replace files that are named like an image and are another.

    Returns:
        Exit status: 0 when done, 2 when the arguments allow no work or a file is in the way.
    """
    check_at_least(1, count=count)
    check_at_least(8, size=size)
    check_at_least(0, workers=workers)
    images = _images(world, count, size, seed, names(without), names(families), parts)
    folder = folder_output(output).resolve()
    check_folder(folder)
    shown: dict[str, Any] = {}
    seconds = 0.0
    for index, (data, took) in enumerate(tqdm(encoded(images, workers), "images", count, disable=None)):
        path = folder / f"{index:06}.png"
        if not _holds(path, data):
            write_whole(data, path, overwrite)
        if index < SHOWN:
            shown[path.name] = np.asarray(Image.open(io.BytesIO(data))) / 255
        seconds += took
    sheet = io.BytesIO()
    contact_sheet(list(shown.values()), list(shown), columns=8, cell=min(size, 256)).save(sheet, format="PNG")
    path = folder.with_name(f"{folder.name}_contact_sheet.png")
    write_whole(sheet.getvalue(), path, overwrite=True)
    sys.stdout.write(f"{count / seconds:.1f} images/s of {size} x {size} pixels on each core; shown in {path}\n")
    return 0


class Encoded:
    """The images of a data set as PNG files of 8 bits, and the processor time that each took to draw, in seconds.

    Args:
        images: RGB images (3, h, w) in [0, 1].
    """

    def __init__(self, images: Any) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[bytes, float]:
        start = time.process_time()
        image = self.images[index]
        seconds = time.process_time() - start
        buffer = io.BytesIO()
        Image.fromarray((image * 255).round().permute(1, 2, 0).numpy().astype(np.uint8)).save(buffer, format="PNG")
        return buffer.getvalue(), seconds


def encoded(images: Any, workers: int) -> Iterator[tuple[bytes, float]]:
    """The items of `Encoded`, in order, by so many processes of one thread each, or by this one with one thread."""
    import torch
    from torch.utils.data import DataLoader

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from DataLoader(Encoded(images), batch_size=None, num_workers=workers)  # type: ignore[arg-type]
    finally:
        torch.set_num_threads(threads)


def _images(
    world: World, count: int, size: int, seed: int, without: list[str], families: list[str], parts: int | None
) -> Any:
    from restore.synthetic import Graphics, Leaves, Parts, Tilings
    from restore.synthetic.parts import FAMILIES

    check_known("ingredient", without, INGREDIENTS)
    check_known("family", families, FAMILIES)
    if world != "objects" and (families or parts is not None):
        raise UserError(f"--families and --parts are about objects; {world} have none")
    if world != "leaves" and without:
        raise UserError(f"--without is about the ingredients of leaves; {world} have none")
    if world == "leaves":
        return Leaves(count, size, seed, **dict.fromkeys(without, False))
    if world in ("graphics", "tilings"):
        return (Graphics if world == "graphics" else Tilings)(count, size, seed)
    return Parts(count, size, seed, [name for name in FAMILIES if not families or name in families], parts)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:  # not there, or in the way: writing tells
        return False
