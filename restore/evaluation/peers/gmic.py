"""A peer that fills holes with G'MIC's executable, as painters and photographers have it."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from PIL import Image

from restore.evaluation.peers.peer import Fill

EXECUTABLE = "gmic"

COMMANDS = ("srand", "0", "image.png", "mask.png", "inpaint_matchpatch[0]", "[1]", "keep[0]", "round", "cut", "0,255")
"""Fill where the second image is not 0, with the settings of its documentation and always the same random numbers."""


class Gmic(Fill):
    """Copies of patches that are alike, from coarse to fine, blended: the command `inpaint_matchpatch` of G'MIC.

    After PatchMatch (Barnes et al. 2009, DOI 10.1145/1531326.1531330). Pixels go through PNG files of 8 bits in a
    folder of their own, which is deleted. Tried with version 2.9.4.
    """

    name = "gmic"

    def unavailable(self) -> str | None:
        """Why it cannot be used here and what to install, in one line; None if it can be used."""
        if shutil.which(EXECUTABLE):
            return None
        return f"{self.name} needs the executable {EXECUTABLE}, which is not installed here: apt install gmic"

    def fill(self, degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
        """Copy patches.

        Raises:
            RuntimeError: G'MIC failed; what it said last is told.
        """
        with TemporaryDirectory(prefix="restore_gmic_") as name:
            folder = Path(name)
            pixels = (degraded * 255).round().clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "image.png")
            Image.fromarray(hole.astype(np.uint8) * 255).save(folder / "mask.png")
            command = [EXECUTABLE, "-v", "-1", *COMMANDS, "-output", "filled.png"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
            if done.returncode or not (folder / "filled.png").is_file():
                said = (done.stderr or done.stdout).strip().splitlines()
                raise RuntimeError(f"{EXECUTABLE} failed: {said[-1] if said else f'exit status {done.returncode}'}")
            with Image.open(folder / "filled.png") as filled:
                return np.asarray(filled.convert("RGB"), np.float32) / 255
