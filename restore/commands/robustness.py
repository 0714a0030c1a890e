"""The command `restore robustness`."""

import logging
import sys
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from restore.commands.options import names, reproducible, weights_file, within
from restore.commands.outputs import folder_output
from restore.errors import UserError, check_at_least, check_known

_logger = logging.getLogger(__name__)


def robustness(
    *,
    output: str,
    images: str | None = None,
    objects: str | None = None,
    damage: str = "brush 20-30 %",
    sigma: float | None = None,
    sweeps: str = "shift,phase,rotation,scale,map",
    weights: list[str] | None = None,
    self_ensemble: bool = False,
    against: str = "none",
    size: int = 128,
    limit: int = 8,
    seed: int = 0,
    device: str | None = None,
    backend: Literal["torch", "onnx", "openvino"] | None = None,
) -> int:
    """Measure how much the quality of a restoration depends on where and how things lie.

    The same things are restored in every pose. What counts is the change from the image in no pose, over what both
    show, an eighth of the side or more from their borders, so that neither the choice of images nor what leaves the
    frame matters. The drop is the best pose minus the worst, over the mean of the images; scales are left out of it.

    The report is a folder: every score (scores.csv), the drops with all that they depend on (summary.json), and the
    curves and maps (robustness.png).

    Args:
        output: Folder for the report. An earlier report in it is replaced once the new one is complete.
        images: Folder of photographs, which are warped; scores.csv has what that costs. Quarter turns and shifts by
            whole pixels cost nothing.
        objects: Kinds of objects, drawn anew in every pose, separated by commas: cable, screw, gear, label, coin.
        damage: A row of `restore evaluate`: "brush 20-30 %", box, text, "text + sigma 15" and so on. Holes move with
            the image; noise never does, it is the camera's.
        sigma: White noise to remove instead, 0 to 255.
        sweeps: Which poses, separated by commas: shift, phase (over the patches), rotation, scale, map (shift by
            rotation).
        weights: One or several of "default", safetensors files and artifacts of W&B
            (wandb:ENTITY/PROJECT/ARTIFACT:ALIAS), each a curve.
        self_ensemble: Restore the mean over eight views.
        against: Other methods that restore the same, each a curve: "all" that are installed, "none", or names
            separated by commas, of which those that can do nothing about the damage are left out.
        size: Side of the square images, in pixels; larger photographs are cut to their middle, smaller ones left
            out.
        limit: The most images.
        seed: Seed of the objects and the damage.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.
        backend: What runs the weights: torch, onnx (ONNX Runtime) or openvino; by default the fastest for them.

    Returns:
        Exit status: 0 when done, 1 when some images could not be read or a peer failed, 2 when the arguments allow no
            work.
    """
    asked = locals()
    from restore.evaluation.battery import damage_named, white_noise
    from restore.evaluation.methods import Method, Told, can_treat
    from restore.evaluation.peers import peers_named
    from restore.evaluation.report import provenance, weights_hash
    from restore.evaluation.robustness.moves import STILL, SWEEPS, moves_of
    from restore.evaluation.robustness.report import report_files
    from restore.evaluation.robustness.subjects import margin
    from restore.evaluation.robustness.sweep import score_poses, some_failed
    from restore.images.writes import check_folder, write_folder
    from restore.inference.restorer import Restorer

    drawn = damage_named(damage)
    if sigma is not None:
        if not within("sigma", sigma, 255):
            raise UserError("sigma is above 0: without noise there is nothing to remove")
        drawn = white_noise(sigma)
    if not names(sweeps):
        raise UserError(f"--sweeps names no sweep; there are {', '.join(SWEEPS)}")
    check_known("sweep", names(sweeps), SWEEPS)
    peers = peers_named(names(against))
    check_folder(folder_output(output))
    subjects, failed = _subjects(images, objects, size, limit, seed)
    if not subjects:
        raise UserError(f"{images}: none of the images can be measured on")
    damaged = drawn.degrade(subjects[0].posed(STILL.pose), seed, subjects[0].index)
    if peers and not any(can_treat(peer, damaged) for peer in peers):
        raise UserError(f"none of these peers can do anything about {drawn.name!r}: {against}")
    restorers = {
        name: Restorer.load(weights_file(name), device, backend, self_ensemble=self_ensemble)
        for name in weights or ["default"]
    }
    patch = max(restorer.backend.multiple for restorer in restorers.values())
    poses = {sweep: moves_of(sweep, size, patch) for sweep in names(sweeps)}
    ours: dict[str, Method] = {name: Told(restorer) for name, restorer in restorers.items()}
    methods = ours | {peer.name: peer for peer in peers if peer.name not in ours}
    with tqdm(total=len(subjects) * sum(map(len, poses.values())), desc="poses", disable=None) as bar:
        scores = score_poses(methods, subjects, drawn, poses, seed, bar.update)
    first = next(iter(restorers.values()))
    hashes = {name: weights_hash(restorer) for name, restorer in restorers.items()}
    facts = {**reproducible("robustness", asked), **provenance(first), "weights_sha256": hashes}
    files, lines = report_files(scores, {**facts, "margin": margin(size)})
    write_folder(Path(output), files)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return int(failed > 0 or some_failed(scores))


def _subjects(images: str | None, objects: str | None, size: int, limit: int, seed: int) -> tuple[list[Any], int]:
    from restore.evaluation.robustness.subjects import parts, photograph
    from restore.evaluation.scorecard import find_samples
    from restore.synthetic.parts import FAMILIES

    if (images is None) == (objects is None):
        raise UserError("give either --images, a folder, or --objects, kinds of objects to draw")
    check_at_least(16, size=size)
    check_at_least(1, limit=limit)
    if images is not None:
        samples, failed = find_samples(Path(images), limit)
        large = [sample for sample in samples if min(sample.read().shape[-2:]) >= size]
        for sample in samples:
            if sample not in large:
                _logger.error("%s: is smaller than %d x %d pixels", sample.path, size, size)
        return [photograph(sample, size) for sample in large], failed + len(samples) - len(large)
    families = names(objects or "")
    check_known("objects", families or [objects or ""], FAMILIES)
    return list(parts(families, limit, size, seed)), 0
