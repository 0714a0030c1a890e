"""Weights for use: the best of a training as a file, and for the trackers, with a card that says what they are."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import yaml
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from restore.networks.weights import export_checkpoint
from restore.training.terminal import announce
from restore.training.tracking import records_of
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
        best, last = Path(paths[0]), Path(next((path for path in paths[:0:-1] if path), paths[0]))
        weights = best.with_name("weights.safetensors")
        export_checkpoint(best, weights)
        score, monitor = _number(checkpoints[0].best_model_score), checkpoints[0].monitor
        quality = "" if score is None else f" ({monitor} {score:.4g})"
        step = torch.load(best, weights_only=True, map_location="meta", mmap=True)["global_step"]
        announce(f"best of {trainer.global_step:,} steps: step {step:,}{quality}; its weights: {weights}")
        announce(f"to use them: restore inpaint IMAGE --mask MASK -o OUT --weights {weights}")
        if not records_of(trainer):
            return
        facts = {"step": step, **({} if score is None else {str(monitor): score})}
        with TemporaryDirectory() as folder:
            for path, aliases in {last: ["last"], best: ["best", "last"] if best == last else ["best"]}.items():
                exported = weights if path == best else Path(folder) / "weights.safetensors"
                if path != best:
                    export_checkpoint(path, exported)
                card = model_card(trainer, pl_module, path.name)
                for tracker in records_of(trainer):
                    tracker.log_weights(exported, card, aliases, facts if path == best else {})


def model_card(trainer: Trainer, task: LightningModule, checkpoint: str) -> str:
    """What weights are, what they were trained on, and how good they were, in Markdown.

    Args:
        trainer: Whose training they come from.
        task: With the network.
        checkpoint: Name of the checkpoint that they are of.
    """
    data: Any = trainer.datamodule  # type: ignore[attr-defined]  # assigned by a connector
    network: Any = task.network
    parameters = sum(parameter.numel() for parameter in network.parameters())
    figures = {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("val/")}
    facts = {"images": data.fingerprint(), "last validation": figures, "versions": versions()}
    return (
        f"# Weights of {checkpoint}\n\n"
        f"A `{type(network).__name__}` with {parameters:,} parameters, trained for {trainer.global_step:,} steps as "
        f"`{type(task).__name__}` with the package `restore`. To use them:\n\n"
        "    restore inpaint IMAGE --mask MASK -o OUT --weights weights.safetensors\n\n"
        f"```yaml\n{yaml.safe_dump(facts, sort_keys=False)}```\n"
    )


def _number(score: Any) -> float | None:
    return None if score is None else float(score)
