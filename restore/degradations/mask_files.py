"""Holes from mask files, as data sets and painting programs provide them."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import torch
from jaxtyping import Bool
from torch import Tensor

from restore.degradations.degradation import Holes, leave_some_visible
from restore.errors import FileError, UserError
from restore.images.folders import find_images
from restore.images.masks import MaskMeans, read_mask


class MaskFiles(Holes):
    """Holes read from the image files of a folder and its subfolders, in random order, turned and flipped.

    A file means what it means to `restore inpaint`: see `restore.images.masks.read_mask`. It is scaled, without
    interpolation, until it just covers the image, and cut to size at a drawn place.

    Args:
        folder: Folder of mask files, in any format that `restore.images.codec.read_picture` reads.
        mask_means: What white stands for: "hole" to be filled, or what to "keep". Data sets are split on it.
        mask_values: For masks of labels, the stored values that count as white: indices of a palette, else gray.

    Raises:
        UserError: If the folder holds no image files, or (when it is drawn) one cannot be read, or holds labels and no
            `mask_values` are given.
    """

    def __init__(
        self, folder: str | Path, mask_means: MaskMeans = "hole", mask_values: Sequence[int] | None = None
    ) -> None:
        if mask_means not in get_args(MaskMeans):
            raise UserError(f'mask_means must be "hole" or "keep", got {mask_means!r}')
        if not Path(folder).is_dir():
            raise FileError(Path(folder), "no such folder of masks")
        self.mask_means: MaskMeans = mask_means
        self.mask_values = mask_values
        self.files = [path for path, _ in find_images([folder])]

    def draw(self, n: int, height: int, width: int, generator: torch.Generator) -> Bool[Tensor, "n 1 h w"]:
        """Draw a file for each image, and how it is turned, flipped and cut."""
        device = generator.device
        files = torch.randint(len(self.files), (n,), generator=generator, device=device).tolist()
        turns = torch.randint(4, (n,), generator=generator, device=device).tolist()
        flips = torch.randint(2, (n,), generator=generator, device=device).tolist()
        places = torch.rand((n, 2), generator=generator, device=device).tolist()
        holes = []
        for file, turn, flip, place in zip(files, turns, flips, places, strict=True):
            mask = read_mask(self.files[file], self.mask_means, self.mask_values)
            hole = torch.rot90(torch.from_numpy(mask.copy()), turn)
            holes.append(_cover(hole.flip(1) if flip else hole, height, width, place))
        return leave_some_visible(torch.stack(holes).unsqueeze(1).to(device))


def _cover(hole: Bool[Tensor, "h w"], height: int, width: int, place: list[float]) -> Bool[Tensor, "height width"]:
    """Take the nearest pixel of a mask scaled so that it just covers the size, cut at a place in [0, 1)."""
    scale = min(hole.shape[0] / height, hole.shape[1] / width)
    rows, columns = (
        (share * (have - scale * want) + scale * (torch.arange(want) + 0.5)).long().clamp_max(have - 1)
        for have, want, share in zip(hole.shape, (height, width), place, strict=True)
    )
    return hole[rows[:, None], columns]
