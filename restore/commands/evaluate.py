"""The command `restore evaluate`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tqdm import tqdm

from restore.commands.options import names, reproducible, weights_file, whole_numbers, within
from restore.commands.outputs import folder_output
from restore.errors import UserError
from restore.plain import shown

if TYPE_CHECKING:
    from restore.evaluation.battery import Damage

# torch is imported, and the weights are loaded, only when the command runs: `--help` stays quick.


def evaluate(
    *,
    images: str | None = None,
    noisy: str | None = None,
    clean: str | None = None,
    output: str,
    masks: str | None = None,
    mask_values: str | None = None,
    damage: str | None = None,
    sigma: str | None = None,
    weights: str = "default",
    against: str = "none",
    fill: Literal["expected", "plausible", "both"] = "both",
    self_ensemble: bool = False,
    crop: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    device: str | None = None,
    backend: Literal["torch", "onnx", "openvino"] | None = None,
) -> int:
    """Judge weights beside other methods, on clean images that are damaged for the purpose or on pairs with real noise.

    The report is a folder: every score (scores.csv), their means with all that they depend on (summary.json), tables
    (table.md, which is also printed), and the worst, median and best results as pictures, pixel for pixel
    (contact_sheet.png).

    Args:
        images: Folder of clean images, to be damaged.
        noisy: Instead, a folder of images with real noise; nobody is told its sigma.
        clean: The folder of clean images of the same scenes, of the same names, the suffix or one word aside, such as
            chair_noisy.png and chair_clean.png. With a pattern such as "scenes/*_real.png" both may lie in one folder.
        output: Folder for the report. An earlier report in it is replaced once the new one is complete; other files
            stay.
        masks: Folder of mask files, white = hole, or of folders of them, each of which becomes a row of the tables.
        mask_values: For masks of labels, the stored values that are hole, separated by commas.
        damage: Damage to draw, "all", "none", or families separated by commas: brush (holes, by the share of the image
            that is hidden), thin, box, wide (a stroke or two), centre (the middle, half of each side), blobs, half,
            outpainting, lines, scratches, text, dead-lines, salt-and-pepper, mixed (holes and noise), jpeg, camera,
            scan, poisson-gaussian, sigma-map (noise of another sigma at every pixel). By default all, or none with
            --masks.
        sigma: Levels of white noise in 0..255 units, separated by commas, or "none"; by default 15,25,50. All noise is
            removed knowing sigma, and blind.
        weights: "default" for those that come with the package, a safetensors file, or an artifact of W&B
            (wandb:ENTITY/PROJECT/ARTIFACT:ALIAS).
        against: Peers that restore the same damaged images: "all" that are installed, "none", or names separated by
            commas. For holes push-pull, telea, navier-stokes, biharmonic, patchmatch-3, patchmatch-7, shiftmap, gmic,
            fsr-fast, which takes ten seconds of an image of 512 x 512, and fsr-best, which takes minutes; for noise,
            with or without holes, nlm, wavelet, tv, bm3d, ffdnet, and bm3d-sub and ffdnet-sub, which look at every
            second pixel apart. What is told no sigma estimates it; "bm3d:2" multiplies sigma by 2.
        fill: Which of our fills to judge of holes where all the rest is known: "expected", "plausible" or both. The
            plausible one takes most of the time, about 8 seconds of two cores for each hole of 512 x 512.
        self_ensemble: Also judge the mean over eight views of each image.
        crop: Left and top, in pixels and separated by a comma, of what the pictures show of pairs; by default that part
            of each image which has the most texture.
        limit: The most images to take, evenly spread over the folder.
        seed: Seed of all damage.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.
        backend: What runs the weights: torch, onnx (ONNX Runtime) or openvino; by default the fastest for them.

    Returns:
        Exit status: 0 when done, 1 when an image could not be read or a peer failed, 2 when the arguments allow no
            work.
    """
    asked = locals()
    from restore.evaluation.crops import draw_crops
    from restore.evaluation.examples import draw_sheet
    from restore.evaluation.methods import methods_of
    from restore.evaluation.peers import peers_named
    from restore.evaluation.perceptual import unavailable
    from restore.evaluation.real_noise import real_noise
    from restore.evaluation.report import provenance, write_report
    from restore.evaluation.scorecard import find_samples, score_images
    from restore.evaluation.scores import average
    from restore.evaluation.tables import markdown
    from restore.images.writes import check_folder
    from restore.inference.plausible import FILLS
    from restore.inference.restorer import Restorer

    corner = _corner(crop)
    peers = peers_named(names(against))
    if images is not None and noisy is None and clean is None and corner is None:
        damages = _drawn(damage, masks, mask_values, sigma)
    elif images is not None or noisy is None or clean is None:
        raise UserError("give either --images, or --noisy and --clean, and --crop with these only")
    elif any(option is not None for option in (masks, mask_values, damage, sigma)):
        raise UserError("--noisy has its damage: --damage, --sigma and --masks are for --images")
    check_folder(folder_output(output))
    restorer = Restorer.load(weights_file(weights), device, backend)
    if images is not None:
        samples, failed = find_samples(Path(images), limit)
    else:
        row, samples, failed = real_noise(str(noisy), str(clean), limit)
        damages = [row]
    methods = methods_of(restorer, peers, self_ensemble, FILLS if fill == "both" else (fill,))
    with tqdm(total=len(samples) * len(damages), desc="damaged images", disable=None) as bar:
        scores = score_images(methods, samples, damages, seed, bar.update)
    if scores.empty:
        raise UserError("nothing could be scored; no report is written")
    means = average(scores)
    tables = shown(markdown(means))
    if images is None:
        sheet = draw_crops(methods, samples, damages[0], scores, seed, corner)
    else:
        with tqdm(total=len(damages), desc="contact sheet", disable=None) as bar:
            sheet = draw_sheet(methods, samples, damages, scores, seed, bar.update)
    facts = {**reproducible("evaluate", asked), **provenance(restorer), "not_measured": unavailable()}
    write_report(Path(output), scores, means, tables, sheet, facts)
    sys.stdout.write(tables + "\n")
    return int(failed > 0 or scores["psnr"].hasnans)


def _drawn(damage: str | None, masks: str | None, mask_values: str | None, sigma: str | None) -> list["Damage"]:
    from restore.evaluation.battery import FAMILIES, damage_families, mask_folders, white_noise

    families = damage or ("all" if masks is None else "none")
    damages = damage_families(FAMILIES if families == "all" else names(families))
    damages += [] if masks is None else mask_folders(Path(masks), whole_numbers("--mask-values", mask_values))
    damages += [white_noise(_noise_level(level)) for level in names("15,25,50" if sigma is None else sigma)]
    if not damages:
        raise UserError("nothing to judge: give damage, masks or a sigma")
    return damages


def _corner(crop: str | None) -> tuple[int, int] | None:
    corner = whole_numbers("--crop", crop)
    if corner is None:
        return None
    if len(corner) != 2 or min(corner) < 0:
        raise UserError(f"--crop takes the left and the top of a part, in pixels, not {crop!r}")
    return corner[0], corner[1]


def _noise_level(level: str) -> float:
    try:
        value = float(level)
    except ValueError:
        raise UserError(f"sigma is a number, not {level!r}") from None
    return within("sigma", value, 255)
