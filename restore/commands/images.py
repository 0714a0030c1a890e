"""The commands on images: `restore inpaint` and `restore denoise`."""

import logging
import time
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from restore.commands.batch import Array, Job, plan, run
from restore.commands.holes import Holes
from restore.commands.options import weights_file, whole_numbers, within
from restore.commands.outputs import Writing
from restore.commands.proposals import SourceMaps, proposals_of
from restore.commands.receipts import Receipts
from restore.commands.references import ReferenceFiles, told
from restore.commands.standard import STANDARD
from restore.errors import NO_HOLE, UserError, check_at_least
from restore.files import noted
from restore.files.receipt import HoleMeans
from restore.images.grow import grow
from restore.images.masks import MaskMeans
from restore.images.picture import Picture

# The weights are loaded, and torch with them, only once the arguments have proved usable: `--help` stays quick.
_logger = logging.getLogger(__name__)

FEW_TILES = 4
"""An image of more tiles than these shows its progress on a terminal."""


def inpaint(
    images: list[str],
    *,
    mask: str,
    output: str,
    mask_means: MaskMeans = "hole",
    mask_values: str | None = None,
    grow_mask: int = 0,
    weights: str = "default",
    format: str | None = None,  # noqa: A002  the option's name
    quality: int | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
    device: str | None = None,
    backend: Literal["torch", "onnx", "openvino"] | None = None,
    tile: int | None = None,
    self_ensemble: bool = False,
    fill: Literal["expected", "plausible"] = "expected",
    seed: int = 0,
    not_from: str | None = None,
    proposals: int = 1,
    sources: str | None = None,
    like: list[str] | None = None,
    no_note: bool = False,
    receipt: bool = False,
    expect_error: bool = False,
) -> int:
    """Fill holes in images.

    Pixels outside the hole come back bit-identical in all formats but JPEG, which is encoded again, at quality 95. Bit
    depth, alpha, colour profile and what else a file says are kept; every page of a TIFF file is restored.

    Args:
        images: Image files, folders (searched recursively, linked ones too), quoted patterns such as
            "scans/**/*.tif", or - for standard input.
        mask: Where the holes are: one mask for all images (- for standard input), a folder of masks with the images'
            names, to which _mask may be added, or "alpha" for images whose transparent part is the hole. In the
            folder of the images, masks are named NAME_mask. A pixel more than 10 % hole is filled whole.
        output: A folder, which receives the names and the tree of the inputs; for one image also a file name, or - for
            standard output. A folder has no suffix of a known type of file, exists, or ends in /.
        mask_means: What white stands for in a mask file.
        mask_values: For masks of labels, the stored values that count as white, separated by commas: indices of a
            palette, else gray.
        grow_mask: Widen the holes by so many pixels, for masks that are drawn too narrowly.
        weights: "default" for those that come with the package, a safetensors or ONNX file, or an artifact of
            W&B (wandb:ENTITY/PROJECT/ARTIFACT:ALIAS).
        format: Format of all results: png, jpg, tif, webp, avif or bmp; without it, each keeps its own.
        quality: Of JPEG files that are written, 1 to 100, instead of 95.
        overwrite: Replace files that exist.
        skip_existing: Leave out images whose results exist, instead of failing at them.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.
        backend: What runs the weights: torch, onnx (ONNX Runtime) or openvino; by default the fastest that is there for
            them. Files *.onnx, which `restore export` writes, are for the last two.
        tile: Side in pixels of the squares that larger images are worked on in, 32 or more; smaller ones need less
            memory.
        self_ensemble: Average over eight views of each image, turned and mirrored: a little better, in eight times
            the time.
        fill: "expected" gives the mean of what could lie in a hole, which has the least error, and is smooth in wide
            holes; "plausible" copies patches of the image into what is wider than 8 pixels, to be looked at.
        seed: Of plausible fills, 0 or more: another gives another.
        not_from: Of plausible fills: a mask of what must not be copied, for example a person beside the hole; one for
            all images, or a folder, as for --mask.
        proposals: How many plausible fills to write for each image, to choose from, with -1, -2 … added to the name.
        sources: Also draw where the pixels were copied from: a PNG file, or a folder for several results. Every place
            of the image has a colour, and a copy has that of its source; darker, if that lies in another image.
        like: Other images of the same things, a folder or a pattern; repeat it for several. For each image those are
            used that have what surrounds its hole, turned and scaled as it fits, never itself: they tell an expected
            fill what it lacks, and a plausible one may copy from them as well.
        no_note: Leave out what else the history in a result's XMP says: that pixels were copied.
        receipt: Write beside each result, as NAME.receipt.json, what it was made from and with, by hashes and versions,
            and what it kept; `restore verify` looks at it again.
        expect_error: Also say, for each image, how far the fill is expected to lie from what was there: visible parts
            in the shape of the hole are hidden, filled in the same way, and compared, in one or two more fills.

    Returns:
        Exit status: 0 all done, 1 some images failed, 2 the arguments allow no work.
    """
    asked = locals()
    check_at_least(0, **{"--grow-mask": grow_mask})
    check_at_least(0, **{"--seed": seed})
    if fill == "expected" and (not_from or proposals != 1 or seed != 0 or sources):
        raise UserError("--seed, --not-from, --proposals and --sources are for --fill plausible")
    writing = Writing(format, quality, overwrite, skip_existing)
    if mask == STANDARD and STANDARD in images:
        raise UserError("- is either an image or the mask: standard input holds one file")
    masks = None if mask in ("alpha", STANDARD) else Path(mask)
    jobs = plan(images, output, writing, masks)
    if not jobs:
        return 0
    values = whole_numbers("--mask-values", mask_values)
    holes = Holes.read(mask, mask_means, values, jobs)
    barred = None if not_from is None else Holes.read(not_from, "hole", None, jobs)
    numbers = dict(proposals_of(jobs, proposals, writing))
    maps = None if sources is None else SourceMaps(sources, list(numbers), overwrite)
    receipts = Receipts("inpaint", asked, list(numbers), overwrite) if receipt else None

    def grown_hole_of(picture: Picture, relative: Path) -> Array:
        return grow(holes.of(picture, relative), grow_mask)

    references = None if like is None else ReferenceFiles(like, output, masks, jobs, grown_hole_of)
    weights = weights_file(weights)
    restorer = _load(weights, device, backend, tile, self_ensemble)
    if receipts is not None:
        means = HoleMeans("alpha" if mask == "alpha" else "mask", mask_means, values, grow_mask)
        receipts.loaded(restorer, weights, means)

    def restore(picture: Picture, job: Job) -> Picture:
        hole = grown_hole_of(picture, job.relative)
        if not hole.any():
            _logger.warning("%s: %s: nothing is filled", job.name, NO_HOLE)
        not_there = None if barred is None else barred.of(picture, job.relative)
        found, others = ([], []) if references is None else references.alike(job, picture, hole)
        options = {"fill": fill, "seed": seed + numbers[job], "not_from": not_there, "like": others}
        restored: Array
        start = time.perf_counter()
        restored, copied = restorer.inpaint(picture.array, hole, **options, return_sources=True)
        if expect_error:
            _tell_error(restorer, picture, hole, options, job.name, time.perf_counter() - start)
        if found and (line := told(job, [name for _, name in found], copied, hole)):
            _logger.info("%s", line)
        if maps is not None:
            maps.draw(job, picture, restored, copied)
        if receipts is not None:
            account = receipts.account(job, seed=seed + numbers[job])
            account.use("mask", holes.file(job.relative))
            account.use("not from", None if barred is None else barred.file(job.relative))
            account.filled(hole, copied if fill == "plausible" else None, [path for path, _ in found])
        result = picture.with_array(restored)
        return result if fill == "expected" or no_note else noted(result, job.name, hole, copied)

    return int(run(list(numbers), restore, writing, receipts) > 0)


