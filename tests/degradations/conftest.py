from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def mask_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three mask files of different sizes, formats and modes, one of them in a subfolder, beside a text file."""
    folder = tmp_path_factory.mktemp("masks")
    (folder / "more").mkdir()
    rng = np.random.default_rng(0)
    for name, size, mode in (("a.png", (40, 60), "L"), ("b.bmp", (64, 64), "1"), ("more/c.PNG", (90, 31), "RGB")):
        blocks = np.kron(rng.random((10, 10)) < 0.3, np.ones((9, 9)))[: size[0], : size[1]]
        Image.fromarray((blocks * 255).astype(np.uint8)).convert(mode).save(folder / name)
    (folder / "readme.txt").write_text("white is hole")
    return folder
