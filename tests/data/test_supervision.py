import pytest
import torch
from torch.nn.functional import conv2d

from restore.data.noise_covariance import REACH, gain, measure_covariance
from restore.data.recorrupted import Likeness, NoiseTransfer, Recorrupted, WithNoise, typical_end, with_noise
from restore.data.supervision import Paired
from restore.errors import UserError
from restore.images.codec import write_picture
from restore.images.picture import Picture

from .test_alignment import scene


class Gray(torch.utils.data.Dataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return torch.full((3, 40, 40), 0.5)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def grained(shape, seed=0):
    """Noise of standard deviation 1 that pixels up to two apart share."""
    kernel = torch.tensor([1.0, 2.0, 1.0])
    kernel = kernel[:, None] * kernel
    kernel = kernel / kernel.square().sum().sqrt()
    white = torch.randn(shape[0] * shape[1], 1, *shape[2:], generator=generator(seed))
    return conv2d(white, kernel[None, None], padding=1).view(shape)


def test_the_level_of_a_pair_is_told_by_nobody_or_misjudged():
    truth = torch.rand(64, 3, 16, 16, generator=generator())
    pairs = torch.cat([truth + 0.1 * torch.randn(truth.shape, generator=generator(1)), truth], 1)
    image, observation = Paired()(pairs, generator())
    assert torch.equal(image, truth)
    assert torch.equal(observation.degraded, pairs[:, :3])
    assert observation.sigma.isnan().all()
    told = Paired(misjudged=2.0)(pairs, generator()).observation.sigma[:, 0, 0, 0]
    assert 0.045 < told.min() < 0.06
    assert 0.17 < told.max() < 0.22
    exact = Paired(misjudged=1.0)(pairs, generator()).observation.sigma
    assert torch.allclose(exact, torch.tensor(0.1), atol=0.01)
    with pytest.raises(UserError, match=r"at least 1, not 0\.5"):
        Paired(misjudged=0.5)


def test_shots_share_their_noise_out():
    truth = torch.rand(2, 3, 64, 64, generator=generator())
    shots = torch.cat([truth + 0.1 * torch.randn(truth.shape, generator=generator(seed)) for seed in (1, 2)], 1)
    shared = Paired(are_shots=True)
    assert torch.allclose(shared.target_noise(shared(shots, generator())), torch.tensor(0.01), rtol=0.05)
    assert Paired().target_noise(shared(shots, generator())).tolist() == [0, 0]


@pytest.mark.parametrize("sigma", [5.0, 20.0])
def test_white_noise_is_found_white_and_of_its_level(sigma):
    image = scene(size=256) * 0.5 + 0.2
    image[:, 64:192, 64:192] = 0.4
    covariance = measure_covariance(image + sigma / 255 * torch.randn(image.shape, generator=generator()))
    assert covariance.ends == 1
    assert covariance.sigma * 255 == pytest.approx(sigma, rel=0.1)


def test_noise_that_neighbours_share_is_found_and_drawn_alike():
    image = torch.full((1, 3, 192, 256), 0.5) + 0.04 * grained((1, 3, 192, 256))
    covariance = measure_covariance(image[0])
    assert typical_end([covariance]) in (2, 3)
    assert covariance.sigma == pytest.approx(0.04, rel=0.1)
    assert covariance.correlation[REACH, REACH + 1] == pytest.approx(2 / 3, abs=0.12)
    drawn = covariance.draw(generator(3))
    assert drawn.std() == pytest.approx(covariance.sigma, rel=0.05)
    right = (drawn[..., 1:] * drawn[..., :-1]).mean() / drawn.square().mean()
    assert right == pytest.approx(float(covariance.correlation[REACH, REACH + 1]), abs=0.03)


def test_channels_that_share_noise_do_so_where_it_is_drawn():
    shared = torch.randn(1, 128, 128, generator=generator())
    own = torch.randn(3, 128, 128, generator=generator(1))
    noise = 0.05 * torch.stack([shared[0].roll(1, 1), shared[0], own[2]])
    drawn = measure_covariance(0.5 + noise).draw(generator(2))
    power = drawn.square().mean()
    assert (drawn[0, :, 1:] * drawn[1, :, :-1]).mean() / power > 0.8  # red lies a pixel to the right of green
    assert (drawn[0, :, :-1] * drawn[1, :, 1:]).mean().abs() / power < 0.1
    assert (drawn[0] * drawn[2]).mean().abs() / power < 0.1


def test_noise_that_grows_with_brightness_is_drawn_so():
    ramp = torch.linspace(0.1, 0.9, 320).expand(3, 192, 320)
    noisy = ramp + (0.01 * ramp).sqrt() * torch.randn(3, 192, 320, generator=generator())
    covariance = measure_covariance(noisy)
    planes = (torch.full((1, 1, 192, 320), value) for value in (covariance.constant, covariance.slope))
    level = gain(ramp[None], *planes)[0, 0]
    assert (level[:, 280] / level[:, 40]).mean() == pytest.approx((280 / 40 * 0.9 + 0.1) ** 0.5, rel=0.3)


def test_what_is_recorrupted_shares_no_noise_with_its_truth():
    clean = torch.full((1, 3, 256, 256), 0.5)
    noisy = clean + 0.04 * grained(clean.shape)
    example = Recorrupted()(with_noise(noisy[0], Likeness.of(noisy[0], generator(1)))[None], generator())
    shown, truth = example.observation.degraded - clean, example.image - clean
    assert shown.std() == pytest.approx(0.04 * 1.25**0.5, rel=0.1)
    assert truth.std() == pytest.approx(0.04 * 5**0.5, rel=0.1)
    assert (shown * truth).mean().abs() < 0.1 * shown.std() * truth.std()
    assert Recorrupted().target_noise(example).item() == pytest.approx(truth.square().mean().item(), rel=0.15)


def test_clean_images_get_noise_like_that_of_noisy_ones():
    noisy = 0.3 + 0.04 * grained((1, 3, 256, 256))
    images = with_noise(noisy[0], Likeness.of(noisy[0], generator(1)))[None, :, :64, :64].repeat(16, 1, 1, 1)
    clean = Gray()
    image, observation = NoiseTransfer(clean, varied=1.0)(images, generator())
    noise = observation.degraded - image
    assert (image == 0.5).all()
    assert observation.sigma.isnan().all()
    assert noise.std() == pytest.approx(0.04, rel=0.1)
    assert (noise[..., 1:] * noise[..., :-1]).mean() / noise.square().mean() == pytest.approx(0.6, abs=0.1)
    assert isinstance(NoiseTransfer(clean).judge, Recorrupted)


def test_an_image_without_flat_parts_has_no_covariance():
    assert measure_covariance(torch.rand(3, 8, 8)) is None
    assert measure_covariance(torch.ones(3, 64, 64)) is None
    assert with_noise(torch.ones(3, 64, 64), None)[3:].eq(0).all()


def test_texture_is_no_stronger_noise_than_the_folder_has(tmp_path):
    for i in range(4):
        image = torch.full((3, 128, 128), 0.4 + 0.05 * i)
        if i == 3:  # as grass or gravel, all over
            image += 0.15 * torch.randn(image.shape, generator=generator(9))
        noisy = (image + 0.04 * torch.randn(image.shape, generator=generator(i))).clamp(0, 1)
        write_picture(Picture((noisy * 255).round().byte().permute(1, 2, 0).numpy()), tmp_path / f"{i}.png")
    folder = WithNoise(tmp_path)
    assert folder.most == pytest.approx(0.04, rel=0.1)
    for images in (folder, folder.only(["3.png"])):
        assert images.read("3.png")[3:6].std() == pytest.approx(0.04, rel=0.1)
