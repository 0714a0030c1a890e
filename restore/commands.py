"""The commands on files: `restore inpaint`, `restore denoise` and `restore export`."""

import inspect
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import docstring_parser
from tqdm import tqdm

from restore.files import Picture
from restore.inference.batch import HoleOf, Job, denoise_picture, inpaint_picture, plan, run
from restore.masks import MaskFile, MaskFolder, MaskMeans, OwnAlpha
from restore.parser import OneLineErrors

UNUSABLE = 2
"""Exit status when the arguments allow no work at all."""

# The weights are loaded, and torch with them, only once the arguments have proved usable: `--help` stays quick.


def inpaint(
    images: list[str],
    mask: str,
    output: str,
    mask_means: MaskMeans = "hole",
    weights: str = "default",
    overwrite: bool = False,
    device: str | None = None,
    tile: int | None = None,
) -> int:
    """Fill holes in images.

    Pixels outside the hole come back bit-identical in PNG, TIFF, WebP, AVIF and BMP files. JPEG files are encoded
    again, at quality 95. Bit depth, colour profile, EXIF and its orientation are kept.

    Args:
        images: Image files, folders (searched recursively) or quoted patterns such as "scans/**/*.tif".
        mask: Where the holes are: one mask for all images, a folder of masks with the images' names, or "alpha" for
            images whose transparent part is the hole. A pixel more than 10 % hole is filled whole.
        output: A folder, which receives the names and the tree of the inputs; for one image also a file name.
        mask_means: What white stands for in a mask file.
        weights: "default" for those that come with the package, or a safetensors file.
        overwrite: Replace files that exist.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.
        tile: Side in pixels of the squares that larger images are worked on in; smaller ones need less memory.

    Returns:
        Exit status: 0 all done, 1 some images failed, 2 the arguments allow no work.
    """
    with _messages_on_stderr() as logger:
        try:
            jobs = plan(images, output, overwrite)
            hole_of = _hole_source(mask, mask_means)
            restorer = _load(weights, device, tile)
        except (ValueError, OSError) as error:
            logger.error("%s", error)  # noqa: TRY400 (the user wants one line)
            return UNUSABLE

        def restore(picture: Picture, job: Job) -> Picture:
            hole = hole_of(picture, job.relative)
            if not hole.any():
                logger.warning("%s: the mask has no hole; copied unchanged", job.source)
            return inpaint_picture(picture, hole, restorer)

        return int(run(jobs, restore, overwrite) > 0)


def denoise(
    images: list[str],
    output: str,
    sigma: Literal["auto"] | float = "auto",
    strength: float = 1.0,
    weights: str = "default",
    overwrite: bool = False,
    device: str | None = None,
    tile: int | None = None,
) -> int:
    """Remove noise from images; none is ever added.

    Bit depth, alpha, colour profile, EXIF and its orientation are kept.

    Args:
        images: Image files, folders (searched recursively) or quoted patterns such as "scans/**/*.tif".
        output: A folder, which receives the names and the tree of the inputs; for one image also a file name.
        sigma: Standard deviation of the noise, 0 to 255 for images of any depth; "auto" estimates it for each.
        strength: From 0, which changes nothing, to 1, which removes all the noise that is found.
        weights: "default" for those that come with the package, or a safetensors file.
        overwrite: Replace files that exist.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.
        tile: Side in pixels of the squares that larger images are worked on in; smaller ones need less memory.

    Returns:
        Exit status: 0 all done, 1 some images failed, 2 the arguments allow no work.
    """
    with _messages_on_stderr() as logger:
        try:
            level = None if sigma == "auto" else _within("sigma", sigma, 255) / 255
            _within("strength", strength, 1)
            jobs = plan(images, output, overwrite)
            restorer = _load(weights, device, tile)
        except (ValueError, OSError) as error:
            logger.error("%s", error)  # noqa: TRY400 (the user wants one line)
            return UNUSABLE
        failed = run(jobs, lambda picture, _: denoise_picture(picture, restorer, level, strength), overwrite)
        return int(failed > 0)


