"""The command `restore finetune`: weights for one's own images, in minutes."""

import json
import os
import sys
from pathlib import Path
from typing import Any, Literal

from restore.commands.options import weights_file
from restore.errors import FileError, UserError

SHARES: dict[str, list[int]] = {"both": [1, 1], "holes": [1, 0], "noise": [0, 1]}
"""How often training images get holes, and how often noise."""


def finetune(
    folder: str,
    *,
    output: str,
    task: Literal["both", "holes", "noise"] = "both",
    val_folder: str | None = None,
    limit: int | None = None,
    weights: str = "default",
    steps: int | None = None,
    set: list[str] | None = None,  # noqa: A002  the option's name
) -> int:
    """Train weights on for one kind of images, of which a few clean ones are enough.

    The images need not be aligned: in training they are turned, shifted, scaled, mirrored and varied in light. A fifth
    of them, chosen by name, is set aside; the weights that restore those best are written, and training ends early when
    nothing improves any more, or when it is interrupted. Twenty images take a few minutes on two cores.

    Args:
        folder: Clean images, searched with all folders in it.
        output: The weights file to write (*.safetensors), for --weights and `Restorer.load`; replaced if it exists.
        task: What to train for: filling holes, removing noise, or both.
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
        "data.degradation.weights": SHARES[task],
        **({} if steps is None else {"trainer.max_steps": steps}),
        "trainer.enable_progress_bar": sys.stderr.isatty(),
        **_start(weights),
    }
    asked = [f"--{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in settings.items()]
    outcome = finetuning.finetune([*asked, *(f"--{setting}" for setting in set or [])], path)
    if outcome.failure:
        sys.stderr.write(f"restore finetune: {outcome.failure}\n")
    announce(f"images set aside, before: {outcome.before}")
    if outcome.best is outcome.before:
        announce(f"after up to {outcome.steps} steps they are restored no better: nothing is written")
        return 1
    announce(f"images set aside, after {outcome.best.step} of {outcome.steps} steps: {outcome.best}")
    use = "denoise IMAGE" if task == "noise" else "inpaint IMAGE --mask MASK"
    announce(f"to use it: restore {use} -o OUT --weights {output}")
    return 1 if outcome.failure else 0


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