def denoise(
    images: list[str],
    *,
    output: str,
    sigma: Literal["auto"] | float | str = "auto",
    strength: float = 1.0,
    adapt: bool = False,
    weights: str = "default",
    format: str | None = None,  # noqa: A002  the option's name
    quality: int | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
    device: str | None = None,
    backend: Literal["torch", "onnx", "openvino"] | None = None,
    tile: int | None = None,
    self_ensemble: bool = False,
    receipt: bool = False,
) -> int:
    """Remove noise from images; none is ever added.

    Bit depth, alpha, colour profile and what else a file says are kept; every page of a TIFF file is restored. A file
    in which nothing changes is copied byte for byte.

    Args:
        images: Image files, folders (searched recursively, linked ones too), quoted patterns such as
            "scans/**/*.tif", or - for standard input.
        output: A folder, which receives the names and the tree of the inputs; for one image also a file name, or - for
            standard output. A folder has no suffix of a known type of file, exists, or ends in /.
        sigma: Standard deviation of the noise, 0 to 255 for images of any depth; "auto" looks for it in each image, and
            says what it finds; FILE.json is a profile that `restore noise` wrote.
        strength: From 0, which changes nothing, to 1, which removes all the noise that is found.
        adapt: First train the weights on for the noise of each image, from that image alone: about a minute for each
            megapixel on two cores, six minutes at most. They are used where a part of the image that was set aside
            comes out better with them.
        weights: "default" for those that come with the package, a safetensors or ONNX file, or an artifact of
            W&B (wandb:ENTITY/PROJECT/ARTIFACT:ALIAS).
        format: Format of all results: png, jpg, tif, webp, avif or bmp; without it, each keeps its own.
        quality: Of JPEG files that are written, 1 to 100, instead of 95.
        overwrite: Replace files that exist.
        skip_existing: Leave out images whose results exist, instead of failing at them.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.
        backend: What runs the weights: torch, onnx (ONNX Runtime) or openvino; by default the fastest that is there for
            them. Files *.onnx, which `restore export` writes, are for the last two.
        tile: Side in pixels of the squares that larger images are worked on in, 32 or more; smaller ones need less
            memory.
        self_ensemble: Average over eight views of each image, turned and mirrored: a little better, in eight times
            the time.
        receipt: Write beside each result, as NAME.receipt.json, what it was made from and with, by hashes and versions,
            and what it kept; `restore verify` looks at it again.

    Returns:
        Exit status: 0 all done, 1 some images failed, 2 the arguments allow no work.
    """
    asked = locals()
    level = None if sigma == "auto" else _level(sigma)
    within("strength", strength, 1)
    if adapt and not isinstance(level, float | None):
        raise UserError("--adapt finds out by itself what the noise is like: it goes with a number for sigma, or auto")
    writing = Writing(format, quality, overwrite, skip_existing)
    jobs = plan(images, output, writing)
    if not jobs:
        return 0
    receipts = Receipts("denoise", asked, jobs, overwrite) if receipt else None
    weights = weights_file(weights)
    restorer = _load(weights, device, backend, tile, self_ensemble)
    if receipts is not None:
        receipts.loaded(restorer, weights)

    def restore(picture: Picture, job: Job) -> Picture:
        using = _adapted(restorer, picture, level, job.name) if adapt else restorer
        found = None if level is not None else using.noise(picture.array, jpeg_quality=picture.jpeg_quality)
        if found is not None:
            _logger.info("%s: %s", job.name, found)
        if receipts is not None:
            account = receipts.account(job)
            account.use("noise profile", Path(str(sigma)) if _is_file(sigma) else None)
            account.denoised(found, using is not restorer)
        return picture.with_array(using.denoise(picture.array, level if found is None else found, strength))

    return int(run(jobs, restore, writing, receipts) > 0)


