"""How the weights are moved: Muon, a warm-up, a cosine to zero."""

import math

from torch import nn, optim

from restore.training.muon import Muon

PLACES = ("token", "pos_embed", "freqs")
"""In the names of parameters that have several axes and yet are no matrices: tables of tokens and positions."""


class WarmupCosine:
    """Muon whose learning rate rises linearly and then falls to zero along a cosine by the last step.

    Matrices and kernels take Muon's orthogonal steps; biases, norms, tokens and positions those of AdamW.

    Args:
        learning_rate: The highest learning rate.
        warmup_steps: Steps of linear rise.
        weight_decay: Applied to matrices and kernels. They have no norm behind them: with much less than 0.1 they grow
            by thousands of orthogonal steps, until a step changes next to nothing.
        encoder_scale: Factor of the learning rate for the transformer's encoder; below 1 protects what pretraining
            taught it.
    """

    def __init__(
        self,
        learning_rate: float = 4e-3,
        warmup_steps: int = 200,
        weight_decay: float = 0.3,
        encoder_scale: float = 1.0,
    ) -> None:
        self.learning_rate = learning_rate
        self.warmup_steps = warmup_steps
        self.weight_decay = weight_decay
        self.encoder_scale = encoder_scale

    def configure(
        self, network: nn.Module, total_steps: int | float
    ) -> tuple[optim.Optimizer, optim.lr_scheduler.LRScheduler]:
        """The optimizer and its schedule, to be stepped once an optimizer step.

        Args:
            network: Its parameters are grouped by whether they belong to the encoder and whether they are matrices.
            total_steps: Where the cosine ends; infinite keeps the rate constant after the warm-up.
        """
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        for name, parameter in network.named_parameters():
            key = ("encoder" in name.split("."), parameter.ndim > 1 and not any(part in name for part in PLACES))
            groups.setdefault(key, []).append(parameter)
        optimizer = Muon(
            [
                {
                    "params": parameters,
                    "lr": self.learning_rate * (self.encoder_scale if is_encoder else 1),
                    "weight_decay": self.weight_decay if is_matrix else 0.0,
                    "orthogonal": is_matrix,
                }
                for (is_encoder, is_matrix), parameters in groups.items()
            ],
        )

        def factor(step: int) -> float:
            if step < self.warmup_steps:
                return (step + 1) / self.warmup_steps
            if math.isinf(total_steps):
                return 1.0
            progress = (step - self.warmup_steps) / max(1, total_steps - self.warmup_steps)
            return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

        return optimizer, optim.lr_scheduler.LambdaLR(optimizer, factor)
