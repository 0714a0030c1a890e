import logging
import random

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset

from restore.data.crops import Crops
from restore.data.cutting import cut
from restore.data.folder import ImageFolder, validation_count
from restore.data.sampling import TrainingSampler, ValidationSampler
from restore.errors import UserError
from restore.images.codec import write_picture
from restore.images.picture import Picture


class InMemory(Dataset):
    def __init__(self, *images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index]


def pixels(*shape, seed=0, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def write_folder(folder, count=6, size=(20, 24)):
    for number in range(count):
        path = folder / f"{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(*size, 3, seed=number)).save(path)
    return folder


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_pixels_are_those_of_the_file(tmp_path, suffix):
    rgb = pixels(5, 7, 3)
    Image.fromarray(rgb).save(tmp_path / f"image.{suffix}")
    assert np.array_equal((ImageFolder(tmp_path)[0] * 255).round().permute(1, 2, 0).numpy(), rgb)


@pytest.mark.parametrize("suffix", ["jpg", "webp", "gif"])
def test_lossy_formats_are_read(tmp_path, suffix):
    Image.new("RGB", (7, 5), (200, 100, 50)).save(tmp_path / f"image.{suffix}")
    expected = torch.tensor([200, 100, 50])[:, None, None].expand(3, 5, 7) / 255
    assert torch.allclose(ImageFolder(tmp_path)[0], expected, atol=0.02)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "CMYK"])
def test_every_kind_of_pixel_becomes_rgb(tmp_path, mode):
    suffix = "tif" if mode == "CMYK" else "png"
    Image.fromarray(pixels(6, 8, 3)).convert(mode).save(tmp_path / f"image.{suffix}")
    image = ImageFolder(tmp_path)[0]
    assert image.shape == (3, 6, 8)
    assert image.dtype == torch.float32
    assert image.min() >= 0
    assert 0.5 < image.max() <= 1


def test_sixteen_bits_keep_their_precision(tmp_path):
    values = pixels(6, 8, 3, dtype=np.uint16)
    write_picture(Picture(values), tmp_path / "image.png")
    assert np.array_equal((ImageFolder(tmp_path)[0].double() * 65535).round().permute(1, 2, 0).numpy(), values)


def test_a_broken_file_is_replaced_named_once_and_counted(tmp_path, caplog):
    images = ImageFolder(write_folder(tmp_path))
    (tmp_path / images.names[1]).write_bytes(b"not an image")
    with caplog.at_level(logging.WARNING):
        visited = [list(images) for _ in range(2)]
    assert len(visited[0]) == len(images) == 6
    assert torch.equal(visited[0][1], visited[0][2])
    assert [images.names[1] in record.getMessage() for record in caplog.records] == [True]
    assert images.broken == [images.names[1]]


def test_a_truncated_file_is_broken(tmp_path):
    images = ImageFolder(write_folder(tmp_path))
    path = tmp_path / images.names[3]
    path.write_bytes(path.read_bytes()[:-200])
    assert torch.equal(images[3], images[4])


def test_a_folder_of_broken_files_is_an_error(tmp_path):
    (tmp_path / "a.png").write_text("text")
    with pytest.raises(ValueError, match="none of its 1 images can be read"):
        ImageFolder(tmp_path)[0]


def test_an_empty_folder_is_an_error_that_names_it_and_what_was_looked_for(tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(ValueError, match=rf"{tmp_path}.*\.jpg.*\.png"):
        ImageFolder(tmp_path)


def test_a_missing_folder_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ValueError, match=rf"{tmp_path / 'nothing'}"):
        ImageFolder(tmp_path / "nothing")


@pytest.mark.parametrize("count", [2, 3, 10])
def test_split_parts_the_images_in_two_that_are_not_empty(tmp_path, count):
    images = ImageFolder(write_folder(tmp_path, count))
    train, val = images.split(0.1)
    assert len(train) > 0
    assert len(val) > 0
    assert sorted(train.names + val.names) == sorted(images.names)


def test_split_depends_on_names_alone(tmp_path):
    names = [f"{number}.png" for number in range(40)]
    shuffled = random.Random(0).sample(names, len(names))
    first, second = (ImageFolder(folder, order) for folder, order in [(tmp_path, names), ("elsewhere", shuffled)])
    assert [part.names for part in first.split(0.2)] == [part.names for part in second.split(0.2)]
    assert len(first.split(0.2)[1]) == 8


