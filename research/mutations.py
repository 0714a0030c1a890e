"""Breaks the package in ways that must not go unnoticed, one at a time, in a copy: `python -m research.mutations`.

For each it runs the tests that are to catch it (all of them with `--all`, which takes minutes each), and tells which
one did. The exit status is 1 where a break went unnoticed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Mutation:
    """A break.

    Args:
        name: What is broken.
        path: In which file.
        before: A piece of it that stands there once.
        after: What stands there instead.
        tests: Where it is to be caught.
    """

    name: str
    path: str
    before: str
    after: str
    tests: str


MUTATIONS = (
    Mutation(
        "the head of the network is zero",
        "restore/networks/restoration.py",
        "return base + unit * correction.float()",
        "return base + 0 * unit * correction.float()",
        "tests/test_product.py",
    ),
    Mutation(
        "masks have the wrong polarity",
        "restore/images/masks.py",
        'level if mask_means == "hole" else 1 - level',
        '1 - level if mask_means == "hole" else level',
        "tests/images/test_masks.py",
    ),
    Mutation(
        "the map of sigma is ignored",
        "restore/networks/standardisation.py",
        "sigma = torch.where(hole, MISSING, observation.sigma.clamp_max(1))",
        "sigma = torch.where(hole, MISSING, observation.sigma.clamp_max(1)).mean((1, 2, 3), keepdim=True) + 0 * hole",
        "tests/test_product.py",
    ),
    Mutation(
        "known pixels are not put back",
        "restore/observation.py",
        "return torch.where(known, observation.degraded, prediction.clamp(0, 1))",
        "return torch.where(known, prediction, prediction).clamp(0, 1)",
        "tests/test_product.py",
    ),
    Mutation(
        "a tile has the weight zero",
        "restore/inference/tiling.py",
        "return [ramp / total[span] for ramp, span in zip(ramps, spans, strict=True)]",
        "return [ramp / total[span] * (i > 0) for i, (ramp, span) in enumerate(zip(ramps, spans, strict=True))]",
        "tests/inference/test_tiling.py",
    ),
    Mutation(
        "16 bits are written as 8",
        "restore/images/libvips.py",
        "np.ascontiguousarray(picture.array), interpretation",
        "np.ascontiguousarray(picture.array // 257 * 257), interpretation",
        "tests/images/test_codec.py",
    ),
    Mutation(
        "weights are not averaged in training",
        "configs/base.yaml",
        "    - class_path: lightning.pytorch.callbacks.EMAWeightAveraging\n      init_args: {decay: 0.99}\n",
        "",
        "tests/training/test_cli.py",
    ),
    Mutation(
        "what is exported is not the average",
        "restore/networks/weights.py",
        'parts, steps = content["state_dict"], content["global_step"]',
        'parts, steps = content.get("current_model_state", content["state_dict"]), content["global_step"]',
        "tests/training/test_export.py",
    ),
    Mutation(
        "training images are not augmented",
        "restore/data/module.py",
        "image = self.augmentation(image, generator, self.crop)",
        "image = image[..., : self.crop, : self.crop]",
        "tests/data/test_module.py",
    ),
    Mutation(
        "the images of all processes but the first are dropped from validation",
        "restore/data/sampling.py",
        "return iter(self.share)",
        "return iter(self.share if self.rank == 0 else [self.share[0]] * len(self.share))",
        "tests/training/test_ddp.py",
    ),
)


def main(arguments: list[str] | None = None) -> int:
    """Try all mutations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="run all tests on each")
    parser.add_argument("--only", default="", help="those whose names hold this")
    options = parser.parse_args(arguments)
    missed = 0
    for mutation in MUTATIONS:
        if options.only in mutation.name:
            caught = _caught_by(mutation, "tests" if options.all else mutation.tests)
            missed += caught is None
            sys.stdout.write(f"{mutation.name}: {'NOT CAUGHT' if caught is None else caught}\n")
            sys.stdout.flush()
    return int(missed > 0)


def _caught_by(mutation: Mutation, tests: str) -> str | None:
    """The first test that fails in a copy of the project that is broken so."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for file in filter(None, listed.split("\0")):
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, copy / file)
        text = (copy / mutation.path).read_text()
        assert text.count(mutation.before) == 1, f"{mutation.path}: not once there: {mutation.before}"
        (copy / mutation.path).write_text(text.replace(mutation.before, mutation.after))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow and not gpu", tests]
        environment = {**os.environ, "PYTHONPATH": str(copy)}
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    failed = re.search(r"^FAILED (\S+)", done.stdout, re.MULTILINE)  # not ERROR: that is a test that cannot be run
    return failed[1] if failed else None


if __name__ == "__main__":
    sys.exit(main())
