"""From folders and generators of images to batches of damaged ones."""

import logging
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from jaxtyping import Float, Int
from lightning import LightningDataModule
from torch import Tensor
from torch.utils.data import ConcatDataset, DataLoader, Dataset

from restore.data.augmentation import Augmentation
from restore.data.crops import Crop, Crops, DamagedCrop, DamagedCrops
from restore.data.folder import ImageFolder
from restore.data.loader import Loader, ResumableLoader
from restore.data.sampling import TrainingSampler, ValidationSampler
from restore.data.selection import Noise, divide, fingerprint, name_of
from restore.data.supervision import Damaged, Paired, Supervision
from restore.degradations.degradation import Degradation
from restore.errors import UserError, check_at_least
from restore.observation import Observation
from restore.seeding import seeded_generator

logger = logging.getLogger(__name__)


class Batch(NamedTuple):
    """What is observed of some images, and what is to be made of it.

    Args:
        image: The clean truth, RGB in [0, 1], or another noisy image of the same scene.
        observation: The same images, damaged. Its sigma is NaN where nobody knows how strong the noise is.
        index: Which image of its data set each one is; in validation and test, which place of its `DamagedCrops`.
    """

    image: Float[Tensor, "n 3 h w"]
    observation: Observation
    index: Int[Tensor, " n"]  # type: ignore[assignment]  # hides `tuple.index`, which a batch has no use for


class _TrainingCrops(NamedTuple):
    """A batch of crops on its way to the device, where `draw` seeds what is done to them."""

    image: Float[Tensor, "n c h w"]
    key: Int[Tensor, " n"]
    draw: str


