"""Tensors of PyTorch among what users give, told without PyTorch, which does not have to be installed."""

import sys
from typing import Any


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor: nobody has one who has not imported PyTorch."""
    kind = getattr(sys.modules.get("torch"), "Tensor", None)
    return kind is not None and isinstance(value, kind)
