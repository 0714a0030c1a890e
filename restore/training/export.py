"""Weights for use: the best of a training as a file, and for the trackers, with a card that says what they are."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from restore.data.module import RestorationData
from restore.networks.weights import export_checkpoint, read_checkpoint
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
        best = Path(paths[0])
        last = Path(next((path for one in checkpoints if (path := one.last_model_path)), paths[-1] or paths[0]))
        weights = best.with_name("weights.safetensors")
        export_checkpoint(best, weights)
        score, monitor = checkpoints[0].best_model_score, checkpoints[0].monitor
        metrics = {} if score is None else {str(monitor): float(score)}
        quality = "".join(f" ({name} {value:.4g})" for name, value in metrics.items())
        announce(f"best checkpoint: step {_step(best):,} of {trainer.global_step:,}{quality}; its weights: {weights}")
        announce(f"to use them: restore inpaint IMAGE --mask MASK -o OUT --weights {weights}")
        announce(f"to train on: --ckpt_path {last}, with more steps")
        if not trackers_of(trainer):
            return
        origin = _origin(trainer, pl_module)
        facts = {"step": _step(best), **metrics}
        if _step(last) == _step(best):
            _log(trainer, weights, ["best", "last"], facts, origin)
            return
        with TemporaryDirectory() as folder:
            exported = Path(folder) / "weights.safetensors"
            export_checkpoint(last, exported)
            _log(trainer, exported, ["last"], {"step": _step(last)}, origin)
        _log(trainer, weights, ["best"], facts, origin)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:  # noqa: ARG002
        """Say how to go on."""
        checkpoints = [one for one in trainer.checkpoint_callbacks if isinstance(one, ModelCheckpoint)]
        paths = {Path(path) for one in checkpoints for path in (one.last_model_path, one.best_model_path) if path}
        written = [path for path in paths if path.is_file()]
        if trainer.is_global_zero and written:
            announce(f"to go on: --ckpt_path {max(written, key=_step)}")


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


def _step(checkpoint: Path) -> int:
    return int(read_checkpoint(checkpoint, "meta")["global_step"])
