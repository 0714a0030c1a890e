import logging

import numpy as np
import pytest
import torch
from jsonargparse import ArgumentParser
from PIL import Image
from torch.utils.data import Dataset

from restore.data.augmentation import Augmentation
from restore.data.folder import ImageFolder
from restore.data.module import Batch, RestorationData
from restore.data.noise_covariance import measure_covariance
from restore.data.recorrupted import NoiseTransfer, Recorrupted
from restore.degradations.composition import Compose
from restore.degradations.noise import GaussianNoise
from restore.degradations.regions import RandomPatches
from restore.errors import UserError


class Generated(Dataset):
    def __init__(self, count, size=16):
        self.count = count
        self.size = size

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return torch.rand(3, self.size, self.size, generator=torch.Generator().manual_seed(index))


def damage():
    return Compose([GaussianNoise(0.0, 50.0), RandomPatches(4, 0.5)])


@pytest.fixture
def folder(tmp_path):
    for number in range(7):
        values = np.random.default_rng(number).integers(0, 256, (20, 24, 3), dtype=np.uint8)
        Image.fromarray(values).save(tmp_path / f"{number}.png")
    return tmp_path


def data(folder=None, **options):
    defaults = {"degradation": damage(), "crop": 16, "batch_size": 2, "num_workers": 0}
    module = RestorationData(folder=None if folder is None else str(folder), **defaults | options)
    module.setup("fit")
    return module


def transferred(module, loader):
    """What a training or validation step would be given."""
    for loaded in loader:
        yield module.on_after_batch_transfer(module.on_before_batch_transfer(loaded, 0), 0)


def training_batches(module, epoch=0):
    loader = module.train_dataloader()
    loader.sampler.set_epoch(epoch)
    return list(transferred(module, loader))


def joined(batches):
    """The parts of some batches as one tensor each."""
    images, observations, indices = zip(*batches, strict=True)
    degraded = torch.cat([observation.degraded for observation in observations])
    sigma = torch.cat([observation.sigma for observation in observations])
    return torch.cat(images), degraded, sigma, torch.cat(indices)


def equal(first, second):
    return all(torch.equal(*pair) for pair in zip(joined(first), joined(second), strict=True))


def test_a_step_gets_clean_images_and_what_is_observed_of_them(folder):
    batch = training_batches(data(folder, augmentation=Augmentation()))[0]
    assert isinstance(batch, Batch)
    assert batch.image.shape == batch.observation.degraded.shape == (2, 3, 16, 16)
    assert batch.observation.sigma.shape == (2, 1, 16, 16)
    assert batch.index.shape == (2,)
    assert not torch.equal(batch.observation.degraded, batch.image)


@pytest.mark.parametrize(("batch_size", "workers"), [(1, 0), (2, 0), (3, 0), (2, 2)])
def test_validation_damage_does_not_depend_on_batch_size_and_workers(folder, batch_size, workers):
    reference, other = (
        data(folder, val_share=0.7, batch_size=size, num_workers=count)
        for size, count in [(5, 0), (batch_size, workers)]
    )
    batches = list(transferred(reference, reference.val_dataloader()))
    assert equal(transferred(other, other.val_dataloader()), batches)
    assert joined(batches)[-1].tolist() == list(range(5))


def test_validation_damage_is_the_same_in_every_epoch_and_follows_the_seed(folder):
    module, reseeded = data(folder), data(folder, seed=1)
    first, second = (list(transferred(module, module.val_dataloader())) for _ in range(2))
    assert equal(first, second)
    assert not equal(first, transferred(reseeded, reseeded.val_dataloader()))


def test_training_draws_follow_from_seed_and_epoch(folder):
    options = {"augmentation": Augmentation()}
    epochs = [training_batches(data(folder, **options), epoch) for epoch in range(2)]
    torch.manual_seed(1)
    assert equal(training_batches(data(folder, **options), 1), epochs[1])
    assert not equal(*epochs)
    assert not equal(training_batches(data(folder, seed=1, **options), 1), epochs[1])


class Gray(Generated):
    def __getitem__(self, index):
        return torch.full((3, self.size, self.size), 0.5)


