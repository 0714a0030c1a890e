"""The command `restore evaluate`."""

import math
import sys
from pathlib import Path

from tqdm import tqdm

from restore.commands.options import names, peers_named, reproducible, weights_file, within
from restore.errors import UserError

# torch is imported, and the weights are loaded, only when the command runs: `--help` stays quick.


def evaluate(
    *,
    images: str,
    output: str,
    masks: str | None = None,
    holes: str | None = None,
    sigma: str = "15,25,50",
    weights: str = "default",
    against: str = "none",
    best: bool = False,
    limit: int | None = None,
    seed: int = 0,
    device: str | None = None,
) -> int:
    """Judge weights on clean images that are damaged for the purpose, beside other methods.

    The report is a folder: every score (scores.csv), their means with all that they depend on (summary.json), tables
    (table.md, which is also printed), and the worst, median and best results as pictures (contact_sheet.png).

    Args:
        images: Folder of clean images.
        output: Folder for the report. An earlier report in it is replaced once the new one is complete; other files
            stay.
        masks: Folder of mask files, white = hole, or of folders of them, each of which becomes a row of the tables.
        holes: Holes to draw, "all", "none", or kinds of them separated by commas: brush (by the share of the image
            that is hidden), thin, box, half, outpainting, lines, scratches, text. By default all, or none with --masks.
        sigma: Levels of noise in 0..255 units, separated by commas, or "none". Each is removed knowing sigma, and
            blind.
        weights: "default" for those that come with the package, a safetensors file, or an artifact of W&B
            (wandb:ENTITY/PROJECT/ARTIFACT:ALIAS).
        against: Peers that restore the same damaged images: "all" that are installed, "none", or names separated by
            commas. For holes push-pull, telea, navier-stokes, biharmonic; for noise nlm, wavelet, tv, bm3d, ffdnet.
        best: Also judge what --best makes of each image.
        limit: The most images to take, evenly spread over the folder.
        seed: Seed of the holes and the noise.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.

    Returns:
        Exit status: 0 when done, 1 when an image could not be read or a peer failed, 2 when the arguments allow no
            work.
    """
    asked = locals()
    from restore.evaluation.battery import KINDS, drawn_holes, mask_folders, white_noise
    from restore.evaluation.examples import draw_sheet
    from restore.evaluation.means import average
    from restore.evaluation.methods import BEST, methods_of
    from restore.evaluation.provenance import provenance
    from restore.evaluation.report import write_report
    from restore.evaluation.scorecard import find_samples, score_images
    from restore.evaluation.tables import markdown
    from restore.images.writes import check_folder
    from restore.inference.restorer import Restorer

    holes = holes or ("all" if masks is None else "none")
    settings = drawn_holes(KINDS if holes == "all" else names(holes))
    settings += [] if masks is None else mask_folders(Path(masks))
    settings += white_noise(_noise_level(level) for level in names(sigma))
    if not settings:
        raise UserError("nothing to judge: give holes, masks or a sigma")
    peers = [*([BEST] if best else []), *peers_named(against)]
    check_folder(Path(output))
    restorer = Restorer.load(weights_file(weights), device)
    samples, failed = find_samples(Path(images), limit)
    methods = {setting.task: len(methods_of(setting.task, restorer, peers)) for setting in settings}
    total = len(samples) * sum(methods[setting.task] for setting in settings)
    scores = list(tqdm(score_images(restorer, samples, settings, peers, seed), "scores", total, disable=None))
    if not scores:
        raise UserError("nothing could be scored; no report is written")
    means = average(scores)
    tables = markdown(means)
    sheet = draw_sheet(restorer, samples, settings, scores, means, seed)
    write_report(
        Path(output), scores, means, tables, sheet, {**reproducible("evaluate", asked), **provenance(restorer)}
    )
    sys.stdout.write(tables + "\n")
    return int(failed > 0 or any(math.isnan(score.figures.psnr) for score in scores))


def _noise_level(level: str) -> float:
    try:
        value = float(level)
    except ValueError:
        raise UserError(f"sigma is a number, not {level!r}") from None
    return within("sigma", value, 255)
