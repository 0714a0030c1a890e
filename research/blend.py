"""Weights between two others, of which the second was trained on from the first: `python -m research.blend`.

What fine-tuning gains comes with a part of the way, and so does what it loses, in another proportion (Wortsman et al.
2022, "Robust fine-tuning of zero-shot models", arXiv 2109.01903).

python -m research.blend before.safetensors after.safetensors --share 0.65 -o blend.safetensors
"""

import logging
import sys
from pathlib import Path

import torch

from restore.commands.options import CommandParser, run_command, within
from restore.networks import RestorationNetwork
from restore.networks.weights import describe, load_into, load_network, save_weights


def blend(before: str, after: str, *, output: str, share: float = 0.5, half: bool = False) -> int:
    """Go a part of the way from one network to another that was trained on from it.

    Args:
        before: Weights of a restoration network, `default` or a safetensors file.
        after: Weights that were trained on from these, perhaps of a deeper network or one with a noise head. What is
            only in these is taken from them as it is; blocks that were added fade in.
        output: The safetensors file to write; replaced if it exists.
        share: How far to go, from 0 to 1.
        half: Store 16-bit floats, at half the size.

    Returns:
        Exit status: 0 when the file is there, 2 when the weights do not fit.
    """
    within("share", share, 1)
    network = load_network(after)
    start = RestorationNetwork(**network.arguments)  # whose added blocks are the identity
    logging.getLogger("restore.networks.weights").setLevel(logging.ERROR)
    load_into(start, before)
    first, last, known = start.state_dict(), network.state_dict(), load_network(before).state_dict()
    fades = {name for name in last if name in known or name.endswith("second.weight")}
    mixed = {name: torch.lerp(first[name], last[name], share) if name in fades else last[name] for name in last}
    mixed |= {name: last[name] for name in last if name.startswith("noise_head.")}
    save_weights(mixed, describe(network), Path(output), half)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(blend, vars(CommandParser(blend).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
