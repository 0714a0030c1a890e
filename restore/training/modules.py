"""The two tasks: to learn hidden patches (`Pretraining`), or holes and noise together (`Restoration`)."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, TypedDict

import torch
from jaxtyping import Bool, Float
from lightning import LightningModule
from torch import Tensor, nn, optim
from torchmetrics import MeanMetric

from restore.data.module import Batch
from restore.metrics import psnr, structural_similarity
from restore.networks import Network
from restore.networks.noise_head import level_error, spread
from restore.networks.weights import describe, load_into
from restore.observation import Observation, composite
from restore.training.divergence import LossWatch, diverged, require_numbers, warn
from restore.training.losses import L1, Loss
from restore.training.muon import Muon
from restore.training.schedule import WarmupCosine
from restore.training.told import found_level
from restore.training.tracking import fetched, trackers_of

LEVEL_WEIGHT = 0.05
"""What a level that is wrong by a factor of e costs, beside the errors of pixels."""

METRICS = ("loss", "psnr", "psnr_hole", "ssim")
"""Of each image."""

STAGES = {"val": "validation", "test": "test"}
"""In words."""


class Measured(TypedDict):
    """What became of a batch of validation or test images.

    Args:
        restored: What a user would get.
        metrics: Of each image, by name: `loss`; `psnr`, over all pixels, and `psnr_hole`, in dB; `ssim`. NaN where an
            image has none: without a hole, or without damage.
    """

    restored: Float[Tensor, "n 3 h w"]
    metrics: dict[str, Float[Tensor, " n"]]


class RestorationTask(LightningModule, ABC):
    """A network, a loss, an optimizer and its schedule; the two tasks differ in which pixels are scored.

    Args:
        network: Takes an `Observation`, gives a prediction of every pixel.
        loss: What errors cost, region by region.
        optimizer: How the weights are moved: `Muon`, or any optimizer of `torch.optim`.
        schedule: How its learning rate rises and falls.
        weights: Where to start from: `default`, a safetensors file, an artifact of W&B
            (`wandb:ENTITY/PROJECT/ARTIFACT:ALIAS`), or nothing for random weights. Weights of
            another kind of network give whatever parts fit, so that pretraining carries over to restoration.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss | None = None,
        optimizer: Callable[[Iterable[tuple[str, nn.Parameter]]], optim.Optimizer] = Muon,
        schedule: WarmupCosine = WarmupCosine(),  # noqa: B008 (it cannot change)
        weights: str | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self.loss = loss or L1()
        self.optimizer = optimizer
        self.schedule = schedule
        self.means = nn.ModuleDict(
            {
                f"{stage}/{name}": MeanMetric(nan_strategy="disable")
                for stage in ("val", "test")
                for name in (*METRICS, "undamaged")
            }
        )
        self._watch = LossWatch()
        self._warned: set[str] = set()
        if weights is not None:
            load_into(network, fetched(weights))

    @abstractmethod
    def scored(self, observation: Observation) -> list[Bool[Tensor, "n 1 h w"]]:
        """The regions whose errors are added up, image by image."""

    def noise_level(self, observation: Observation) -> Float[Tensor, "n 1 h w"]:
        """What the network is told of noise whose level nobody knows: that which `Restorer.denoise` goes by.

        Never less than `restore.training.told.LEAST`, since what is told to be exact is kept, and teaches nothing.

        Args:
            observation: Its sigma is NaN where there is such noise.
        """
        return found_level(self.network, observation)

    def told(self, batch: Batch) -> Batch:
        """The batch with a level for all noise: `noise_level` where nobody knows it."""
        observation = batch.observation
        unknown = observation.sigma.isnan()
        if not unknown.any():
            return batch
        sigma = torch.where(unknown, self.noise_level(observation), observation.sigma)
        return batch._replace(observation=Observation(observation.degraded, sigma))

    def _step(self, batch: Batch) -> tuple[Float[Tensor, " n"], Float[Tensor, "n 3 h w"]]:
        """The loss of each image, and what a user would get."""
        observation = batch.observation
        prediction = self.network(observation)
        known = observation.sigma == 0
        shown = torch.where(known, observation.degraded, prediction)
        return self.loss(shown, batch.image, self.scored(observation)), composite(prediction, observation)

    def training_step(self, batch: Batch, batch_idx: int) -> Float[Tensor, ""]:  # noqa: ARG002  Lightning's signature
        """Learn from a batch."""
        batch = self.told(batch)
        loss = self._training_loss(batch)
        self.log("train/loss", loss, prog_bar=True, sync_dist=True)
        self._watch.note(loss, self._is_damaged(batch.observation).any(), self.trainer.global_step + 1)
        return loss

    def _training_loss(self, batch: Batch) -> Float[Tensor, ""]:
        losses, _ = self._step(batch)
        return losses.mean()

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """End what has diverged, and have the last step validated, wherever it falls.

        On a GPU, and on several devices, the losses are read only when they are logged, and before a validation.
        """
        every: int = self.trainer.log_every_n_steps  # type: ignore[attr-defined]  # assigned by a connector
        is_free = self.device.type == "cpu" and self.trainer.world_size == 1
        if is_free or self.trainer.global_step % every == 0:
            self._watch.check(self.trainer)
        # A checkpoint of what training ends with follows from it.
        if self.trainer.global_step >= self.trainer.max_steps > 0:
            self.trainer.should_stop = True

    def on_validation_start(self) -> None:
        """End what has diverged, and say so where nothing was there to learn."""
        self._watch.check(self.trainer)
        if not self.trainer.sanity_checking:
            self._watch.warn_of_no_damage()

    def validation_step(self, batch: Batch, batch_idx: int) -> Measured:  # noqa: ARG002
        """Measure a batch; images and metrics go to the callbacks."""
        return self._measure(batch, "val")

    def test_step(self, batch: Batch, batch_idx: int) -> Measured:  # noqa: ARG002
        """Measure a batch; images and metrics go to the callbacks."""
        return self._measure(batch, "test")

    def _measure(self, batch: Batch, stage: str) -> Measured:
        batch = self.told(batch)
        losses, restored = self._step(batch)
        metrics = {
            "loss": losses,
            "psnr": psnr(restored, batch.image),
            "psnr_hole": psnr(restored, batch.image, batch.observation.hole),
            "ssim": structural_similarity(restored, batch.image),
        }
        damaged = self._is_damaged(batch.observation)
        for name, values in metrics.items():
            # Infinite is the PSNR of an image without damage; a loss that is no number is not passed over.
            counts = damaged if name == "loss" else damaged & values.isfinite()
            metrics[name] = values.where(counts, torch.nan)
            self._mean(stage, name).update(values[counts])
        self._mean(stage, "undamaged").update((~damaged).float())
        return Measured(restored=restored, metrics=metrics)

    def on_validation_epoch_end(self) -> None:
        """Log the means over the images of all devices."""
        self._log_means("val")

    def on_test_epoch_end(self) -> None:
        """Log the means over the images of all devices."""
        self._log_means("test")

    def _log_means(self, stage: str) -> None:
        """Log what was measured.

        Raises:
            DivergenceError: The loss of an image is no number.
        """
        undamaged = float(self._take_mean(stage, "undamaged"))
        if undamaged and not self.trainer.sanity_checking:
            self._warn_of_undamaged(stage, undamaged)
        for name in METRICS:
            value = self._take_mean(stage, name)
            if not value.isnan():
                self.log(f"{stage}/{name}", value, prog_bar="psnr" in name, sync_dist=True)
            elif name == "loss" and undamaged < 1:
                steps = self.trainer.global_step
                raise diverged(self.trainer, f"the {STAGES[stage]} loss after step {steps} is no number")
            elif name == "loss":  # for a checkpoint that waits for it; there is nothing to tell a tracker
                self.log(f"{stage}/{name}", value, logger=False, sync_dist=True)

    def _warn_of_undamaged(self, stage: str, share: float) -> None:
        if stage in self._warned:
            return
        self._warned.add(stage)
        if share == 1:
            warn(f"none of the {STAGES[stage]} images has any damage: nothing is measured")
        else:
            warn(f"{share:.0%} of the {STAGES[stage]} images have no damage: they are left out of all metrics")

    def _mean(self, stage: str, name: str) -> MeanMetric:
        mean = self.means[f"{stage}/{name}"]
        assert isinstance(mean, MeanMetric)
        return mean

    def _take_mean(self, stage: str, name: str) -> Tensor:
        """Over the images of all devices; NaN where there were none."""
        mean = self._mean(stage, name)
        value: Tensor = mean.compute()
        mean.reset()
        return value

    def _is_damaged(self, observation: Observation) -> Bool[Tensor, " n"]:
        """Which images have anything to score."""
        return torch.stack(self.scored(observation)).flatten(2).any(2).any(0)

    def configure_optimizers(self) -> Any:
        """The optimizer with its schedule over the steps that the trainer will take."""
        optimizer = self.optimizer(self.network.named_parameters())
        schedule = self.schedule(optimizer, self.trainer.estimated_stepping_batches)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note what the network and the optimizer are, so that others can be told from them, and who tracks the run.

        Raises:
            DivergenceError: The weights are no numbers; those of an average are not, once one that went in was not.
        """
        require_numbers(self.trainer, [*checkpoint["state_dict"].values(), *self.network.parameters()])
        checkpoint["network"] = describe(self.network)
        checkpoint["optimizers"] = [type(optimizer).__name__ for optimizer in self.trainer.optimizers]
        checkpoint["runs"] = {type(tracker).__name__: tracker.version for tracker in trackers_of(self.trainer)}


class Pretraining(RestorationTask):
    """Masked-autoencoder pretraining: only what was hidden is scored (He et al. 2022, arXiv 2111.06377).

    Hide whole patches of the network's patch size, most of them, with `restore.degradations.RandomPatches`.
    """

    def scored(self, observation: Observation) -> list[Bool[Tensor, "n 1 h w"]]:
        """What was hidden."""
        return [observation.hole]


class Restoration(RestorationTask):
    """Inpainting, denoising, or both at once: holes and noisy pixels are scored apart and count the same.

    With one mean over all pixels holes would hardly count, being a small part of most images. Known pixels are
    composited into the prediction before it is scored, so that nothing is spent on what will not be shown.
    """

    def scored(self, observation: Observation) -> list[Bool[Tensor, "n 1 h w"]]:
        """The holes, and all that is not exactly known beside them."""
        return [observation.hole, (observation.sigma > 0) & observation.sigma.isfinite()]

    def _training_loss(self, batch: Batch) -> Float[Tensor, ""]:
        """Beside the errors of pixels those of the level, where the network tells it.

        Every second image is then restored with the level that the network itself tells, be it right or wrong, and
        clean ones with it; what is exactly known beside a hole stays known.
        """
        if not self.network.tells_noise:
            return super()._training_loss(batch)
        observation = batch.observation
        padded = self.network.size_rule.pad(observation)
        log_sigma = self.network.log_sigma(padded)
        error = level_error(log_sigma, padded.sigma).mean()
        self.log("train/level", error.detach(), sync_dist=True)
        told = self.network.size_rule.crop(spread(log_sigma.detach()), *observation.sigma.shape[-2:])
        hole = observation.hole
        is_noisy = (observation.sigma > 0) & ~hole
        is_own = torch.arange(len(hole), device=hole.device) % 2 == 0
        is_own &= is_noisy.flatten(1).any(1) | ~hole.flatten(1).any(1)
        sigma = torch.where(is_own[:, None, None, None] & ~hole, told, observation.sigma)
        losses, _ = self._step(batch._replace(observation=Observation(observation.degraded, sigma)))
        return losses.mean() + LEVEL_WEIGHT * error
