import torch
from torch.utils.data import Dataset

from restore.data import InMemory


class Counted(Dataset):
    def __init__(self):
        self.reads = 0

    def __len__(self):
        return 3

    def __getitem__(self, index):
        self.reads += 1
        return torch.full((3, 4, 5), (index + 0.3) / 10)


def test_each_image_is_read_once_and_kept_to_eight_bits():
    images = Counted()
    kept = InMemory(images)
    for _ in range(2):
        for i in range(len(kept)):
            assert (kept[i] - (i + 0.3) / 10).abs().max() <= 0.5 / 255 + 1e-6
    assert images.reads == 3
