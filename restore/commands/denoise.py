"""The command `restore denoise`."""

import logging
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from restore.commands.batch import Job, plan, run
from restore.commands.loading import load_restorer
from restore.commands.manifest import check_alone, work_off
from restore.commands.options import require, weights_file, within
from restore.commands.outputs import Writing
from restore.commands.receipts import Receipts
from restore.errors import UserError
from restore.images.picture import Picture

_logger = logging.getLogger(__name__)


def denoise(
    images: list[str] | None = None,
    *,
    output: str | None = None,
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
    manifest: str | None = None,
    shard: str | None = None,
    report: str | None = None,
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
        tile: Side in pixels of the largest squares that images are worked on in, 32 or more; smaller ones need less
            memory.
        self_ensemble: Average over eight views of each image, turned and mirrored: a little better, in eight times
            the time.
        receipt: Write beside each result, as NAME.receipt.json, what it was made from and with, by hashes and versions,
            and what it kept; `restore verify` looks at it again.
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
        return work_off(denoise, asked)
    check_alone(shard, report)
    require("denoise", images=images, output=output)
    assert images is not None
    assert output is not None
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
    restorer = load_restorer(weights, device, backend, tile, self_ensemble)
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
