"""The command `restore robustness`."""

import logging
import sys
from pathlib import Path
from typing import Any, Literal

from restore.commands.options import names, peers_named, reproducible, weights_file, within
from restore.errors import UserError

_logger = logging.getLogger(__name__)

Damage = Literal["moves", "stays", "both"]


def robustness(
    *,
    output: str,
    images: str | None = None,
    objects: str | None = None,
    hole: str = "brush 20-30 %",
    sigma: float | None = None,
    damage: Damage = "moves",
    sweeps: str = "shift,phase,rotation,scale,map",
    weights: list[str] | None = None,
    best: bool = False,
    against: str = "none",
    size: int = 128,
    limit: int = 8,
    seed: int = 0,
    device: str | None = None,
) -> int:
    """Measure how much the quality of a restoration depends on where and how things lie.

    The same things are restored in every pose. What counts is the change from the image in no pose, over what both
    show, an eighth of the side or more from their borders, so that neither the choice of images nor what leaves the
    frame matters. The drop is the best pose minus the worst, over the mean of the images; scales are left out of it.

    The report is a folder: every score (scores.csv), the drops with all that they depend on (summary.json), and the
    curves and maps (robustness.png for damage that moves with the image, robustness_stays.png for damage that stays).

    Args:
        output: Folder for the report. An earlier report in it is replaced once the new one is complete.
        images: Folder of photographs, which are warped; scores.csv has what that costs. Quarter turns and shifts by
            whole pixels cost nothing.
        objects: Kinds of objects, drawn anew in every pose, separated by commas: cable, screw, gear, label, coin.
        hole: The damage, a row of `restore evaluate`: "brush 20-30 %", box, text and so on.
        sigma: Noise to remove instead, 0 to 255. It never moves: it is the camera's.
        damage: Whether holes move with the image, stay where they are in the frame, or both in turn. Those that stay
            hide other things in every pose, so that no change can be told.
        sweeps: Which poses, separated by commas: shift, phase (over the patches), rotation, scale, map (shift by
            rotation).
        weights: One or several of "default", safetensors files and artifacts of W&B
            (wandb:ENTITY/PROJECT/ARTIFACT:ALIAS), each a curve.
        best: Restore as with --best.
        against: Other methods that restore the same, each a curve: "all" that are installed, "none", or names
            separated by commas, of which those that do something else are left out.
        size: Side of the square images, in pixels; larger photographs are cut to their middle, smaller ones left
            out.
        limit: The most images.
        seed: Seed of the objects and the damage.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.

    Returns:
        Exit status: 0 when done, 1 when some images could not be read, 2 when the arguments allow no work.
    """
    asked = locals()
    from restore.evaluation.battery import HOLES, Drawn, Setting, white_noise
    from restore.evaluation.provenance import fingerprint, provenance
    from restore.evaluation.robustness import judged, moves_of
    from restore.evaluation.robustness.report import PICTURES, report_files, run_sweeps
    from restore.evaluation.robustness.subjects import margin
    from restore.images.writes import check_folder, write_folder
    from restore.inference.restorer import Restorer

    if hole not in HOLES:
        raise UserError(f"no such hole: {hole!r}; there are {', '.join(HOLES)}")
    setting: Setting = Drawn("hole", hole, HOLES[hole])
    kinds = {"moves": [True], "stays": [False], "both": [True, False]}[damage]
    if sigma is not None:
        if not within("sigma", sigma, 255):
            raise UserError("sigma is above 0: without noise there is nothing to remove")
        setting, kinds = white_noise([sigma])[0], [True]
    for sweep in names(sweeps) or [""]:
        moves_of(sweep, size, 1)  # a misspelt name is no surprise for later
    peers = peers_named(against)
    check_folder(Path(output))
    subjects, failed = _subjects(images, objects, size, limit, seed)
    if not subjects:
        raise UserError(f"{images}: none of the images can be measured on")
    restorers = {name: Restorer.load(weights_file(name), device, self_ensemble=best) for name in weights or ["default"]}
    patch = max(restorer.network.size_rule.multiple for restorer in restorers.values())
    poses = {sweep: moves_of(sweep, size, patch) for sweep in names(sweeps)}
    scores = run_sweeps(judged(restorers, setting.task, peers), subjects, setting, poses, kinds, seed)
    first = next(iter(restorers.values()))
    hashes = {name: fingerprint(restorer.network) for name, restorer in restorers.items()}
    facts = {**reproducible("robustness", asked), **provenance(first), "weights_sha256": hashes}
    files, lines = report_files(scores, setting, {**facts, "margin": margin(size)})
    write_folder(Path(output), files, outdated=set(PICTURES) - set(files))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return int(failed > 0)


def _subjects(images: str | None, objects: str | None, size: int, limit: int, seed: int) -> tuple[list[Any], int]:
    from restore.evaluation.robustness import parts, photograph
    from restore.evaluation.scorecard import find_samples
    from restore.synthetic.parts import FAMILIES

    if (images is None) == (objects is None):
        raise UserError("give either --images, a folder, or --objects, kinds of objects to draw")
    for name, value, least in (("size", size, 16), ("limit", limit, 1)):
        if value < least:
            raise UserError(f"{name} is at least {least}, not {value}")
    if images is not None:
        samples, failed = find_samples(Path(images), limit)
        large = [sample for sample in samples if min(sample.read().shape[-2:]) >= size]
        for sample in samples:
            if sample not in large:
                _logger.error("%s: is smaller than %d x %d pixels", sample.path, size, size)
        return [photograph(sample, size) for sample in large], failed + len(samples) - len(large)
    families = names(objects or "")
    unknown = [family for family in families if family not in FAMILIES]
    if unknown or not families:
        raise UserError(f"no such objects: {', '.join(unknown) or objects}; there are {', '.join(FAMILIES)}")
    return list(parts(families, limit, size, seed)), 0
