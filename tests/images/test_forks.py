import multiprocessing

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from restore.data.folder import ImageFolder
from restore.errors import UserError


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no forks here")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_a_fork_of_a_process_that_has_read_images_says_so_instead_of_waiting_for_ever(tmp_path, method):
    for i in range(4):
        pixels = np.random.default_rng(i).integers(0, 255, (600, 600, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")
    images = ImageFolder(tmp_path)
    first = images[0]
    loader = DataLoader(images, num_workers=1, multiprocessing_context=method, timeout=60)
    if method == "forkserver":
        assert torch.equal(next(iter(loader))[0], first)
    else:
        with pytest.raises(UserError, match=r'multiprocessing_context="forkserver"'):
            next(iter(loader))
