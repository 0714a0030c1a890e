"""The command `restore finetune`: weights for one's own images, in minutes."""

import json
import logging
import os
import sys
from pathlib import Path
from statistics import median
from typing import Any, Literal

from restore.commands.options import weights_file
from restore.errors import FileError, UserError

_logger = logging.getLogger(__name__)

SHARES: dict[str, list[int]] = {"both": [1, 1, 0], "holes": [0, 0, 1], "noise": [0, 1, 0]}
"""How often training images get strokes, how often noise, and how often a hole over what they show."""

HOLES = {"model.optimizer.lr": 2e-3, "trainer.max_steps": 500, "trainer.val_check_interval": 100}
"""Settings where holes alone are learned: what a part looks like takes more, and no noise is there to be unlearned."""

AS_IT_CAME = {"data.val_crop": 256, "data.val_draws": 1}
"""Settings where noise is as it came: it is not drawn anew, and so as much of it is judged as can be."""


def finetune(
    folder: str,
    *,
    output: str,
    task: Literal["both", "holes", "noise"] | None = None,
    clean: str | None = None,
    shots: str | None = None,
    no_clean: bool = False,
    val_folder: str | None = None,
    limit: int | None = None,
    weights: str = "default",
    steps: int | None = None,
    set: list[str] | None = None,  # noqa: A002  the option's name
) -> int:
    """Train weights on for one kind of images, of which a few clean ones are enough, or for one's own noise.

    The images need not be aligned: in training they are turned, shifted, scaled, mirrored and varied in light. A fifth
    of them, chosen by name, is set aside; the weights that restore those best are written, and training ends early when
    nothing improves any more, or when it is interrupted. Twenty images take a few minutes on two cores, holes alone
    about twice as long.

    With --clean, --shots or --no-clean the images of the folder are noisy, and the noise is learned as it came. Without
    clean images, whether it pays is told by those set aside as well: a picture beside the weights shows how.

    Args:
        folder: Clean images, searched with all folders in it; or noisy ones.
        output: The weights file to write (*.safetensors), for --weights and `Restorer.load`; replaced if it exists.
        task: What to train for: filling holes, removing noise, or both, which is the default for clean images.
        clean: A folder of clean images that are called like the noisy ones, a word such as _noisy or _clean aside.
            Pairs that do not lie on one another pixel by pixel are named and left out.
        shots: What tells several noisy images of one scene apart in their names, with one *: "_*" for hall_1.png and
            hall_2.png, "/*" for a folder of each scene. Without any clean image, each is learned from another one.
        no_clean: Learn from noisy images alone, one or more: from drawn images that are given noise like theirs, which
            is measured; what it is like is said.
        val_folder: Images to judge by; those of the folder are then all trained on.
        limit: The most images of the folder to use, evenly spread over it.
        weights: What to start from: "default" for the weights that come with the package, a safetensors file (that of a
            pretraining too), or "none" for a network that has learned nothing yet.
        steps: The most steps of training, of four images each; a few minutes on a CPU if not given.
        set: Other settings, as `restore fit` has them: data.crop=64, trainer.precision=bf16-mixed (twice as fast on
            hardware made for it), model.optimizer.lr=2e-4.

    Returns:
        Exit status: 0 when done, 1 when the images set aside are restored no better than before (nothing is written
        then) or the training diverged (the best until then is written), 2 when the arguments allow no work.
    """
    path = Path(output)
    if path.suffix != ".safetensors":
        raise FileError(path, "weights files are called *.safetensors")
    if not path.parent.is_dir():
        raise FileError(path, f"there is no folder {path.parent}")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise FileError(path, "cannot be written")
    if steps is not None and steps < 1:
        raise UserError(f"steps are at least 1, not {steps}")
    is_real = _is_as_it_came(task, clean, shots, no_clean, val_folder)
    from restore.training import finetuning
    from restore.training.cli import SETTING
    from restore.training.terminal import announce

    for setting in set or []:
        if "=" not in setting:
            raise UserError(f"--set {setting}: a setting is {SETTING}")
    settings = {
        "data.folder": folder,
        "data.val_folder": val_folder,
        "data.limit": limit,
        "data.degradation.weights": SHARES[task or "both"],
        **(AS_IT_CAME if is_real else {}),
        **(HOLES if task == "holes" else {}),
        **({} if clean is None else {"data.pairs": clean}),
        **({} if shots is None else {"data.shots": shots}),
        **(_alone(folder, limit) if no_clean else {}),
        **({} if steps is None else {"trainer.max_steps": steps}),
        "trainer.enable_progress_bar": sys.stderr.isatty(),
        **_start(weights),
    }
    asked = [f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in settings.items()]
    needs_proof = no_clean or shots is not None
    outcome = finetuning.finetune([*asked, *(f"--{setting}" for setting in set or [])], path, needs_proof)
    if outcome.failure:
        sys.stderr.write(f"restore finetune: {outcome.failure}\n")
    before, after = outcome.proof.levels if outcome.proof else (str(outcome.before), str(outcome.best))
    what = "images set aside, error by their own noise, of 255" if outcome.proof else "images set aside"
    if outcome.is_written or not outcome.proof:
        announce(f"{what}, before: {before}")
    if not outcome.is_written:
        announce(f"after up to {outcome.steps} steps they are restored no better: nothing is written")
        return 1
    announce(f"{what}, after {outcome.best.step} of {outcome.steps} steps: {after}")
    if outcome.proof:
        from restore.training.proof_picture import write_proof

        picture = path.with_suffix(".png")
        write_proof(outcome.proof, f"{path.name}: {what}, {before} before and {after} after", picture)
        announce(f"what that rests on: {picture}")
    use = "denoise IMAGE" if task == "noise" or is_real else "inpaint IMAGE --mask MASK"
    announce(f"to use it: restore {use} -o OUT --weights {output}")
    return 1 if outcome.failure else 0


