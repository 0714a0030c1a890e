import pytest
import torch

from restore.data.module import Batch
from restore.degradations import GaussianNoise, RandomPatches
from restore.networks import MaskedAutoencoder
from restore.networks.weights import describe, save_weights
from restore.observation import Observation
from restore.training import Pretraining, Restoration

from .conftest import Shapes, tiny_data, tiny_network, tiny_task


def batch_of(sigma):
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(len(sigma), 3, 32, 32, generator=generator)
    degraded = torch.where(sigma > 0, torch.rand(image.shape, generator=generator), image)
    return Batch(image, Observation(degraded, sigma), torch.arange(len(sigma)))


def halves(left, right):
    sigma = torch.full((2, 1, 32, 32), left)
    sigma[..., 16:] = right
    return sigma


def test_known_pixels_cost_nothing():
    losses, restored = tiny_task()._step(batch_of(halves(0.0, 0.0)))
    assert losses.eq(0).all()
    assert torch.equal(restored, batch_of(halves(0.0, 0.0)).image)


def test_holes_and_noise_both_count():
    task = tiny_task()
    hole, noise, both = (task._step(batch_of(halves(*s)))[0] for s in [(torch.inf, 0.0), (0.0, 0.1), (torch.inf, 0.1)])
    assert (hole > 0).all()
    assert (noise > 0).all()
    assert (both > torch.maximum(hole, noise)).all()


def test_pretraining_scores_only_what_was_hidden():
    network = MaskedAutoencoder(encoder="nano", patch_size=8, decoder_width=32, decoder_depth=1, decoder_heads=2)
    task = Pretraining(network)
    batch = batch_of(halves(torch.inf, 0.1))
    losses, _ = task._step(batch)
    visible = torch.where(batch.observation.hole, batch.image, torch.rand_like(batch.image))
    elsewhere, _ = task._step(batch._replace(image=visible))
    assert torch.allclose(losses, elsewhere)


def test_training_removes_noise(trainer):
    task = tiny_task(lr=1e-2)
    data = tiny_data(degradation=GaussianNoise(40.0, 50.0), synthetic=Shapes(16))
    untrained = trainer().validate(task, data, verbose=False)[0]
    trainer(max_steps=60, limit_val_batches=0, enable_checkpointing=False).fit(task, data)
    trained = trainer().validate(task, data, verbose=False)[0]
    assert trained["val/psnr"] > untrained["val/psnr"] + 3


def test_pretraining_runs_and_its_weights_start_a_restoration(trainer, tmp_path):
    network = MaskedAutoencoder(encoder="nano", decoder_width=32, decoder_depth=1, decoder_heads=2)
    task = Pretraining(network)
    trainer(max_steps=2).fit(task, tiny_data(degradation=RandomPatches(16, 0.5)))
    save_weights(network.state_dict(), describe(network), tmp_path / "w.safetensors")
    restoration = Restoration(tiny_network(), weights=str(tmp_path / "w.safetensors"))
    ours, theirs = restoration.network.autoencoder.state_dict(), network.state_dict()
    assert ours.keys() <= theirs.keys()
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_without_holes_no_hole_figure_is_reported(trainer):
    figures = trainer().validate(tiny_task(), tiny_data(degradation=GaussianNoise(20.0, 30.0)), verbose=False)[0]
    assert set(figures) == {"val/loss", "val/psnr", "val/ssim"}


def test_figures_do_not_depend_on_the_batch_size(trainer):
    task = tiny_task()
    one, three = (
        trainer().validate(task, tiny_data(synthetic=Shapes(20), batch_size=n), verbose=False)[0] for n in (1, 3)
    )
    assert one == pytest.approx(three, rel=1e-5)


def test_every_second_image_is_restored_with_the_level_that_the_network_tells(monkeypatch):
    task = tiny_task(tiny_network(noise_widths=[4, 4, 4]))
    monkeypatch.setattr(task, "log", lambda *_, **__: None)
    seen = []
    forward = task.network.predict
    monkeypatch.setattr(task.network, "predict", lambda o, mean: seen.append(o.sigma) or forward(o, mean))
    batch = batch_of(torch.cat([halves(0.1, 0.1), halves(0.0, 0.0), halves(torch.inf, 0.0), halves(torch.inf, 0.1)]))
    task._training_loss(batch).backward()
    assert task.network.noise_head.level.weight.grad.any()
    own, told = torch.tensor(8 / 255), batch.observation.sigma
    expected = told.clone()
    expected[0], expected[2], expected[6, :, :, 16:] = own, own, own
    torch.testing.assert_close(seen[0], expected)
