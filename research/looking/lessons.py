"""Teaching where to look: drawn images with large holes, in which it is known what the hidden patches show."""

import time
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import ConcatDataset, Dataset

from research.looking.network import Looking, unlikeness
from restore.networks.patches import visible_patches
from restore.synthetic import Leaves, OnDisk, Tilings

SIZE = 256
"""Side of an image in pixels."""

BATCH = 8
"""Images in a step."""

MATCHES = 4
"""Visible patches most like a hidden one that it should attend to, whichever of them."""

LEARNING_RATE = {"autoencoder": 2e-4, "looking": 1e-3}
"""Of the transformer, and of what is added to it."""

WARM_UP = 100
"""Steps until the learning rate is reached."""

HOLE_SIDES = (3, 9)
"""Patches along a side of a hole, the second number excluded."""


def world(count: int, seed: int) -> Dataset[Tensor]:
    """As many dead leaves as tilings, drawn once."""
    return ConcatDataset([OnDisk(Leaves(count, SIZE, seed)), OnDisk(Tilings(count, SIZE, seed))])


def hide(count: int, patch_size: int, generator: torch.Generator) -> Bool[Tensor, "count 1 h w"]:
    """A rectangle of whole patches for each image."""
    hole = torch.zeros(count, 1, SIZE, SIZE, dtype=torch.bool)
    for one in hole[:, 0]:
        sides = patch_size * torch.randint(*HOLE_SIDES, (2,), generator=generator)
        top, left = (
            patch_size * int(torch.randint((SIZE - side) // patch_size + 1, (), generator=generator))
            for side in sides.tolist()
        )
        one[top : top + sides[0], left : left + sides[1]] = True
    return hole


def missed(
    attention: Float[Tensor, "n l l"], images: Float[Tensor, "n 3 h w"], hole: Bool[Tensor, "n 1 h w"], patch_size: int
) -> Float[Tensor, ""]:
    """Minus the logarithm of the attention that hidden patches give to those that they are most like, together.

    The sum before the logarithm is what matters: any of them will do.
    """
    hidden = ~visible_patches(hole, patch_size)
    distances = unlikeness(images, patch_size).masked_fill(hidden[:, None], torch.inf)
    matches = distances.topk(MATCHES, dim=2, largest=False).indices
    return -attention.gather(2, matches).logsumexp(2)[hidden].mean()


def teach(looking: Looking, images: Dataset[Tensor], minutes: float, seed: int, output: Path) -> None:
    """Train for some minutes of one processor's time, and write the weights.

    Args:
        looking: Is trained.
        images: Of `SIZE`.
        minutes: The learning rate falls to zero over the second half of them.
        seed: Of what is drawn at random.
        output: A safetensors file.
    """
    generator = torch.Generator().manual_seed(seed)
    inner = list(looking.autoencoder.parameters())
    outer = [one for name, one in looking.named_parameters() if not name.startswith("autoencoder")]
    optimizer = torch.optim.AdamW([{"params": inner}, {"params": outer}], weight_decay=0.02)
    start, step, losses = time.process_time(), 0, []
    while (done := (time.process_time() - start) / (60 * minutes)) < 1:
        for group, rate in zip(optimizer.param_groups, LEARNING_RATE.values(), strict=True):
            group["lr"] = rate * min(1, (step + 1) / WARM_UP, 2 * (1 - done))
        chosen = torch.randint(len(images), (BATCH,), generator=generator)  # type: ignore[arg-type]
        batch = torch.stack([images[int(index)] for index in chosen])
        batch = torch.rot90(batch, int(torch.randint(4, (), generator=generator)), (2, 3))
        hole = hide(BATCH, looking.patch_size, generator)
        loss = missed(looking(batch, hole), batch, hole, looking.patch_size)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(looking.parameters(), 1.0)
        optimizer.step()
        step += 1
        losses.append(float(loss.detach()))
        if step % 100 == 0:
            print(f"step {step}: loss {sum(losses[-100:]) / 100:.3f}", flush=True)  # noqa: T201
    save_file(looking.state_dict(), output)
