"""Weights for use: the best of a training as a file, and for the trackers, with a card that says what they are."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from restore.data.module import RestorationData
from restore.networks.weights import export_checkpoint
from restore.training.checkpoints import last_checkpoint, steps_of
from restore.training.divergence import DivergenceError
from restore.training.terminal import announce
from restore.training.tracking import trackers_of
from restore.versions import versions


class ExportWeights(Callback):
    """Leaves the best checkpoint's weights (the averaged ones, where they are averaged) as a file for `Restorer`.

    The trackers are given them as well, and those of the last checkpoint.
    """

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write `weights.safetensors` beside the checkpoints, or over that of an earlier, resumed part of the run."""
        checkpoints = [one for one in trainer.checkpoint_callbacks if isinstance(one, ModelCheckpoint)]
        paths = [one.best_model_path or one.last_model_path for one in checkpoints]
        if not trainer.is_global_zero or not any(paths[:1]):
            return
        last = Path(next((path for one in checkpoints if (path := one.last_model_path)), paths[-1] or paths[0]))
        score, monitor = checkpoints[0].best_model_score, checkpoints[0].monitor
        is_judged = score is None or bool(score.isfinite())  # it is infinite where no validation image had any damage
        best = Path(paths[0]) if is_judged else last
        weights = best.with_name("weights.safetensors")
        export_checkpoint(best, weights)
        metrics = {} if score is None or not is_judged else {str(monitor): float(score)}
        quality = "".join(f" ({name} {value:.4g})" for name, value in metrics.items())
        which = (
            f"{'best' if is_judged else 'last'} checkpoint: step {steps_of(best):,} of {trainer.global_step:,}{quality}"
        )
        announce(f"{which}; its weights: {weights}")
        announce(f"to use them: restore inpaint IMAGE --mask MASK -o OUT --weights {weights}")
        announce(f"to train on: --ckpt_path {last}, with more steps")
        if not trackers_of(trainer):
            return
        origin = _origin(trainer, pl_module)
        facts = {"step": steps_of(best), **metrics}
        if steps_of(last) == steps_of(best):
            _log(trainer, weights, ["best", "last"], facts, origin)
            return
        with TemporaryDirectory() as folder:
            exported = Path(folder) / "weights.safetensors"
            export_checkpoint(last, exported)
            _log(trainer, exported, ["last"], {"step": steps_of(last)}, origin)
        _log(trainer, weights, ["best"], facts, origin)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:  # noqa: ARG002
        """Say how to go on."""
        written = last_checkpoint(trainer)
        if trainer.is_global_zero and written is not None and not isinstance(exception, DivergenceError):
            announce(f"to go on: --ckpt_path {written}")


def _log(trainer: Trainer, weights: Path, aliases: Sequence[str], facts: Mapping[str, Any], origin: str) -> None:
    card = f"# Weights after step {facts['step']:,}\n\n{origin}\n```yaml\n{yaml.safe_dump(dict(facts))}```\n"
    for tracker in trackers_of(trainer):
        tracker.log_weights(weights, card, aliases, facts)


def _origin(trainer: Trainer, task: LightningModule) -> str:
    """What the weights of a training are, what they were trained on and with, in Markdown."""
    data: Any = trainer.datamodule  # type: ignore[attr-defined]  # assigned by a connector
    network: Any = task.network
    parameters = sum(parameter.numel() for parameter in network.parameters())
    metrics = {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("val/")}
    facts = {
        "images": data.fingerprint() if isinstance(data, RestorationData) else "not known",
        f"validation after step {trainer.global_step}": metrics,
        "versions": versions(),
    }
    return (
        f"A `{type(network).__name__}` with {parameters:,} parameters, from a training as `{type(task).__name__}` with "
        "the package `restore`. To use them:\n\n"
        "    restore inpaint IMAGE --mask MASK -o OUT --weights weights.safetensors\n\n"
        f"```yaml\n{yaml.safe_dump(facts, sort_keys=False)}```\n"
    )