def test_training_images_are_varied_and_validation_images_are_not():
    module = data(synthetic=Gray(16, size=40), val_share=0.25, augmentation=Augmentation(brightness=0.2))
    varied = torch.cat([batch.image for batch in training_batches(module)]).flatten(1).mean(1)
    assert varied.std() > 0.02
    untouched = torch.cat([batch.image for batch in transferred(module, module.val_dataloader())])
    assert (untouched == 0.5).all()


@pytest.mark.parametrize("supervision", [NoiseTransfer(Gray(8, size=64), varied=1.0), Recorrupted(1.0)])
def test_noise_like_that_of_the_images_comes_through_the_augmentation_as_it_was_measured(tmp_path, supervision):
    for number in range(8):
        noisy = 0.5 + 0.06 * np.random.default_rng(number).standard_normal((128, 128, 3))
        Image.fromarray((255 * noisy).round().astype(np.uint8)).save(tmp_path / f"{number}.png")
    module = data(tmp_path, crop=64, supervision=supervision, augmentation=Augmentation())
    levels = [measure_covariance(image[:3]).sigma for image in module.train_crops.images]
    image, degraded, _, _ = joined(training_batches(module))
    noise = degraded - image
    added = 2 if isinstance(supervision, Recorrupted) else 1  # once to what is shown, once taken from the truth
    assert noise.std().item() == pytest.approx(added * np.mean(levels), rel=0.1)
    assert noise.mean().item() == pytest.approx(0, abs=0.05 * np.mean(levels))


def test_training_damage_differs_between_steps():
    sigmas = [batch.observation.sigma for batch in training_batches(data(synthetic=Generated(8)))]
    assert not any(torch.equal(sigmas[0], sigma) for sigma in sigmas[1:])


def test_training_does_not_depend_on_workers(folder):
    assert equal(*(training_batches(data(folder, num_workers=workers)) for workers in (0, 2)))


def test_workers_that_persist_see_the_next_epoch(folder):
    module = data(folder, num_workers=1)
    loader = module.train_dataloader()
    for epoch in range(2):
        loader.sampler.set_epoch(epoch)
        assert equal(transferred(module, loader), training_batches(data(folder), epoch))


def test_training_and_validation_share_no_image(folder):
    module = data(folder, val_share=0.4)
    train, val = (set(crops.images.names) for crops in (module.train_crops, module.val_crops.crops))
    assert len(train) == 4
    assert len(val) == 3
    assert not train & val


def test_a_validation_folder_leaves_all_images_to_training(folder):
    module = data(folder, val_folder=str(folder), test_folder=str(folder))
    assert len(module.train_crops) == len(module.val_crops) == len(module.test_crops) == 7


def test_without_a_test_folder_the_validation_images_are_tested(folder):
    module = data(folder)
    module.setup("test")
    assert equal(*(transferred(module, loader()) for loader in (module.val_dataloader, module.test_dataloader)))


def test_generated_images_are_split_too():
    module = data(synthetic=Generated(10), val_share=0.2)
    assert len(module.train_crops) == 8
    assert len(module.val_crops) == 2


def test_folder_and_generated_images_mix_and_validation_is_on_the_folder(folder):
    module = data(folder, synthetic=Generated(10))
    assert len(module.train_crops) == 6 + 10
    assert len(module.val_crops) == 1
    assert {index.item() for batch in training_batches(module) for index in batch.index} == set(range(16))


@pytest.mark.parametrize(("batch_size", "sizes"), [(2, [2, 2, 2]), (4, [4, 2]), (6, [6]), (100, [6])])
def test_an_epoch_has_every_image_once_whatever_the_batch_size(folder, batch_size, sizes):
    batches = training_batches(data(folder, batch_size=batch_size))
    assert [len(batch.index) for batch in batches] == sizes
    assert sorted(index for batch in batches for index in batch.index.tolist()) == list(range(6))


def test_validation_may_be_larger_than_training(folder):
    module = data(folder, val_crop=20)
    assert next(transferred(module, module.val_dataloader())).image.shape[-2:] == (20, 20)


