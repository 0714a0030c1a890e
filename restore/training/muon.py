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


LEARNING_RATE = 4e-3
"""For a network that has learned nothing yet."""

NO_MATRICES = ("token", "pos_embed", "freqs")
"""In the names of parameters that have several axes and yet are no matrices: tables of tokens and positions."""


class Muon(optim.AdamW):
    """Matrices and kernels step along their momentum with all its singular values set to about one; the rest is AdamW.

    Jordan et al. 2024 (https://kellerjordan.github.io/posts/muon), with steps scaled to the length of AdamW's, so that
    both share one learning rate (Liu et al. 2025, arXiv 2502.16982). A kernel counts as the matrix of its output
    channels by all the rest. The orthogonal steps are computed in float32, as the weights are; PyTorch's and timm's
    Muon compute in bfloat16 alone, which most CPUs emulate, ten times as slowly. Biases, norms, tokens and positions
    take the steps of AdamW.

    Args:
        named_parameters: Of a network; their names tell what is a matrix and what belongs to the encoder.
        lr: The learning rate.
        momentum: Share of the earlier gradients in their running mean, in [0, 1).
        weight_decay: Of matrices and kernels. They have no norm behind them: with much less than 0.1 they grow by
            thousands of orthogonal steps, until a step changes next to nothing.
        encoder_scale: Factor of the learning rate for the transformer's encoder; below 1 protects what pretraining
            taught it.
    """

    def __init__(
        self,
        named_parameters: Iterable[tuple[str, nn.Parameter]],
        lr: float = LEARNING_RATE,
        momentum: float = 0.95,
        weight_decay: float = 0.3,
        encoder_scale: float = 1.0,
    ) -> None:
        groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
        for name, parameter in named_parameters:
            is_matrix = parameter.ndim > 1 and not any(part in name for part in NO_MATRICES)
            groups.setdefault(("encoder" in name.split("."), is_matrix), []).append(parameter)
        super().__init__(
            {
                "params": parameters,
                "lr": lr * (encoder_scale if is_encoder else 1),
                "weight_decay": weight_decay if is_matrix else 0.0,
                "orthogonal": is_matrix,
            }
            for (is_encoder, is_matrix), parameters in groups.items()
        )
        self.momentum = momentum

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move all parameters."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        moved: list[tuple[nn.Parameter, Tensor]] = []
        for group in self.param_groups:
            if group["orthogonal"]:
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
