"""A network adapted to the noise of the one image that it is to restore."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from restore.data.augmentation import Augmentation
from restore.data.crops import Crops, DamagedCrops
from restore.data.module import Batch
from restore.data.recorrupted import Likeness, NoiseTransfer, with_noise
from restore.data.supervision import Supervision
from restore.data.tiles import Tiles
from restore.networks import Network
from restore.observation import Observation
from restore.seeding import seeded_generator
from restore.synthetic import Leaves
from restore.training.losses import RMSE
from restore.training.modules import Restoration
from restore.training.muon import Muon
from restore.training.proof import Proof, prove
from restore.training.schedule import WarmupCosine

STEPS_PER_MEGAPIXEL = 150
"""Steps of training for an image of a million pixels: about a minute on two cores, with the default weights."""

STEPS = (60, 600)
"""The least and the most steps."""

SECONDS_PER_MEGAPIXEL = 90.0
"""After so much time for each million pixels, for at least one and at most four of them, a training ends early."""

SHARE = 0.2
"""Of the image that is set aside, to judge by."""

CROP = 96
"""Side of what is trained on, in pixels."""

BATCH = 4
"""Parts of the image that are looked at in a step."""

RATE = 5e-4
"""Learning rate at its highest."""


class _Alone(Dataset[Tensor]):
    """One image as a data set."""

    def __init__(self, image: Tensor) -> None:
        self.image = image

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Tensor:
        return self.image


@dataclass(frozen=True)
class Adaptation:
    """What came of it.

    Args:
        network: To restore the image with: the adapted one, or the one that there was if that is not worse.
        proof: What the part of the image that was set aside says; `None` where nothing was learned.
    """

    network: Network
    proof: Proof | None

    @property
    def pays(self) -> bool:
        """Whether it is the adapted one."""
        return self.proof is not None and self.proof.pays


class _Task(Restoration):
    """A restoration that is told one level of all noise, where a user has said it."""

    def __init__(self, network: Network, sigma: float | None) -> None:
        super().__init__(network, RMSE())
        self.sigma = sigma

    def noise_level(self, observation: Observation) -> Float[Tensor, "n 1 h w"]:
        """The level that was said, or that which is found."""
        if self.sigma is None:
            return super().noise_level(observation)
        return torch.full_like(observation.sigma, self.sigma)


def adapt(
    network: Network,
    image: Float[Tensor, "3 h w"],
    sigma: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Adaptation:
    """Train a copy of a network on for the noise of one image, from that image alone, for about a minute a megapixel.

    It is learned from drawn images with noise like its own (`restore.data.NoiseTransfer`). A fifth of the image is set
    aside in tiles, and says whether that has paid.

    Args:
        network: Stays as it is.
        image: RGB in [0, 1], all of it seen.
        sigma: The level of the noise as the network is told it, in [0, 1] units; estimated if not given.
        progress: Told the steps that are done and the steps in all, from 0 on.
    """
    like = Likeness.of(image, seeded_generator("noise", "adapt"))
    if like is None or min(image.shape[-2:]) < 2 * CROP:
        return Adaptation(network, None)
    supervision = NoiseTransfer(Leaves(count=20000, size=CROP))
    train, val = Tiles(_Alone(with_noise(image, like))).split(SHARE)
    device = next(network.parameters()).device
    task = _Task(copy.deepcopy(network).requires_grad_(True), sigma)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    megapixels = image[0].numel() / 1e6
    steps = round(min(max(STEPS_PER_MEGAPIXEL * megapixels, STEPS[0]), STEPS[1]))
    deadline = time.monotonic() + SECONDS_PER_MEGAPIXEL * min(max(megapixels, 1.0), 4.0)
    _train(task, Crops(train, CROP + 8), supervision, steps, deadline, device, progress)
    task.eval()
    side = min(int(min(tile.shape[-2:])) for tile in (val[i] for i in range(len(val))))
    crops = DamagedCrops(Crops(val, side // 16 * 16, centred=True), supervision.judge)
    after = {name: value.clone() for name, value in task.network.state_dict().items()}
    proof = prove(task, supervision.judge, crops, before, after)
    return Adaptation(task.network.eval() if proof.pays else network, proof)


@torch.enable_grad()
def _train(
    task: Restoration,
    crops: Crops,
    supervision: Supervision,
    steps: int,
    deadline: float,
    device: torch.device,
    progress: Callable[[int, int], None] | None,
) -> None:
    """So many steps, or until the deadline."""
    optimizer = Muon(task.network.named_parameters(), lr=RATE)
    schedule = WarmupCosine(min(20, steps // 4))(optimizer, steps)
    augmentation = Augmentation().copying()
    task.network.train()
    for step in range(steps):
        if progress is not None:
            progress(step, steps)
        if time.monotonic() > deadline:
            break
        generator = seeded_generator("adapt", step)
        # A key is a part of the image and, as an epoch, the place of the crop in it.
        keys = torch.randint(len(crops) * steps, (BATCH,), generator=generator).tolist()
        images = torch.stack([crops[key].image for key in keys])
        images = augmentation(images.to(device), generator, CROP)
        image, observation = supervision(images, generator)
        batch = task.told(Batch(image, observation, torch.tensor(keys)))
        prediction = task.network(batch.observation)
        loss = task.loss(prediction, batch.image, task.scored(batch.observation)).mean()
        if not loss.isfinite():
            break
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(task.network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    if progress is not None:
        progress(steps, steps)
