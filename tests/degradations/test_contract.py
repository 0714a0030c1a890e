"""The laws that hold for every kind of damage."""

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import restore.degradations as module
from restore.degradations import (
    AlternateLines,
    Banding,
    Blobs,
    Boxes,
    BrushStrokes,
    CameraNoise,
    Choice,
    Compose,
    DeadLines,
    Degradation,
    FilmGrain,
    GaussianNoise,
    HalfImage,
    Holes,
    JpegCompression,
    MaskFiles,
    NoiseRamp,
    OutpaintingFrame,
    OverDetail,
    PoissonGaussianNoise,
    ProfileNoise,
    RandomPatches,
    SaltAndPepper,
    ScanNoise,
    Scratches,
    SignalNoise,
    Speckle,
    Writing,
)
from restore.observation import Observation

SIZES = [(8, 8), (33, 47), (64, 40), (9, 61)]

EVERY: dict[type[Degradation], Callable[[Path], Degradation]] = {
    AlternateLines: lambda _: AlternateLines(),
    Banding: lambda _: Banding(2.0, 20.0),
    Blobs: lambda _: Blobs(),
    Boxes: lambda _: Boxes(),
    BrushStrokes: lambda _: BrushStrokes(),
    CameraNoise: lambda _: CameraNoise(),
    Choice: lambda _: Choice([GaussianNoise(5.0, 50.0), Boxes(), GaussianNoise(0.0, 0.0)], [2.0, 2.0, 1.0]),
    Compose: lambda _: Compose(
        [Scratches(), GaussianNoise(5.0, 50.0), JpegCompression(20.0, 90.0), SaltAndPepper(0.0, 0.2)]
    ),
    DeadLines: lambda _: DeadLines(),
    FilmGrain: lambda _: FilmGrain(5.0, 30.0),
    GaussianNoise: lambda _: GaussianNoise(5.0, 50.0),
    HalfImage: lambda _: HalfImage(),
    JpegCompression: lambda _: JpegCompression(5.0, 95.0, 0.5, 0.5),
    MaskFiles: lambda folder: MaskFiles(str(folder)),
    NoiseRamp: lambda _: NoiseRamp(5.0, 50.0),
    OutpaintingFrame: lambda _: OutpaintingFrame(0.15, 0.4),
    OverDetail: lambda _: OverDetail(Blobs()),
    PoissonGaussianNoise: lambda _: PoissonGaussianNoise(5.0, 50.0, 1.0, 10.0),
    ProfileNoise: lambda folder: ProfileNoise(folder.with_name("profile.json")),
    RandomPatches: lambda _: RandomPatches(4),
    SaltAndPepper: lambda _: SaltAndPepper(0.05, 0.3),
    ScanNoise: lambda _: ScanNoise(5.0, 30.0),
    Scratches: lambda _: Scratches(),
    SignalNoise: lambda _: SignalNoise(1.0, 20.0, 1.0, 20.0, gray_share=0.3),
    Speckle: lambda _: Speckle(5.0, 50.0),
    Writing: lambda _: Writing(),
}


@pytest.fixture(params=EVERY, ids=lambda kind: kind.__name__)
def degradation(request: pytest.FixtureRequest, mask_folder: Path) -> Degradation:
    return EVERY[request.param](mask_folder)


@pytest.fixture(params=[kind for kind in EVERY if issubclass(kind, Holes)], ids=lambda kind: kind.__name__)
def holes(request: pytest.FixtureRequest, mask_folder: Path) -> Holes:
    return EVERY[request.param](mask_folder)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw_image(n: int, height: int, width: int, seed: int = 0) -> Tensor:
    return torch.rand((n, 3, height, width), generator=seeded(seed))


def same(a: Observation, b: Observation) -> bool:
    return torch.equal(a.degraded, b.degraded) and torch.equal(a.sigma, b.sigma)


def of_image(parameters: Any, index: int) -> Any:
    """The parameters of one image of the batch, wherever they are tensors."""
    if isinstance(parameters, Tensor):
        return parameters[index : index + 1]
    if isinstance(parameters, list):
        return [of_image(p, index) for p in parameters]
    return type(parameters)(*(of_image(p, index) for p in parameters))


def test_every_public_degradation_is_under_contract():
    public = [getattr(module, name) for name in module.__all__]
    assert set(EVERY) == {kind for kind in public if not inspect.isabstract(kind)}


@pytest.mark.parametrize("size", SIZES)
def test_size_is_kept(degradation, size):
    observation = degradation(draw_image(3, *size), seeded(1))
    assert observation.degraded.shape == (3, 3, *size)
    assert observation.sigma.shape == (3, 1, *size)
    assert observation.degraded.dtype == torch.float32


def test_same_generator_same_damage(degradation):
    image = draw_image(3, 33, 47)
    assert same(degradation(image, seeded(1)), degradation(image, seeded(1)))


