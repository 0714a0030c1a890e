"""An optimizer for matrices and kernels: momentum made orthogonal."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn, optim

COEFFICIENTS = (
    (4.0848, -6.8946, 2.9270),
    (3.9505, -6.3029, 2.6377),
    (3.7418, -5.5913, 2.3037),
    (2.8769, -3.1427, 1.2046),
    (2.8366, -3.0525, 1.2012),
)
"""Of five steps of Newton-Schulz, each fitted to what the one before it leaves (Cesista, You and Jordan 2025)."""


class Muon(optim.AdamW):
    """AdamW, but groups with `orthogonal=True` step along their momentum with all its singular values set to about one.

    Jordan et al. 2024 (https://kellerjordan.github.io/posts/muon), with steps scaled to the length of AdamW's, so that
    both share one learning rate (Liu et al. 2025, arXiv 2502.16982). A kernel counts as the matrix of its output
    channels by all the rest. The orthogonal steps are computed in float32, as the weights are; PyTorch's and timm's
    Muon compute in bfloat16 alone, which most CPUs emulate, ten times as slowly.

    Args:
        groups: Parameter groups, with `params`, `orthogonal`, and what AdamW takes.
        momentum: Share of the earlier gradients in their running mean, in [0, 1).
        options: For AdamW.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], momentum: float = 0.95, **options: Any) -> None:
        super().__init__(groups, **options)
        self.momentum = momentum

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state.

        Raises:
            ValueError: It is that of another optimizer.
        """
        if not all("orthogonal" in group for group in state_dict["param_groups"]):
            raise ValueError("the checkpoint is of another optimizer than Muon: it can be exported, but not continued")
        super().load_state_dict(state_dict)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move all parameters."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        moved: list[tuple[nn.Parameter, Tensor]] = []
        for group in self.param_groups:
            if group.get("orthogonal"):
                moved += self._step_orthogonally(group)
        for parameter, _ in moved:
            parameter.grad = None  # AdamW leaves alone what has none
        super().step()
        for parameter, gradient in moved:
            parameter.grad = gradient
        return loss

    def _step_orthogonally(self, group: dict[str, Any]) -> list[tuple[nn.Parameter, Tensor]]:
        moved = [(parameter, parameter.grad) for parameter in group["params"] if parameter.grad is not None]
        by_shape: dict[torch.Size, list[tuple[nn.Parameter, Tensor]]] = {}
        for parameter, gradient in moved:
            state = self.state[parameter]
            if not state:
                state |= {"momentum": torch.zeros_like(gradient), "step": torch.tensor(0.0)}  # AdamW expects a step
            running = state["momentum"]
            running.lerp_(gradient, 1 - self.momentum)
            ahead = gradient.lerp(running, self.momentum).flatten(1)  # Nesterov's
            by_shape.setdefault(ahead.shape, []).append((parameter, ahead))
        for shape, alike in by_shape.items():
            length = 0.2 * max(shape) ** 0.5  # of a step, for entries as large as AdamW's
            steps = orthogonal(torch.stack([ahead for _, ahead in alike])) * (group["lr"] * length)
            for (parameter, _), step in zip(alike, steps, strict=True):
                parameter.mul_(1 - group["lr"] * group["weight_decay"]).sub_(step.view_as(parameter))
        return moved


def orthogonal(matrices: Float[Tensor, "k m n"]) -> Float[Tensor, "k m n"]:
    """Replace the singular values of matrices by values between about 0.7 and 1.2.

    Every step multiplies by a polynomial of the Gram matrix. Two steps at a time are gathered in that matrix's size,
    so that the long sides of kernels enter less often; more of them would amplify rounding errors where matrix products
    are less precise than float32 (TF32 on GPUs).
    """
    is_tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if is_tall else matrices
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-7)
    for first, *second in (COEFFICIENTS[:2], COEFFICIENTS[2:4], COEFFICIENTS[4:]):
        gram = x @ x.mT
        product = _polynomial(gram, *first)
        for coefficients in second:
            product = _polynomial(product @ gram @ product, *coefficients) @ product
        x = product @ x
    result: Tensor = x.mT if is_tall else x
    return result


def _polynomial(gram: Float[Tensor, "k m m"], a: float, b: float, c: float) -> Float[Tensor, "k m m"]:
    value = b * gram + c * gram @ gram
    value.diagonal(dim1=-2, dim2=-1).add_(a)
    return value
