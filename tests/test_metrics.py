import math

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from skimage.metrics import structural_similarity as skimage_similarity

from restore.metrics import liveliness, psnr, seam, structural_similarity


def draw_pair(n=3, height=40, width=52, channels=3):
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand((n, channels, 6, 8), generator=generator)
    image = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bilinear")
    noise = torch.tensor([0.02, 0.1, 0.3])[:n, None, None, None]
    return (image + noise * torch.randn(image.shape, generator=generator)).clamp(0, 1), image


def test_psnr_equals_scikit_images_for_each_image():
    restored, image = draw_pair()
    expected = [
        peak_signal_noise_ratio(b.numpy(), a.numpy(), data_range=1) for a, b in zip(restored, image, strict=True)
    ]
    assert psnr(restored, image).tolist() == pytest.approx(expected, abs=1e-3)


def test_psnr_of_a_region_equals_scikit_images_of_its_pixels():
    restored, image = draw_pair()
    region = torch.rand(3, 1, 40, 52, generator=torch.Generator().manual_seed(1)) < 0.3
    expected = [
        peak_signal_noise_ratio(b[:, r[0]].numpy(), a[:, r[0]].numpy(), data_range=1)
        for a, b, r in zip(restored, image, region, strict=True)
    ]
    assert psnr(restored, image, region).tolist() == pytest.approx(expected, abs=1e-3)


def test_the_region_that_is_everything_changes_nothing():
    restored, image = draw_pair()
    everywhere = torch.ones(3, 1, 40, 52, dtype=torch.bool)
    torch.testing.assert_close(psnr(restored, image, everywhere), psnr(restored, image))


def test_what_lies_outside_the_region_does_not_count():
    restored, image = draw_pair()
    region = torch.zeros(3, 1, 40, 52, dtype=torch.bool)
    region[..., :10] = True
    spoiled = restored.where(region, math.nan)
    assert torch.equal(psnr(spoiled, image, region), psnr(restored, image, region))


def test_an_image_without_a_pixel_in_the_region_has_no_psnr():
    restored, image = draw_pair(2)
    region = torch.zeros(2, 1, 40, 52, dtype=torch.bool)
    region[1] = True
    figures = psnr(restored, image, region)
    assert figures[0].isnan()
    assert figures[1].isfinite()


def test_what_is_equal_has_infinite_psnr_and_similarity_one():
    _, image = draw_pair()
    image[0] = 0  # black is where the formula's denominator is smallest
    assert (psnr(image, image) == math.inf).all()
    torch.testing.assert_close(structural_similarity(image, image), torch.ones(3), atol=1e-6, rtol=0)


@pytest.mark.parametrize("channels", [1, 3])
def test_similarity_equals_scikit_images_for_each_image(channels):
    restored, image = draw_pair(channels=channels)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1}
    expected = [
        skimage_similarity(b.numpy(), a.numpy(), channel_axis=0, **options)
        for a, b in zip(restored, image, strict=True)
    ]
    assert structural_similarity(restored, image).tolist() == pytest.approx(expected, abs=1e-4)


def test_similarity_over_a_region_is_that_of_the_windows_centred_there():
    restored, image = draw_pair(1)
    region = torch.rand(1, 1, 40, 52, generator=torch.Generator().manual_seed(1)) < 0.3
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1, "full": True}
    _, similarity = skimage_similarity(restored[0].numpy(), image[0].numpy(), channel_axis=0, **options)
    inner = (slice(None), slice(5, -5), slice(5, -5))
    expected = similarity[inner][:, region[0, 0, 5:-5, 5:-5].numpy()].mean()
    assert structural_similarity(restored, image, region).item() == pytest.approx(expected, abs=1e-4)


def test_a_region_along_the_border_alone_has_no_similarity():
    restored, image = draw_pair(1)
    region = torch.zeros(1, 1, 40, 52, dtype=torch.bool)
    region[..., :5] = True
    assert structural_similarity(restored, image, region).isnan().all()


HOLES = {
    "box": lambda hole: hole[:, :, 20:44, 24:50],
    "at the border": lambda hole: hole[:, :, 30:, 40:],
    "half": lambda hole: hole[..., :32],
    "lines": lambda hole: hole[:, :, ::2],
    "thin": lambda hole: hole[..., 30:31],
    "pixel": lambda hole: hole[..., 9:10, 70:71],
}


@pytest.fixture(params=HOLES)
def hole(request):
    hole = torch.zeros(1, 1, 64, 80, dtype=torch.bool)
    HOLES[request.param](hole)[...] = True
    return hole


