"""A transformer that says which visible patches a hidden one is like."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from restore.fill import push_pull_fill
from restore.networks import MaskedAutoencoder
from restore.networks.patches import visible_patches
from restore.networks.weights import load_network
from restore.observation import Observation

KEY_WIDTH = 64
"""Numbers in a query and in a key."""

TEXTURE = 12.0
"""What a difference of texture counts beside that of a colour."""


class Looking(nn.Module):
    """Queries and keys of a masked autoencoder's decoder tokens, added to minus the distance between patches.

    At first the learned part is zero, so that the nearest visible patches get all: the classical start that has proved
    itself elsewhere in this project.

    Args:
        weights: `default` begins with the transformer of the weights that come with the package, `none` from nothing.
    """

    def __init__(self, weights: str = "default") -> None:
        super().__init__()
        if weights == "default":
            autoencoder = load_network(weights).autoencoder
            assert isinstance(autoencoder, MaskedAutoencoder)
            self.autoencoder = autoencoder.requires_grad_(True)
        else:
            self.autoencoder = MaskedAutoencoder("tiny", head=False)
        self.query = nn.Linear(self.autoencoder.width, KEY_WIDTH)
        self.key = nn.Linear(self.autoencoder.width, KEY_WIDTH)
        nn.init.zeros_(self.query.weight)
        nn.init.zeros_(self.query.bias)
        self.nearness = nn.Parameter(torch.tensor(0.5))

    @property
    def patch_size(self) -> int:
        """Side of a patch in pixels."""
        return self.autoencoder.patch_size

    def forward(self, images: Float[Tensor, "n 3 h w"], hole: Bool[Tensor, "n 1 h w"]) -> Float[Tensor, "n l l"]:
        """The logarithm of how much of its attention each patch (second axis) gives to each visible one (last).

        Args:
            images: RGB in [0, 1]; what they have in the hole is not looked at.
            hole: What is hidden, in whole patches.
        """
        observation = Observation.hide(images, hole)
        base = push_pull_fill(observation.degraded, hole)
        features: Tensor = self.autoencoder.features(base, observation)
        rows, columns = features.shape[-2:]
        tokens = features.flatten(2).transpose(1, 2)
        places = torch.cartesian_prod(torch.arange(float(rows)), torch.arange(float(columns)))
        logits = self.query(tokens) @ self.key(tokens).transpose(1, 2) / KEY_WIDTH**0.5
        logits = logits - functional.softplus(self.nearness) * torch.cdist(places, places)
        hidden = ~visible_patches(hole, self.patch_size)
        attention: Tensor = logits.masked_fill(hidden[:, None], -torch.inf).log_softmax(2)
        return attention


def unlikeness(images: Float[Tensor, "n 3 h w"], patch_size: int) -> Float[Tensor, "n l l"]:
    """How far patches are from each other in what they show: their colours at a quarter of the resolution, and texture.

    Args:
        images: RGB in [0, 1], with nothing hidden.
        patch_size: Side of a patch in pixels, a multiple of 4.
    """
    colours = functional.pixel_unshuffle(functional.avg_pool2d(images, 4), patch_size // 4)
    gray = images.mean(1, keepdim=True)
    across = functional.pad(gray.diff(dim=3).abs(), (0, 1))
    along = functional.pad(gray.diff(dim=2).abs(), (0, 0, 0, 1))
    texture = TEXTURE * functional.avg_pool2d(torch.cat([across, along], 1), patch_size)
    features = torch.cat([colours, texture], 1).flatten(2).transpose(1, 2)
    return torch.cdist(features, features)


def to_nearest(hole: Bool[Tensor, "n 1 h w"], patch_size: int) -> Float[Tensor, "n l l"]:
    """The logarithm of an attention that all goes to the nearest visible patches, or is shared by several as near."""
    rows, columns = hole.shape[-2] // patch_size, hole.shape[-1] // patch_size
    places = torch.cartesian_prod(torch.arange(float(rows)), torch.arange(float(columns)))
    hidden = ~visible_patches(hole, patch_size)
    return (-20 * torch.cdist(places, places)).masked_fill(hidden[:, None], -torch.inf).log_softmax(2)
