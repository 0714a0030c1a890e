import pytest
import torch

from restore.metrics import structural_similarity
from restore.training.losses import L1, MSE, RMSE, FFTLoss, PixelLoss, SSIMLoss, WeightedSum

EVERY = {
    "L1": L1(),
    "MSE": MSE(),
    "RMSE": RMSE(),
    "SSIMLoss": SSIMLoss(),
    "FFTLoss": FFTLoss(),
    "WeightedSum": WeightedSum([L1(), SSIMLoss(7)], [0.8, 0.2]),
}


PIXELWISE = [name for name, loss in EVERY.items() if isinstance(loss, PixelLoss)]


@pytest.fixture(params=EVERY)
def loss(request):
    return EVERY[request.param]


def draw_pair(n=2, height=24, width=30):
    generator = torch.Generator().manual_seed(0)
    image = torch.rand((n, 3, height, width), generator=generator)
    return image + 0.1 * torch.randn(image.shape, generator=generator), image


def everywhere(image):
    return torch.ones_like(image[:, :1], dtype=torch.bool)


def corner(image, side=4):
    region = torch.zeros_like(image[:, :1], dtype=torch.bool)
    region[..., :side, :side] = True
    return region


def of(loss, prediction, image):
    """The error of each image."""
    return loss(prediction, image, [everywhere(image)])


@pytest.mark.parametrize("name", PIXELWISE)
def test_there_is_an_error_for_every_value(name):
    prediction, image = draw_pair()
    errors = EVERY[name].errors(prediction, image)
    assert errors.shape == image.shape
    assert (errors > 0).float().mean() > 0.99


def test_what_is_right_has_no_error(loss):
    _, image = draw_pair()
    for right in (image, torch.zeros_like(image), torch.ones_like(image)):
        torch.testing.assert_close(of(loss, right, right), torch.zeros(2), atol=1e-6, rtol=0)


def test_what_is_wrong_has_an_error_and_more_so_the_more_it_is(loss):
    prediction, image = draw_pair()
    errors = [of(loss, torch.lerp(image, prediction, wrong), image).mean() for wrong in (0.25, 0.5, 1)]
    assert 0 < errors[0] < errors[1] < errors[2]


def test_gradients_are_finite_where_the_prediction_is_right_and_point_away_from_errors(loss):
    prediction, image = draw_pair()
    for start in (image, prediction):
        start = start.clone().requires_grad_()
        of(loss, start, image).mean().backward()
        assert start.grad.isfinite().all()
    improved = (start - 0.1 * start.grad / start.grad.abs().max()).detach()
    assert of(loss, improved, image).mean() < of(loss, prediction, image).mean()


def test_images_of_a_batch_have_errors_of_their_own(loss):
    prediction, image = draw_pair()
    alone = torch.cat([of(loss, prediction[i : i + 1], image[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(of(loss, prediction, image), alone)


def test_pixelwise_errors_are_what_their_names_say():
    error = torch.tensor([-0.5, 0.0, 0.002, 1.0]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    zero = torch.zeros_like(error)
    torch.testing.assert_close(L1().errors(error, zero), error.abs())
    torch.testing.assert_close(MSE().errors(error, zero), error**2)


def test_structural_error_complements_the_similarity():
    prediction, image = draw_pair()
    inside = SSIMLoss(11).errors(prediction, image)[..., 5:-5, 5:-5]
    torch.testing.assert_close(1 - inside.mean((1, 2, 3)), structural_similarity(prediction, image))


def test_structural_error_lies_between_zero_and_two():
    _, image = draw_pair()
    error = SSIMLoss().errors(1 - image, image)
    assert error.min() >= -1e-6
    assert error.max() <= 2
    assert error.mean() > 1


def test_a_sum_adds_its_weighted_terms():
    prediction, image = draw_pair()
    regions = [corner(image), ~corner(image)]
    summed = WeightedSum([RMSE(), L1()], [2.0, 0.5])(prediction, image, regions)
    terms = 2 * RMSE()(prediction, image, regions) + 0.5 * L1()(prediction, image, regions)
    torch.testing.assert_close(summed, terms)


def test_every_term_has_a_weight():
    with pytest.raises(ValueError, match="2 losses need as many weights, not 1"):
        WeightedSum([L1(), MSE()], [1.0])


def test_over_a_region_only_that_region_counts(loss):
    prediction, image = draw_pair()
    region = corner(image, 16)
    part = torch.where(corner(image, 4), prediction, image)
    elsewhere = torch.where(corner(image, 22), part, prediction)
    torch.testing.assert_close(loss(part, image, [corner(image, 12)]), loss(elsewhere, image, [corner(image, 12)]))
    assert (loss(prediction, image, [region]) > 0).all()


@pytest.mark.parametrize("name", [name for name in EVERY if name != "FFTLoss"])
def test_regions_count_the_same_whatever_their_size(name):
    loss = EVERY[name]
    image = torch.zeros(2, 3, 24, 30)
    wrong, region = image + 0.1, corner(image, 1)
    both = loss(wrong, image, [region, ~region])
    torch.testing.assert_close(both, 2 * loss(wrong, image, [everywhere(image)]), atol=1e-3, rtol=0.05)


def test_a_region_that_an_image_lacks_adds_nothing(loss):
    prediction, image = draw_pair()
    region = everywhere(image)
    torch.testing.assert_close(loss(prediction, image, [region, ~region]), loss(prediction, image, [region]))
    start = prediction.requires_grad_()
    loss(start, image, [~region]).sum().backward()
    assert start.grad.eq(0).all()


def test_root_mean_square_error_is_what_its_name_says():
    prediction, image = draw_pair()
    means = (prediction - image).square().mean((1, 2, 3))
    torch.testing.assert_close(RMSE(1e-6)(prediction, image, [everywhere(image)]), means.sqrt(), atol=1e-5, rtol=0)


def test_noise_costs_the_same_in_frequencies_as_its_size_in_regions_of_any_size():
    _, image = draw_pair(height=64, width=64)
    noisy = image + 0.1 * torch.randn(image.shape, generator=torch.Generator().manual_seed(1))
    for region in (everywhere(image), corner(image, 32), corner(image, 8)):
        torch.testing.assert_close(FFTLoss()(noisy, image, [region]), RMSE()(noisy, image, [region]), rtol=0.2, atol=0)


def test_a_shade_costs_less_in_frequencies_than_noise_of_its_size():
    _, image = draw_pair()
    signs = torch.randn(image.shape, generator=torch.Generator().manual_seed(1)).sign()
    assert (of(FFTLoss(), image + 0.1, image) < 0.1 * of(FFTLoss(), image + 0.1 * signs, image)).all()
