"""The command `restore inpaint`."""

import logging
import time
from pathlib import Path
from typing import Any, Literal

from restore.commands.batch import Array, Job, plan, run
from restore.commands.holes import Holes
from restore.commands.loading import load_restorer
from restore.commands.manifest import check_alone, work_off
from restore.commands.options import require, weights_file, whole_numbers
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

_logger = logging.getLogger(__name__)


def inpaint(
    images: list[str] | None = None,
    *,
    mask: str | None = None,
    output: str | None = None,
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
    manifest: str | None = None,
    shard: str | None = None,
    report: str | None = None,
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
        tile: Side in pixels of the largest squares that images are worked on in, 32 or more; smaller ones need less
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
        manifest: Instead of images and an output: a CSV or Parquet file with the columns image and output and, if
            wanted, others called like options, for values of single images. Paths start at its folder. What exists is
            left out, so that the same command goes on where an earlier one ended.
        shard: Of a manifest: I/N, the I-th of N shares, counted from 1; each process or machine takes another.
        report: Of a manifest: a CSV file to write that says what became of each row.

    Returns:
        Exit status: 0 all done, 1 some images failed, 2 the arguments allow no work.
    """
    asked = locals()
    if manifest is not None:
        return work_off(inpaint, asked)
    check_alone(shard, report)
    require("inpaint", images=images, mask=mask, output=output)
    assert images is not None
    assert mask is not None
    assert output is not None
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
    restorer = load_restorer(weights, device, backend, tile, self_ensemble)
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


def _tell_error(restorer: Any, picture: Picture, hole: Array, options: Any, name: Path, seconds: float) -> None:
    """Say what error is expected of a fill, and how many times as long as the fill itself that took."""
    from restore.inference.expected_error import expected_error

    start = time.perf_counter()
    told = expected_error(restorer, picture.array, hole, **options)
    times = f", {(time.perf_counter() - start) / seconds:.1f} times the time of the fill" if told.probes else ""
    _logger.info("%s: %s%s", name, told, times)