def export(checkpoint: str, output: str, half: bool = False) -> int:
    """Turn a training checkpoint into a weights file for `--weights` and `Restorer.load`.

    Where training averaged the weights, the averaged ones are taken. Nothing in the checkpoint is executed.

    Args:
        checkpoint: A checkpoint that `restore fit` wrote.
        output: The safetensors file to write; it is replaced if it exists.
        half: Store 16-bit floats, at half the size.

    Returns:
        Exit status: 0 when done, 2 when the file is not such a checkpoint or the output cannot be written.
    """
    from restore.networks.weights import export_checkpoint

    with _messages_on_stderr() as logger:
        try:
            export_checkpoint(checkpoint, output, half)
        except (ValueError, OSError) as error:
            logger.error("%s", error)  # noqa: TRY400 (the user wants one line)
            return UNUSABLE
    return 0


def inpaint_parser() -> OneLineErrors:
    """The arguments of `restore inpaint`, under the names of `inpaint`'s parameters."""
    parser = _image_parser(inpaint)
    _add(parser, inpaint, "--mask", required=True, metavar="MASK|alpha")
    _add(parser, inpaint, "--mask-means", type=MaskMeans)
    return parser


def denoise_parser() -> OneLineErrors:
    """The arguments of `restore denoise`, under the names of `denoise`'s parameters."""
    parser = _image_parser(denoise)
    _add(parser, denoise, "--sigma", type=Literal["auto"] | float, metavar="auto|0..255")
    _add(parser, denoise, "--strength", type=float, metavar="0..1")
    return parser


def export_parser() -> OneLineErrors:
    """The arguments of `restore export`, under the names of `export`'s parameters."""
    parser = _parser(export)
    _add(parser, export, "checkpoint", metavar="CHECKPOINT")
    _add(parser, export, "-o", "--output", required=True, metavar="OUT")
    _add(parser, export, "--half", action="store_true")
    return parser


def _image_parser(command: Callable[..., int]) -> OneLineErrors:
    parser = _parser(command)
    _add(parser, command, "images", nargs="+", metavar="IMAGE")
    _add(parser, command, "-o", "--output", required=True, metavar="OUT")
    _add(parser, command, "--weights", metavar="FILE")
    _add(parser, command, "--overwrite", action="store_true")
    _add(parser, command, "--device", type=str | None)
    _add(parser, command, "--tile", type=int | None)
    return parser


def _parser(command: Callable[..., int]) -> OneLineErrors:
    described = docstring_parser.parse(command.__doc__ or "")
    text = f"{described.short_description} {described.long_description}"
    return OneLineErrors(description=" ".join(text.split()))


def _add(parser: OneLineErrors, command: Callable[..., int], *flags: str, **options: Any) -> None:
    """Add an option for the parameter of that name, whose default and description stand at the command."""
    name = flags[-1].lstrip("-").replace("-", "_")
    default = inspect.signature(command).parameters[name].default
    if default is not inspect.Parameter.empty:
        options["default"] = default
    described = {
        parameter.arg_name: parameter.description for parameter in docstring_parser.parse(command.__doc__ or "").params
    }
    parser.add_argument(*flags, help=" ".join((described[name] or "").split()), **options)


def _within(name: str, value: float, most: int) -> float:
    if not 0 <= value <= most:
        raise ValueError(f"{name} lies between 0 and {most}, not at {value}")
    return value


def _hole_source(mask: str, mask_means: MaskMeans) -> HoleOf:
    if mask == "alpha":
        if mask_means == "keep":
            raise ValueError("--mask-means is about mask files; with --mask alpha the transparent part is the hole")
        return OwnAlpha()
    path = Path(mask)
    return MaskFolder(path, mask_means) if path.is_dir() else MaskFile(path, mask_means)


def _load(weights: str, device: str | None, tile: int | None) -> Any:
    from restore.inference.restorer import Restorer

    return Restorer.load(weights, device, **({} if tile is None else {"tile": tile}))


class _Lines(logging.Handler):
    """Messages as plain lines on stderr, above the progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        tqdm.write(f"restore: {self.format(record)}", file=sys.stderr)


@contextmanager
def _messages_on_stderr() -> Iterator[logging.Logger]:
    logger = logging.getLogger("restore")
    handler, level = _Lines(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
