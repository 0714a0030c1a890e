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
from restore.networks.weights import describe, load_into
from restore.observation import Observation, composite
from restore.training.losses import L1, Loss
from restore.training.muon import Muon
from restore.training.schedule import WarmupCosine
from restore.training.tracking import fetched, trackers_of


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
                f"{stage}/{name}": MeanMetric(nan_strategy="ignore")
                for stage in ("val", "test")
                for name in ("loss", "psnr", "psnr_hole", "ssim")
            }
        )
        if weights is not None:
            load_into(network, fetched(weights))

    @abstractmethod
    def scored(self, observation: Observation) -> list[Bool[Tensor, "n 1 h w"]]:
        """The regions whose errors are added up, image by image."""

    def _step(self, batch: Batch) -> tuple[Float[Tensor, " n"], Float[Tensor, "n 3 h w"]]:
        """The loss of each image, and what a user would get."""
        observation = batch.observation
        prediction = self.network(observation)
        known = observation.sigma == 0
        shown = torch.where(known, observation.degraded, prediction)
        return self.loss(shown, batch.image, self.scored(observation)), composite(prediction, observation)

    def training_step(self, batch: Batch, batch_idx: int) -> Float[Tensor, ""]:  # noqa: ARG002  Lightning's signature
        """Learn from a batch."""
        losses, _ = self._step(batch)
        self.log("train/loss", losses.mean(), prog_bar=True)
        return losses.mean()

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """Have the last step validated, wherever it falls: a checkpoint of what training ends with follows from it."""
        if self.trainer.global_step >= self.trainer.max_steps > 0:
            self.trainer.should_stop = True

    def validation_step(self, batch: Batch, batch_idx: int) -> Measured:  # noqa: ARG002
        """Measure a batch; images and metrics go to the callbacks."""
        return self._measure(batch, "val")

    def test_step(self, batch: Batch, batch_idx: int) -> Measured:  # noqa: ARG002
        """Measure a batch; images and metrics go to the callbacks."""
        return self._measure(batch, "test")

    def _measure(self, batch: Batch, stage: str) -> Measured:
        losses, restored = self._step(batch)
        metrics = {
            "loss": losses,
            "psnr": psnr(restored, batch.image),
            "psnr_hole": psnr(restored, batch.image, batch.observation.hole),
            "ssim": structural_similarity(restored, batch.image),
        }
        # Infinite is the PSNR of an image without damage.
        metrics = {name: values.where(values.isfinite(), torch.nan) for name, values in metrics.items()}
        for name, values in metrics.items():
            mean = self.means[f"{stage}/{name}"]
            assert isinstance(mean, MeanMetric)
            mean.update(values)
        return Measured(restored=restored, metrics=metrics)

    def on_validation_epoch_end(self) -> None:
        """Log the means over the images of all devices."""
        self._log_means("val")

    def on_test_epoch_end(self) -> None:
        """Log the means over the images of all devices."""
        self._log_means("test")

    def _log_means(self, stage: str) -> None:
        for name, mean in self.means.items():
            if name.startswith(stage):
                assert isinstance(mean, MeanMetric)
                value = mean.compute()
                mean.reset()
                if not value.isnan():  # no image had a hole
                    self.log(name, value, prog_bar="psnr" in name)

    def configure_optimizers(self) -> Any:
        """The optimizer with its schedule over the steps that the trainer will take."""
        optimizer = self.optimizer(self.network.named_parameters())
        schedule = self.schedule(optimizer, self.trainer.estimated_stepping_batches)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note what the network and the optimizer are, so that others can be told from them, and who tracks the run."""
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
