"""The command `restore evaluate`."""

import sys
from pathlib import Path

from tqdm import tqdm

from restore.commands.options import names, reproducible, weights_file, whole_numbers, within
from restore.commands.outputs import folder_output
from restore.errors import UserError
from restore.plain import shown

# torch is imported, and the weights are loaded, only when the command runs: `--help` stays quick.


def evaluate(
    *,
    images: str,
    output: str,
    masks: str | None = None,
    mask_values: str | None = None,
    damage: str | None = None,
    sigma: str = "15,25,50",
    weights: str = "default",
    against: str = "none",
    self_ensemble: bool = False,
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
        mask_values: For masks of labels, the stored values that are hole, separated by commas.
        damage: Damage to draw, "all", "none", or families separated by commas: brush (holes, by the share of the image
            that is hidden), thin, box, half, outpainting, lines, scratches, text, dead-lines, salt-and-pepper, mixed
            (holes and noise), jpeg, poisson-gaussian, sigma-map (noise of another sigma at every pixel). By default
            all, or none with --masks.
        sigma: Levels of white noise in 0..255 units, separated by commas, or "none". All noise is removed knowing
            sigma, and blind.
        weights: "default" for those that come with the package, a safetensors file, or an artifact of W&B
            (wandb:ENTITY/PROJECT/ARTIFACT:ALIAS).
        against: Peers that restore the same damaged images: "all" that are installed, "none", or names separated by
            commas. For holes push-pull, telea, navier-stokes, biharmonic; for noise, with or without holes, nlm,
            wavelet, tv, bm3d, ffdnet.
        self_ensemble: Also judge the mean over eight views of each image.
        limit: The most images to take, evenly spread over the folder.
        seed: Seed of all damage.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.

    Returns:
        Exit status: 0 when done, 1 when an image could not be read or a peer failed, 2 when the arguments allow no
            work.
    """
    asked = locals()
    from restore.evaluation.battery import FAMILIES, damage_families, mask_folders, white_noise
    from restore.evaluation.examples import draw_sheet
    from restore.evaluation.methods import methods_of
    from restore.evaluation.peers import peers_named
    from restore.evaluation.report import provenance, write_report
    from restore.evaluation.scorecard import find_samples, score_images
    from restore.evaluation.scores import average
    from restore.evaluation.tables import markdown
    from restore.images.writes import check_folder
    from restore.inference.restorer import Restorer

    families = damage or ("all" if masks is None else "none")
    damages = damage_families(FAMILIES if families == "all" else names(families))
    damages += [] if masks is None else mask_folders(Path(masks), whole_numbers("--mask-values", mask_values))
    damages += [white_noise(_noise_level(level)) for level in names(sigma)]
    if not damages:
        raise UserError("nothing to judge: give damage, masks or a sigma")
    peers = peers_named(names(against))
    check_folder(folder_output(output))
    restorer = Restorer.load(weights_file(weights), device)
    samples, failed = find_samples(Path(images), limit)
    methods = methods_of(restorer, peers, self_ensemble)
    with tqdm(total=len(samples) * len(damages), desc="damaged images", disable=None) as bar:
        scores = score_images(methods, samples, damages, seed, bar.update)
    if scores.empty:
        raise UserError("nothing could be scored; no report is written")
    means = average(scores)
    tables = shown(markdown(means))
    with tqdm(total=len(damages), desc="contact sheet", disable=None) as bar:
        sheet = draw_sheet(methods, samples, damages, scores, seed, bar.update)
    facts = {**reproducible("evaluate", asked), **provenance(restorer)}
    write_report(Path(output), scores, means, tables, sheet, facts)
    sys.stdout.write(tables + "\n")
    return int(failed > 0 or scores["psnr"].hasnans)


def _noise_level(level: str) -> float:
    try:
        value = float(level)
    except ValueError:
        raise UserError(f"sigma is a number, not {level!r}") from None
    return within("sigma", value, 255)
