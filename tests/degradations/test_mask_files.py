from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from restore.degradations import MaskFiles
from restore.images.masks import read_mask


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def save(path: Path, white: np.ndarray, dtype: type = np.uint8) -> None:
    Image.fromarray(white.astype(dtype) * np.iinfo(dtype).max).save(path)


def test_white_is_hole_unless_it_means_keep(tmp_path):
    white = np.zeros((32, 32), dtype=bool)
    white[:8] = True
    save(tmp_path / "mask.png", white)
    hole = MaskFiles(str(tmp_path)).draw(4, 32, 32, seeded())
    kept = MaskFiles(str(tmp_path), mask_means="keep").draw(4, 32, 32, seeded())
    assert (hole.float().mean((1, 2, 3)) == 0.25).all()
    assert torch.equal(kept, ~hole)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_flip_and_quarter_turn_occurs(tmp_path, dtype):
    white = np.zeros((12, 12), dtype=bool)
    white[0, :4] = True
    save(tmp_path / "mask.png", white, dtype)
    hole = MaskFiles(str(tmp_path)).draw(128, 12, 12, seeded())
    seen = {h.numpy().tobytes() for h in hole[:, 0]}
    turned = [np.rot90(w, k) for w in (white, white[:, ::-1]) for k in range(4)]
    assert seen == {np.ascontiguousarray(w).tobytes() for w in turned}


@pytest.mark.parametrize("mask_means", ["hole", "keep"])
@pytest.mark.parametrize("kind", ["soft", "painted", "colour"])
def test_a_file_means_what_it_means_when_images_are_inpainted(tmp_path, kind, mask_means):
    level = np.repeat(np.array([[0, 10, 60, 128, 200, 255]], dtype=np.uint8), 6, axis=0)
    values = {
        "soft": level,
        "painted": np.dstack([np.full((6, 6, 3), 255, np.uint8), level]),
        "colour": np.dstack([level, level, level // 2]),
    }
    Image.fromarray(values[kind]).save(tmp_path / "mask.png")
    hole = torch.from_numpy(read_mask(tmp_path / "mask.png", mask_means).copy())
    for drawn in MaskFiles(tmp_path, mask_means).draw(8, 6, 6, seeded())[:, 0]:
        assert drawn.sum() == hole.sum()
        assert any(torch.equal(drawn, torch.rot90(hole, turn)) for turn in range(4))


def test_files_of_subfolders_are_used_and_others_are_not(mask_folder):
    assert [f.name for f in MaskFiles(mask_folder).files] == ["a.png", "b.bmp", "c.PNG"]


def test_masks_larger_than_the_image_shrink_to_cover_it(tmp_path):
    white = np.zeros((64, 128), dtype=bool)
    white[::2] = True
    white[:, 64:] = True
    save(tmp_path / "mask.png", white)
    for hole in MaskFiles(tmp_path).draw(16, 64, 64, seeded())[:, 0]:
        assert 0.5 <= hole.float().mean() < 1


def test_an_all_white_file_leaves_something_visible(tmp_path):
    save(tmp_path / "white.png", np.ones((20, 20), dtype=bool))
    assert not MaskFiles(tmp_path).draw(1, 16, 16, seeded()).all()


def test_a_folder_without_masks_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(ValueError, match=tmp_path.name):
        MaskFiles(tmp_path)
    with pytest.raises(ValueError, match="no-such-folder"):
        MaskFiles(tmp_path / "no-such-folder")


@pytest.mark.parametrize("keep", [0, 40, 0.6])
def test_an_unreadable_file_is_named(tmp_path, keep):
    path = tmp_path / "broken.png"
    save(path, np.random.default_rng(0).random((40, 40)) < 0.5)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
    with pytest.raises(ValueError, match=r"broken\.png"):
        MaskFiles(tmp_path).draw(1, 16, 16, seeded())


def test_an_unknown_polarity_is_refused(mask_folder):
    # With the type checks of the tests on, they refuse it first, by an error of their own.
    with pytest.raises(Exception, match="white"):
        MaskFiles(mask_folder, mask_means="white")


def test_masks_of_labels_are_refused_unless_it_is_said_which_are_hole(tmp_path):
    Image.fromarray(np.eye(16, dtype=np.uint8)).save(tmp_path / "labels.png")
    with pytest.raises(ValueError, match=r"labels\.png: its only values are 0, 1, labels.*--mask-values 1"):
        MaskFiles(tmp_path).draw(1, 16, 16, seeded())
    assert MaskFiles(tmp_path, mask_values=[1]).draw(4, 16, 16, seeded()).sum() == 4 * 16