class RestorationData(LightningDataModule):
    """Images from a folder, from a generator or from both, varied and damaged in batches on the device.

    What is drawn for a training batch follows from the seed, the epoch and which images are in it: a resumed run sees
    it again, and processes, which never share images, see different draws. Validation and test damage follows from
    the seed and the image alone, whatever the batch size, the workers and the device.

    The images may also hold noise as it came, with clean images of the same scenes (`pairs`), several times (`shots`)
    or alone (`supervision`). Then nothing of them is interpolated, nor varied in light.

    Args:
        degradation: The damage to learn to undo, where the images are clean.
        folder: Folder of images, searched with all folders in it.
        limit: The most images of the folder to use, evenly spread over it; all of them without.
        synthetic: Generated images; beside a folder, an epoch has all images of both, and validation is on the
            folder's.
        val_folder: Folder of validation images. Without it a share of the training images is set aside.
        val_share: Share of the images set aside for validation, in (0, 1); chosen by file name.
        val_draws: How often each validation image is damaged, in other ways every time: few images then tell more.
        test_folder: Folder of test images. Without it the validation images are tested.
        crop: Side of the training images, in pixels.
        val_crop: Side of the validation and test images, in pixels, cut from the middle; `crop` without.
        batch_size: Images per step on each device.
        num_workers: Processes that read images, for each device; 0 reads in the main process.
        augmentation: How training images vary; not at all without.
        val_degradation: The damage in validation and test; that of training without.
        pairs: Folder of clean images that are called like the noisy ones in `folder`.
        shots: What tells noisy images of one scene in `folder` apart, as `_*` where they are called `hall_1.png`.
        supervision: What is shown and what it is compared with; without, one image of a pair and the other, or
            damaged images and these images.
        seed: Seed of the order, the crops, the variations and the damage.

    Raises:
        UserError: If there is nothing to train on, or too few images to set some aside for validation.
    """

    def __init__(
        self,
        degradation: Degradation,
        folder: str | None = None,
        limit: int | None = None,
        synthetic: Dataset | None = None,
        val_folder: str | None = None,
        val_share: float = 0.1,
        val_draws: int = 1,
        test_folder: str | None = None,
        crop: int = 128,
        val_crop: int | None = None,
        batch_size: int = 8,
        num_workers: int = 2,
        augmentation: Augmentation | None = None,
        val_degradation: Degradation | None = None,
        pairs: str | None = None,
        shots: str | None = None,
        supervision: Supervision | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if folder is None and synthetic is None:
            raise UserError("There are no images to train on: give a folder (data.folder) or data.synthetic.")
        if limit is not None and folder is None:
            raise UserError("A limit is one on the images of a folder: give one (data.folder).")
        if (pairs or shots) and (folder is None or synthetic is not None):
            raise UserError("pairs and shots are those of a folder (data.folder) alone")
        sides = {"crop": crop, "val_crop": crop if val_crop is None else val_crop}
        check_at_least(1, val_draws=val_draws, batch_size=batch_size, **sides)
        check_at_least(0, num_workers=num_workers)
        self.degradation = degradation
        self.folder = folder
        self.limit = limit
        self.synthetic = synthetic
        self.val_folder = val_folder
        self.val_share = val_share
        self.val_draws = val_draws
        self.test_folder = test_folder
        self.crop = crop
        self.val_crop = crop if val_crop is None else val_crop
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.val_degradation = degradation if val_degradation is None else val_degradation
        self.noise = Noise(pairs, shots, supervision is not None and supervision.has_likeness)
        self.supervision = supervision or (
            Paired(are_shots=shots is not None) if self.noise.is_paired else Damaged(degradation)
        )
        self.augmentation = augmentation
        if augmentation is not None and self.supervision.is_exact:
            self.augmentation = augmentation.copying()
        self.seed = seed
        self._told: dict[Path, int] = {}
        """How many files of a folder a user was told that cannot be read."""

    @cached_property
    def train_crops(self) -> Crops:
        """What is trained on."""
        size = self.crop if self.augmentation is None else self.augmentation.source_size(self.crop)
        return Crops(self._images[0], size, self.seed)

    @cached_property
    def val_crops(self) -> DamagedCrops:
        """What is validated on."""
        return self._damaged(self._images[1], self.val_draws)

    @cached_property
    def test_crops(self) -> DamagedCrops:
        """What is tested on."""
        return self.val_crops if self.test_folder is None else self._damaged(self.noise.images(self.test_folder))

    def setup(self, stage: str) -> None:
        """Find the images and read one of each set of the stage, so that errors come before the work starts.

        The folder of test images is looked at before a training as well, which may take days.
        """
        if stage == "fit":
            self.train_crops[0]
        if stage != "test":
            self.val_crops[0]
        if stage == "test" or (stage == "fit" and self.test_folder is not None):
            self.test_crops[0]

    def teardown(self, stage: str) -> None:  # noqa: ARG002 (Lightning's signature)
        """Say how many files of each folder were left out, whatever they were for."""
        folders: dict[Path, list[ImageFolder]] = {}
        for images in self._folders():
            folders.setdefault(images.folder, []).append(images)
        for folder, parts in folders.items():
            broken = {name for part in parts for name in part.broken}
            if len(broken) > self._told.get(folder, 0):
                self._told[folder] = len(broken)
                files = {name for part in parts for name in part.names}
                logger.warning("%s: %d of %d files could not be read", folder, len(broken), len(files))

    def val_name(self, index: int) -> str:
        """What to call the validation image in a place of `val_crops`: by its file, or by its number."""
        draw, image = divmod(index, len(self.val_crops.crops))
        name = name_of(self.val_crops.crops.images, image)
        return f"{name}, damage {draw + 1}" if self.val_crops.draws > 1 else name

    def fingerprint(self) -> dict[str, dict[str, Any]]:
        """What tells the images to train and to validate on from others: their number, sizes and a hash."""
        return {stage: fingerprint(images) for stage, images in zip(("train", "val"), self._images, strict=True)}

    def train_dataloader(self) -> DataLoader[Any]:
        """Crops of the training images, in an order of their own each epoch."""
        sampler = TrainingSampler(self.train_crops, *self._processes, self.seed)
        return ResumableLoader(sampler, self.batch_size, self._batches_done, self.num_workers)

    def val_dataloader(self) -> DataLoader[Any]:
        """The validation images with their damage."""
        sampler = ValidationSampler(self.val_crops, *self._processes)
        return Loader(self.val_crops, self.batch_size, sampler, self.num_workers)

    def test_dataloader(self) -> DataLoader[Any]:
        """The test images with their damage."""
        sampler = ValidationSampler(self.test_crops, *self._processes)
        return Loader(self.test_crops, self.batch_size, sampler, self.num_workers)

    def on_before_batch_transfer(
        self,
        batch: Crop | DamagedCrop,
        dataloader_idx: int,  # noqa: ARG002 (Lightning's signature)
    ) -> _TrainingCrops | DamagedCrop:
        """Settle what seeds a training batch while its keys are still on the CPU, where reading them is free."""
        return batch if isinstance(batch, DamagedCrop) else _TrainingCrops(*batch, draw=repr(batch.key.tolist()))

    def on_after_batch_transfer(
        self,
        batch: _TrainingCrops | DamagedCrop,
        dataloader_idx: int,  # noqa: ARG002 (Lightning's signature)
    ) -> Batch:
        """Vary and damage a training batch on its device; validation images bring their damage along."""
        if isinstance(batch, DamagedCrop):
            return Batch(batch.image, Observation(batch.degraded, batch.sigma), batch.key)
        image = batch.image
        generator = seeded_generator("batch", self.seed, batch.draw, device=image.device)
        if self.augmentation is not None:
            image = self.augmentation(image, generator, self.crop)
        return Batch(*self.supervision(image, generator), batch.key % len(self.train_crops))

    @cached_property
    def _images(self) -> tuple[Dataset[Tensor], Dataset[Tensor]]:
        """The images to train on and to validate on."""
        return divide(
            self.folder,
            self.limit,
            self.synthetic,
            self.val_folder,
            self.val_share,
            self.noise,
            self.supervision.is_exact,
        )

    def _folders(self) -> list[ImageFolder]:
        """All folders that were read from so far."""
        train, val = self._images
        used = [*(train.datasets if isinstance(train, ConcatDataset) else [train]), val]
        if "test_crops" in vars(self):
            used.append(self.test_crops.crops.images)
        return [images for images in used if isinstance(images, ImageFolder)]

    def _damaged(self, images: Dataset[Tensor], draws: int = 1) -> DamagedCrops:
        is_damaged = isinstance(self.supervision, Damaged)
        supervision = Damaged(self.val_degradation) if is_damaged else self.supervision.judge
        return DamagedCrops(Crops(images, self.val_crop, centred=True), supervision, self.seed, draws)

    @property
    def _processes(self) -> tuple[int, int]:
        """The number of processes of the run, and which of them this is."""
        return (1, 0) if self.trainer is None else (self.trainer.world_size, self.trainer.global_rank)

    def _batches_done(self) -> int:
        return 0 if self.trainer is None else self.trainer.fit_loop.epoch_loop.batch_progress.current.ready