def test_another_seed_another_damage(degradation):
    image = draw_image(3, 33, 47)
    assert any(not same(degradation(image, seeded(1)), degradation(image, seeded(seed))) for seed in (2, 3))


def test_images_of_a_batch_differ(degradation):
    image = draw_image(1, 33, 47).expand(8, -1, -1, -1)
    observation = degradation(image, seeded(1))
    assert any(not same(observation[:1], observation[k : k + 1]) for k in range(1, 8))


def test_global_random_state_is_untouched(degradation):
    before = torch.get_rng_state()
    degradation(draw_image(3, 33, 47), seeded(1))
    assert torch.equal(torch.get_rng_state(), before)


def test_degrade_draws_nothing(degradation):
    observation = Observation.of(draw_image(3, 33, 47))
    parameters = degradation.draw(3, 33, 47, seeded(1))
    assert same(degradation.degrade(observation, parameters), degradation.degrade(observation, parameters))


def test_clean_image_is_not_written_to(degradation):
    image = draw_image(3, 33, 47)
    degradation(image, seeded(1))
    assert torch.equal(image, draw_image(3, 33, 47))


@pytest.mark.parametrize("size", SIZES)
def test_sigma_is_at_least_zero_and_degraded_is_finite(degradation, size):
    observation = degradation(draw_image(3, *size), seeded(1))
    assert (observation.sigma >= 0).all()
    assert observation.degraded.isfinite().all()


def test_same_parameters_same_hole(degradation):
    if isinstance(degradation, OverDetail):
        pytest.skip("which of its holes it is depends on the image")
    parameters = degradation.draw(3, 33, 47, seeded(1))
    first, second = (degradation.degrade(Observation.of(draw_image(3, 33, 47, seed)), parameters) for seed in (0, 7))
    assert torch.equal(first.hole, second.hole)


def test_holes_stay_holes_and_keep_their_secret(degradation):
    image, hole = draw_image(3, 33, 47), torch.rand((3, 1, 33, 47), generator=seeded(5)) < 0.3
    sigma = torch.zeros(3, 1, 33, 47).masked_fill(hole, torch.inf)
    parameters = degradation.draw(3, 33, 47, seeded(1))
    results = [
        degradation.degrade(Observation(torch.where(hole, secret, image), sigma), parameters)
        for secret in (torch.zeros(()), draw_image(3, 33, 47, 9), torch.tensor(math.nan), torch.tensor(math.inf))
    ]
    assert results[0].hole[hole].all()
    # The identity, as the only one, hands on what lies in a hole as well.
    compared = ~results[0].hole if isinstance(degradation, Choice) else torch.ones_like(hole)
    for result in results[1:]:
        assert torch.equal(result.sigma, results[0].sigma)
        assert torch.equal(result.degraded.where(compared, 0), results[0].degraded.where(compared, 0))


def test_every_image_is_damaged_by_its_own_parameters(degradation):
    if isinstance(degradation, Choice):
        pytest.skip("its parameters do not belong to single images")
    observation = Observation.of(draw_image(4, 33, 47))
    parameters = degradation.draw(4, 33, 47, seeded(1))
    together = degradation.degrade(observation, parameters)
    alone = Observation.cat(degradation.degrade(observation[k : k + 1], of_image(parameters, k)) for k in range(4))
    torch.testing.assert_close(together.degraded, alone.degraded)
    torch.testing.assert_close(together.sigma, alone.sigma)


def test_visible_pixels_are_untouched(holes):
    image = draw_image(3, 33, 47)
    noisy = GaussianNoise(25.0, 25.0)(image, seeded(3))
    observation = holes.degrade(noisy, holes.draw(3, 33, 47, seeded(1)))
    visible = ~observation.hole
    assert torch.equal(observation.degraded.where(visible, 0), noisy.degraded.where(visible, 0))
    assert torch.equal(observation.sigma[visible], noisy.sigma[visible])


def test_hole_is_zero_of_infinite_sigma(holes):
    hole = holes.draw(3, 33, 47, seeded(1))
    observation = holes.degrade(Observation.of(1 + draw_image(3, 33, 47)), hole)
    assert hole.any()
    assert torch.equal(observation.sigma == torch.inf, hole)
    assert torch.equal(observation.degraded == 0, hole.expand(-1, 3, -1, -1))


@pytest.mark.parametrize("size", [*SIZES, (128, 8)])
def test_no_hole_covers_the_whole_image(holes, size):
    hole = holes.draw(64, *size, seeded(1))
    assert hole.shape == (64, 1, *size)
    assert not hole.flatten(1).all(1).any()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_damage_is_drawn_on_either_device_for_an_observation_on_the_gpu(degradation, device):
    parameters = degradation.draw(6, 33, 47, torch.Generator(device).manual_seed(1))
    observation = degradation.degrade(Observation.of(draw_image(6, 33, 47).cuda()), parameters)
    assert observation.degraded.is_cuda
    assert observation.sigma.is_cuda
    assert observation.degraded.isfinite().all()
