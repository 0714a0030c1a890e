"""How the learning rate goes through a training."""

import math
from dataclasses import dataclass

from torch import optim


@dataclass(frozen=True)
class WarmupCosine:
    """The learning rate of any optimizer rises linearly, then falls to zero along a cosine by the last step.

    Args:
        warmup_steps: Steps of linear rise.
    """

    warmup_steps: int = 200

    def __call__(self, optimizer: optim.Optimizer, total_steps: int | float) -> optim.lr_scheduler.LambdaLR:
        """The schedule of an optimizer, to be stepped once an optimizer step.

        Args:
            optimizer: Each of its groups has its highest learning rate.
            total_steps: Where the cosine ends; infinite keeps the rate constant after the warm-up.
        """

        def factor(step: int) -> float:
            if step < self.warmup_steps:
                return (step + 1) / self.warmup_steps
            if math.isinf(total_steps):
                return 1.0
            progress = (step - self.warmup_steps) / max(1, total_steps - self.warmup_steps)
            return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

        return optim.lr_scheduler.LambdaLR(optimizer, factor)
