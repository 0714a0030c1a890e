from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.noise_profile import NoiseProfile

PROFILE = NoiseProfile(
    slope=(0.004, 0.002, 0.006),
    offset=(0.0005, 0.0005, 0.001),
    across=(0.6, 0.25, 0.05),
    down=(0.4, 0.1, 0.0),
    between=0.5,
    images=3,
    jpeg_quality=85,
)


@pytest.fixture
def profile() -> NoiseProfile:
    """Of noise that depends on brightness and that neighbours and channels share."""
    return PROFILE


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
    folder.with_name("profile.json").write_bytes(PROFILE.encode())
    return folder