def _is_as_it_came(
    task: str | None, clean: str | None, shots: str | None, no_clean: bool, val_folder: str | None
) -> bool:
    """Whether the images hold the noise that is to be learned.

    Raises:
        UserError: Options do not go together.
    """
    ways = (clean is not None) + (shots is not None) + no_clean
    if ways > 1:
        raise UserError("noise is learned in one way: from --clean images, from several --shots, or with --no-clean")
    if not ways:
        return False
    if task not in (None, "noise"):
        raise UserError(f"--task {task} is about damage that is drawn; from noise as it came noise is learned")
    if clean is not None and val_folder is not None:
        raise UserError("--val-folder has no clean images in --clean; a part of the pairs is set aside")
    return True


def _alone(folder: str, limit: int | None) -> dict[str, Any]:
    """Settings to learn noise from noisy images alone; what it is like is said.

    Raises:
        UserError: There are no images, or none of them tells what its noise is like.
    """
    from restore.data.folder import ImageFolder
    from restore.data.recorrupted import measured, typical_end

    images = ImageFolder(folder)
    covariances = measured(images if limit is None else images.some(limit))
    if not covariances:
        raise UserError(f"{folder}: no image has parts that tell what its noise is like")
    level = f"noise of {255 * median(covariance.sigma for covariance in covariances):.1f} of 255 in flat parts"
    end = typical_end(covariances)
    shared = "do not share" if end == 1 else f"share up to {end - 1} pixels"
    _logger.info("%s, which neighbours %s: learned from drawn images with noise like it", level, shared)
    leaves = {"class_path": "restore.synthetic.Leaves", "init_args": {"count": 20000, "size": 128}}
    return {"data.supervision": {"class_path": "restore.data.NoiseTransfer", "init_args": {"clean": leaves}}}


def _start(weights: str) -> dict[str, Any]:
    """Settings of the model that begin with some weights, in the network that they are of."""
    from restore.networks import MaskedAutoencoder
    from restore.networks.weights import describe, load_network
    from restore.training.muon import LEARNING_RATE

    from_nothing = {"model.optimizer.lr": LEARNING_RATE}
    if weights == "none":
        return {"model.weights": None, **from_nothing}
    weights = weights_file(weights)
    network = load_network(weights)
    description = describe(network)
    start: dict[str, Any] = {"model.weights": weights}
    if isinstance(network, MaskedAutoencoder):  # from pretraining: the other half has learned nothing yet
        description["class"] = "RestorationNetwork"
        start |= from_nothing
    class_path = f"restore.networks.{description['class']}"
    return {"model.network": {"class_path": class_path, "init_args": description["arguments"]}, **start}
