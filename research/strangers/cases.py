"""Drawn cases: files, and what is asked of them, the same for the command and for the service."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from research.strangers import breaking
from research.strangers.bombs import BOMBS
from research.strangers.models import write_model
from research.strangers.seeds import dressed, write_seed
from research.strangers.tensors import write_tensors_file
from restore.images.formats import FORMATS, format_of

NAMED = (".png", ".jpg", ".tif", ".webp", ".bmp", ".ppm", ".gif", ".avif", ".jp2", ".txt", "")
INTO = ("png", "tif", "webp", "jpg", "avif", "jp2", "bmp")


@dataclass(frozen=True)
class Case:
    """What is asked.

    Args:
        kind: What was done to a file.
        task: A command.
        files: By the names of the service's fields.
        options: Likewise; the same but for underscores on the command line.
        weights: Of the network.
        backend: What runs it; empty for the default.
    """

    kind: str
    task: str
    files: dict[str, Path]
    options: dict[str, str]
    weights: Path
    backend: str = ""


def image_case(generator: np.random.Generator, folder: Path, weights: Path) -> Case:
    """An image, a mask or another image is not right, the others are."""
    role = str(generator.choice(["image", "mask", "like"], p=[0.75, 0.2, 0.05]))
    bad, kind, size = _bad_image(generator, folder)
    image = bad
    if role != "image":
        image = folder / "good.png"
        _write_ramp(image, size)
    fill = "plausible" if role == "like" or generator.random() < 0.4 else "expected"
    options: dict[str, str] = {}
    if generator.random() < 0.3 or not _is_named_rightly(image):  # by its name, or by what it is: both are right
        options["format"] = str(generator.choice(INTO))
    if role == "image" and generator.random() < 0.5:
        options["sigma"] = str(generator.choice(["auto", "20"]))
        return Case(kind, "denoise", {"image": image}, options, weights)
    files = {"image": image}
    if role == "mask":
        files["mask"] = bad
    elif generator.random() < 0.9:
        files["mask"] = folder / "hole.png"
        _write_hole(files["mask"], size)
    if role == "like":
        files["like"] = bad
    return Case(kind, "inpaint", files, {**options, "fill": fill}, weights)


def weights_case(generator: np.random.Generator, folder: Path, whole: Path, secret: Path) -> Case:
    """The weights are not right, all else is."""
    image, hole = folder / "good.png", folder / "hole.png"
    _write_ramp(image, (24, 17))
    _write_hole(hole, (24, 17))
    backend = ""
    if generator.random() < 0.5:
        weights, kind = write_tensors_file(generator, whole.read_bytes(), folder, secret)
    else:
        weights, kind = write_model(generator, folder, secret)
        backend = str(generator.choice(["", "openvino"], p=[0.9, 0.1]))
    if generator.random() < 0.1:
        return Case(kind, "export", {}, {}, weights)
    if generator.random() < 0.5:
        return Case(kind, "denoise", {"image": image}, {"sigma": "auto"}, weights, backend)
    return Case(kind, "inpaint", {"image": image, "mask": hole}, {"fill": "expected"}, weights, backend)


def _bad_image(generator: np.random.Generator, folder: Path) -> tuple[Path, str, tuple[int, int]]:
    """A file, what was done to it, and the height and width that it had."""
    if generator.random() < 0.1:
        kind = str(generator.choice(list(BOMBS)))
        suffix, data = BOMBS[kind](generator)
        path, size = folder / f"bomb{suffix}", (24, 24) if kind == "XML in XMP" else (8, 8)
    else:
        path, size = write_seed(generator, folder)
        data = path.read_bytes()
        kind = str(generator.choice([*breaking.BREAKS, "head swapped", "sizes edited", "spliced"]))
        other = dressed(generator, str(generator.choice([".png", ".jpg", ".tif", ".webp", ".avif", ".jp2"])), 8, 8)
        match kind:
            case "head swapped":
                data = breaking.with_head_of(generator, data, other)
            case "sizes edited":
                data = breaking.resized(generator, data, *size)
            case "spliced":
                data = data[: int(generator.integers(len(data) + 1))] + other[int(generator.integers(len(other))) :]
            case _:
                data = breaking.BREAKS[kind](generator, data)
        if generator.random() < 0.5:
            data = breaking.with_sums(data)
    path.unlink(missing_ok=True)
    if generator.random() < 0.1:
        path = path.with_suffix(str(generator.choice(NAMED)))
    path.write_bytes(data)
    return path, kind, size


def _is_named_rightly(path: Path) -> bool:
    """Whether a file is of a format that is written, and of that which its name says."""
    data = path.read_bytes()
    own = next((one for one in FORMATS if one.codec.reads(data)), None)
    return own is None or (own.written and format_of(path) is own)


def _write_ramp(path: Path, size: tuple[int, int]) -> None:
    rows, columns = np.indices(size)
    Image.fromarray(np.stack([rows * 9, columns * 7, rows + columns], -1).astype(np.uint8)).save(path)


def _write_hole(path: Path, size: tuple[int, int]) -> None:
    hole = np.zeros(size, np.uint8)
    hole[size[0] // 3 : -(-size[0] // 2), size[1] // 3 : -(-size[1] // 2)] = 255
    Image.fromarray(hole).save(path)