def test_a_new_image_moves_at_most_one_other_across_the_split():
    names = [f"{number}.png" for number in range(40)]
    val = set(ImageFolder("x", names).split(0.2)[1].names)
    for number in range(40, 60):
        more = set(ImageFolder("x", [*names, f"{number}.png"]).split(0.2)[1].names)
        assert len((val ^ more) & set(names)) <= 1


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_that_leaves_nothing_is_an_error(share):
    with pytest.raises(ValueError, match=str(share)):
        validation_count(10, share)


def test_one_image_cannot_be_split():
    with pytest.raises(ValueError, match="val_folder"):
        validation_count(1, 0.5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 40), (40, 40), (16, 16), (17, 15)])
@pytest.mark.parametrize("centred", [False, True])
def test_any_image_gives_a_crop_of_the_size_asked_for(shape, centred):
    image = torch.rand(3, *shape)
    crop = Crops(InMemory(image), 16, centred=centred)[0].image
    assert crop.shape == (3, 16, 16)
    assert torch.isin(crop, image).all()


def test_beyond_its_borders_an_image_is_its_reflection():
    image = torch.rand(3, 4, 5)
    padded = np.pad(image.numpy(), [(0, 0), (9, 4), (9, 3)], mode="reflect")
    assert np.array_equal(cut(image, -9, -9, 17).numpy(), padded)


def test_a_centred_crop_is_the_middle():
    image = torch.rand(3, 20, 30)
    assert torch.equal(Crops(InMemory(image), 10, centred=True)[0].image, image[:, 5:15, 10:20])


def test_crops_reach_every_place_of_an_image():
    image = torch.arange(3.0)[None, None].expand(3, 1, 3)
    lefts = {Crops(InMemory(image), 1)[key].image[0, 0, 0].item() for key in range(50)}
    assert lefts == {0, 1, 2}


def test_crops_differ_between_epochs_and_repeat_with_the_key():
    crops = Crops(InMemory(torch.rand(3, 64, 64)), 8)
    assert not torch.equal(crops[0].image, crops[1].image)
    assert torch.equal(crops[1].image, crops[1].image)


def test_the_sampler_asks_for_each_image_once_per_epoch_in_a_new_order():
    sampler = TrainingSampler(range(20), 1, 0, seed=0)
    epochs = []
    for epoch in range(2):
        sampler.set_epoch(epoch)
        epochs.append([key - 20 * epoch for key in sampler])
    assert [sorted(epoch) for epoch in epochs] == [list(range(20))] * 2
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize(("n", "processes"), [(8, 2), (7, 2), (3, 3)])
def test_no_image_is_trained_on_twice_in_an_epoch(n, processes):
    samplers = [TrainingSampler(range(n), processes, rank, seed=0) for rank in range(processes)]
    shares = [list(sampler) for sampler in samplers]
    assert len({len(share) for share in shares}) == 1
    visited = [key for share in shares for key in share]
    assert len(set(visited)) == len(visited) == n - n % processes


@pytest.mark.parametrize(("n", "processes"), [(8, 2), (7, 2), (5, 3), (1, 1)])
def test_every_image_is_validated_on_exactly_once(n, processes):
    samplers = [ValidationSampler(range(n), processes, rank) for rank in range(processes)]
    assert sorted(index for sampler in samplers for index in sampler) == list(range(n))
    assert [len(sampler) for sampler in samplers] == [len(list(sampler)) for sampler in samplers]


@pytest.mark.parametrize(
    "sampler", [lambda rank: TrainingSampler(range(2), 3, rank, 0), lambda r: ValidationSampler(range(2), 3, r)]
)
def test_no_process_goes_without_an_image(sampler):
    shares = [list(sampler(rank)) for rank in range(3)]
    assert all(shares)
    assert set().union(*shares) == {0, 1}


def test_a_fingerprint_tells_folders_apart(tmp_path):
    for i, size in enumerate([(4, 9), (8, 8), (3, 3)]):
        Image.new("RGB", size, (i, 0, 0)).save(tmp_path / f"{i}.png")
    (tmp_path / "broken.jpg").write_text("nothing")
    first = ImageFolder(tmp_path).fingerprint()
    assert (first["images"], first["sizes"]) == (4, ["3 x 3", "8 x 8"])
    assert first["bytes"] == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert ImageFolder(tmp_path).fingerprint() == first
    (tmp_path / "2.png").rename(tmp_path / "3.png")
    renamed = ImageFolder(tmp_path).fingerprint()
    assert renamed["hash"] != first["hash"]
    assert renamed["bytes"] == first["bytes"]


def test_an_empty_name_is_not_the_current_folder():
    with pytest.raises(UserError, match="an empty name"):
        ImageFolder("")