def _is_file(sigma: float | str) -> bool:
    return isinstance(sigma, str) and sigma != "auto"


def _level(sigma: float | str) -> Any:
    """What `Restorer.denoise` is told: a number, or a profile."""
    if isinstance(sigma, float | int):
        return within("sigma", sigma, 255) / 255
    if not sigma.lower().endswith(".json"):
        raise UserError(f'sigma is "auto", a number or a profile, FILE.json, not {sigma!r}')
    from restore.noise_profile import NoiseProfile

    return NoiseProfile.read(sigma)


def _load(weights: str, device: str | None, backend: Any, tile: int | None, self_ensemble: bool) -> Any:
    from restore.inference.restorer import Restorer

    tiling = {} if tile is None else {"tile": tile}
    options = {"self_ensemble": self_ensemble, "progress": TileProgress(), **tiling}
    return Restorer.load(weights, device, backend, **options)


def _tell_error(restorer: Any, picture: Picture, hole: Array, options: Any, name: Path, seconds: float) -> None:
    """Say what error is expected of a fill, and how many times as long as the fill itself that took."""
    from restore.inference.expected_error import expected_error

    start = time.perf_counter()
    told = expected_error(restorer, picture.array, hole, **options)
    times = f", {(time.perf_counter() - start) / seconds:.1f} times the time of the fill" if told.probes else ""
    _logger.info("%s: %s%s", name, told, times)


def _adapted(restorer: Any, picture: Picture, level: Any, name: Path) -> Any:
    """A restorer whose network is adapted to the noise of a picture, or the same where that is no better."""
    import numpy as np
    import torch

    from restore.images.arrays import UserImage
    from restore.training.adaptation import adapt

    given = UserImage.of(picture.array)
    if given.unseen.any():
        _logger.warning("%s: not adapted to, as parts of it are transparent", name)
        return restorer
    with tqdm(unit="step", leave=False, disable=None, desc="adapting") as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        pixels = torch.from_numpy(given.pixels[0].astype(np.float32))
        adaptation = adapt(restorer.network, pixels, level, progress)
    if adaptation.proof is None:
        _logger.warning("%s: not adapted to, as it is too small, or has no part that tells of its noise", name)
    else:
        before, after = adaptation.proof.levels
        kept = "adapted to" if adaptation.pays else "not adapted to, as that is no better"
        _logger.info("%s: %s: error on a part set aside, of 255: %s before, %s after", name, kept, before, after)
    return restorer.with_network(adaptation.network) if adaptation.pays else restorer


class TileProgress:
    """The tiles of each large image, or the passes of a plausible fill, that are done, as a bar on a terminal."""

    def __call__(self, done: int, total: int) -> None:
        """Show it."""
        if done == 0:
            hidden = None if total > FEW_TILES else True  # None: shown on a terminal only
            self._bar = tqdm(total=total, unit="tile", leave=False, disable=hidden)
        self._bar.update(done - self._bar.n)
        if done == total:
            self._bar.close()
