"""Training with `torch.compile`."""

import torch
from lightning import Callback, LightningModule, Trainer

from restore.errors import UserError
from restore.networks import MaskedAutoencoder
from restore.networks.convolutional import DetailStream
from restore.networks.noise_head import NoiseHead


class Compile(Callback):
    """Has `torch.compile` translate the network: the first steps take minutes, all others less time than before.

    What is compiled are the blocks of the transformer and the convolutions as a whole; between them the number of
    visible tokens decides, which differs from batch to batch. The names of the weights stay what they are, so
    checkpoints and weights files are those of any other training.

    Args:
        backend: As for `torch.compile`.
    """

    def __init__(self, backend: str = "inductor") -> None:
        self.backend = backend

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's)
        """Have every part compiled when it is first used.

        Raises:
            UserError: Something that the backend needs is missing, such as a C++ compiler.
        """
        try:
            torch.compile(torch.neg, backend=self.backend)(torch.ones(1, device=pl_module.device))
        except Exception as error:  # each backend has its own
            reason = str(error).strip().partition("\n")[0]
            raise UserError(f"torch.compile does not work here (on CPUs it needs g++): {reason}") from error
        for module in pl_module.modules():
            match module:
                case DetailStream() | NoiseHead():
                    module.compile(backend=self.backend)
                case MaskedAutoencoder():
                    for block in (*module.encoder.blocks, *module.decoder_blocks):
                        block.compile(backend=self.backend)