def draw_texture(seed=0, softness=3):
    noise = torch.rand(1, 3, 64 + softness - 1, 80 + softness - 1, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.avg_pool2d(noise, softness, stride=1)


def test_the_truth_has_no_seam_at_all(hole):
    image = draw_texture()
    assert seam(image, image, hole).tolist() == [0]


def test_a_larger_shift_of_the_filling_is_a_worse_seam(hole):
    image = draw_texture()
    scores = [seam(torch.where(hole, image + shift, image), image, hole).item() for shift in (0, 0.1, 0.2, 0.4)]
    assert scores == sorted(scores)
    assert scores[1] > 0.05


def test_a_halo_is_a_seam(hole):
    image = draw_texture()
    rim = hole & (torch.nn.functional.max_pool2d((~hole).float(), 3, stride=1, padding=1) > 0)
    faint, strong = (seam(torch.where(rim, image + halo, image), image, hole).item() for halo in (0.1, 0.3))
    assert 0.05 < faint < strong


def test_a_blurred_border_is_a_seam():
    hole = torch.zeros(1, 1, 64, 80, dtype=torch.bool)
    hole[..., 20:44, 24:50] = True
    image = draw_texture(softness=1)
    blurred = torch.nn.functional.avg_pool2d(image, 5, stride=1, padding=2, count_include_pad=False)
    assert seam(torch.where(hole, blurred, image), image, hole).item() > 0.5


def test_twice_and_half_the_steps_score_one():
    image = torch.linspace(0, 6000, 61).expand(1, 3, 40, 61)  # so steep that the added 0.01 does not count
    hole = torch.zeros(1, 1, 40, 61, dtype=torch.bool)
    hole[..., 30:] = True
    for slope in (0.5, 2.0):
        restored = torch.where(hole, image[..., 29:30] + slope * (image - image[..., 29:30]), image)
        assert seam(restored, image, hole).item() == pytest.approx(1, abs=1e-3)


def test_a_shift_is_the_same_seam_on_every_flat_image(hole):
    flat = torch.full((1, 3, 64, 80), 0.5)
    scores = [
        seam(torch.where(hole, flat + level + shift, flat + level), flat + level, hole).item()
        for level in (-0.4, 0.0, 0.3)
        for shift in (-0.05, 0.05)
    ]
    assert scores == pytest.approx([scores[0]] * 6, rel=1e-4)
    assert scores[0] > 0.5


def test_a_seam_is_the_same_in_the_mirror_and_on_its_side(hole):
    # Of such a size the windows of a mirrored image are those of the image.
    hole, image = hole[..., :57, :73], draw_texture()[..., :57, :73]
    restored = torch.where(hole, image + 0.1, image)
    score = seam(restored, image, hole)
    for turn in (lambda x: x.flip(3), lambda x: x.flip(2), lambda x: x.mT.contiguous()):
        torch.testing.assert_close(seam(turn(restored), turn(image), turn(hole)), score)


def test_what_lies_deeper_than_three_pixels_is_no_seam_and_neither_is_the_end_of_the_image():
    hole = torch.zeros(1, 1, 64, 80, dtype=torch.bool)
    hole[..., :32] = True
    image = draw_texture()
    spoiled = image.clone()
    spoiled[..., : 32 - 4] = 1 - image[..., : 32 - 4]
    assert seam(spoiled, image, hole).item() == 0
    spoiled[..., 32 - 4] = math.nan
    assert seam(spoiled, image, hole).item() == 0
    spoiled[..., 32 - 3] += 1
    assert seam(spoiled, image, hole).item() > 0.2


def test_invented_texture_is_less_of_a_seam_than_none():
    hole = torch.zeros(1, 1, 64, 80, dtype=torch.bool)
    hole[..., 16:48, 16:48] = True
    image = draw_texture(softness=1)
    invented, smooth = torch.where(hole, draw_texture(7, 1), image), torch.where(hole, 0.5, image)
    assert 3 * seam(invented, image, hole).item() < seam(smooth, image, hole).item()


def test_without_a_border_there_is_no_score():
    image = draw_texture()
    for hole in (torch.zeros(1, 1, 64, 80, dtype=torch.bool), torch.ones(1, 1, 64, 80, dtype=torch.bool)):
        assert seam(image, image, hole).isnan().all()


def test_figures_are_the_same_in_mixed_precision():
    restored, image = draw_pair()
    region = image[:, :1] > 0.5

    def figures():
        return psnr(restored, image), structural_similarity(restored, image), seam(restored, image, region)

    with torch.autocast("cpu", torch.bfloat16):
        mixed = figures()
    torch.testing.assert_close(mixed, figures())


def test_images_of_a_batch_are_measured_apart():
    restored, image = draw_pair()
    region = image[:, :1] > 0.5
    for measure in (psnr, structural_similarity, seam):
        alone = torch.cat([measure(restored[i : i + 1], image[i : i + 1], region[i : i + 1]) for i in range(3)])
        torch.testing.assert_close(measure(restored, image, region), alone)
    for figure in (psnr, structural_similarity):
        alone = torch.cat([figure(restored[i : i + 1], image[i : i + 1]) for i in range(3)])
        torch.testing.assert_close(figure(restored, image), alone)


def test_liveliness_is_the_ratio_of_the_contrast_in_the_hole():
    image, hole = draw_pair()[1][:1], torch.zeros(1, 1, 40, 52, dtype=torch.bool)
    hole[..., 10:30, 5:40] = True
    for contrast in (0.0, 0.5, 1.0, 2.0):
        restored = torch.where(hole, contrast * image, image)
        assert liveliness(restored, image, hole).item() == pytest.approx(contrast, abs=1e-4)


def test_what_lies_outside_the_hole_is_not_lively_and_flat_holes_have_no_liveliness():
    image, hole = draw_pair()[1][:1], torch.zeros(1, 1, 40, 52, dtype=torch.bool)
    hole[..., 10:30, 5:40] = True
    flat = torch.where(hole, 0.5, image)
    assert liveliness(flat, image, hole).item() == 0
    assert math.isnan(liveliness(image, flat, hole).item())
    assert math.isnan(liveliness(image, image, torch.zeros_like(hole)).item())
