"""Random generators that depend on what they are for and on nothing else."""

import hashlib

import numpy as np
import torch


def seeded_generator(*key: int | str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator whose draws follow from the key alone, e.g. `("damage", seed, index)`.

    Keys that differ in one place give unrelated draws, which neighbouring integer seeds do not promise.

    Args:
        key: What the draws are for, in words and numbers.
        device: Where the draws are made; the same key draws other numbers on another kind of device.
    """
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest) >> 1)


def numpy_generator(generator: torch.Generator) -> np.random.Generator:
    """A generator of NumPy whose draws follow from the state of one on the CPU, which moves on."""
    return np.random.default_rng(torch.randint(2**32, (4,), generator=generator).tolist())