def test_validation_may_have_other_damage(folder):
    module = data(folder, val_degradation=GaussianNoise(25.0, 25.0))
    sigma = next(transferred(module, module.val_dataloader())).observation.sigma
    assert torch.allclose(sigma, torch.tensor(25 / 255))


def test_each_validation_image_may_be_damaged_in_several_ways(folder):
    once, twice = data(folder, val_share=0.4), data(folder, val_share=0.4, val_draws=2)
    n = len(once.val_crops)
    crops = [twice.val_crops[i] for i in range(2 * n)]
    assert all(torch.equal(crops[i].image, crops[i + n].image) for i in range(n))
    assert not any(torch.equal(crops[i].degraded, crops[i + n].degraded) for i in range(n))
    assert all(torch.equal(crops[i].degraded, once.val_crops[i].degraded) for i in range(n))


def test_a_limit_leaves_out_images_of_the_folder_and_keeps_its_spread(folder):
    names = ImageFolder(folder).names
    assert ImageFolder(folder).some(3).names == [names[0], names[2], names[4]]
    assert ImageFolder(folder).some(99).names == names
    assert len(data(folder, limit=5, val_folder=str(folder)).train_crops) == 5
    few = data(folder, limit=4, val_share=0.25)
    assert (len(few.train_crops), len(few.val_crops)) == (3, 1)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        data(folder, limit=0)


def test_impossible_counts_are_refused(folder):
    with pytest.raises(ValueError, match="val_draws is at least 1, not 0"):
        data(folder, val_draws=0)
    with pytest.raises(ValueError, match="A limit is one on the images of a folder"):
        data(synthetic=Generated(4), limit=2)


def test_setting_up_again_changes_nothing(folder):
    module = data(folder)
    crops = module.train_crops
    for stage in ("fit", "validate", "test"):
        module.setup(stage)
    assert module.train_crops is crops


def test_workers_tell_the_main_process_of_broken_files(folder, caplog):
    module = data(folder, num_workers=2)
    images = module.train_crops.images
    (folder / images.names[2]).write_bytes(b"not an image")
    with caplog.at_level(logging.WARNING):
        assert len(training_batches(module)) == 3
        assert images.broken == [images.names[2]]
        images[2]
    assert not caplog.records


def test_nothing_to_train_on_is_an_error():
    with pytest.raises(ValueError, match=r"no images to train on.*data\.folder.*data\.synthetic"):
        RestorationData(degradation=damage())


def test_it_is_built_from_plain_configuration(folder):
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(RestorationData, "data")
    noise = {"class_path": "restore.degradations.noise.GaussianNoise", "init_args": {"sigma_min": 0, "sigma_max": 50}}
    config = {
        "folder": str(folder),
        "crop": 16,
        "num_workers": 0,
        "degradation": noise,
        "augmentation": {"class_path": "restore.data.augmentation.Augmentation", "init_args": {"scale": [0.9, 1.1]}},
    }
    module = parser.instantiate(parser.parse_object({"data": config})).data
    module.setup("fit")
    assert module.augmentation.scale == (0.9, 1.1)
    assert len(training_batches(module)) == 1


def test_a_misspelt_option_is_refused(folder):
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(RestorationData, "data")
    with pytest.raises(Exception, match="croop"):
        parser.parse_object({"data": {"croop": 16}})


def test_the_folder_of_test_images_is_judged_before_a_training(tmp_path, folder):
    with pytest.raises(UserError, match="there is no such folder"):
        RestorationData(damage(), folder=str(folder), crop=16, test_folder=str(tmp_path / "gone")).setup("fit")


def test_a_file_that_cannot_be_read_is_counted_once(folder, caplog):
    (folder / "broken.png").write_text("nothing")
    data = RestorationData(damage(), folder=str(folder), val_folder=str(folder), crop=16, num_workers=0)
    data.setup("fit")
    for images in data._images:
        for i in range(len(images)):
            images[i]
    data.teardown("validate")
    data.teardown("fit")
    counts = [line for line in caplog.messages if "could not be read" in line]
    assert counts == [f"{folder}: 1 of {len(data._images[0])} files could not be read"]
