import time
from unittest.mock import Mock

import pytest
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging

from research.recipe import chunk
from research.recipe.chunk import Chunk
from tests.training.conftest import Shapes, tiny_data, tiny_task

STEPS = 5
"""Three batches make an epoch, so this is in the middle of the second."""

PAST = 0.0
"""A deadline at which every chunk is one step long."""


@pytest.fixture
def fit(trainer, tmp_path):
    """Trains as far as a deadline lets it, from the checkpoint of that name if there is one."""

    def run(name, deadline=float("inf"), **options):
        path = tmp_path / name / "last.ckpt"
        part = Chunk(path, deadline)
        settings = {"max_steps": STEPS, "callbacks": [EMAWeightAveraging(decay=0.5), part], **options}
        built = trainer(num_sanity_val_steps=0, **settings)
        path.parent.mkdir(exist_ok=True)
        built.fit(tiny_task(), tiny_data(synthetic=Shapes(8)), ckpt_path=path if path.exists() else None)
        return built.global_step, part

    def weights(name):
        content = torch.load(tmp_path / name / "last.ckpt", weights_only=True)
        return content["state_dict"], content["lr_schedulers"][0]["_last_lr"], content["global_step"]

    run.weights = weights
    return run


def assert_same(one, other):
    (ours, *rest), (theirs, *others) = one, other
    assert rest == others
    for name, value in ours.items():
        assert torch.equal(value, theirs[name]), name


def test_a_run_in_chunks_ends_where_an_uninterrupted_one_does(fit):
    fit("whole")
    for i in range(STEPS):
        step, part = fit("chunks", PAST)
        assert step == i + 1
        assert part.stopped
        assert part.steps == 1
    assert_same(fit.weights("whole"), fit.weights("chunks"))
    step, part = fit("chunks", PAST)  # there is nothing left to do
    assert (step, part.steps, part.stopped) == (STEPS, 0, False)


def test_a_chunk_never_ends_between_gradients_that_are_accumulated(fit):
    options = {"accumulate_grad_batches": 2, "max_steps": 3}
    fit("whole", **options)
    for _ in range(3):
        fit("chunks", PAST, **options)
    assert_same(fit.weights("whole"), fit.weights("chunks"))


def test_a_killed_run_continues_from_its_last_checkpoint(fit, monkeypatch):
    monkeypatch.setattr(chunk, "SAVE_EVERY", 0.0)
    fit("whole")
    save = Chunk._save

    def killed(self, trainer):
        if trainer.global_step == 4:
            raise RuntimeError("killed")
        save(self, trainer)

    monkeypatch.setattr(Chunk, "_save", killed)
    with pytest.raises(RuntimeError, match="killed"):
        fit("killed")
    monkeypatch.setattr(Chunk, "_save", save)
    assert fit.weights("killed")[-1] == 3
    _, part = fit("killed")
    assert part.steps == 2
    assert_same(fit.weights("whole"), fit.weights("killed"))


def test_the_figures_and_the_time_of_earlier_chunks_are_kept(fit):
    _, first = fit("chunks", PAST)
    assert {"val/loss", "val/psnr"} <= set(first.figures)
    _, second = fit("chunks", PAST)
    assert second.seconds > second.elapsed > 0
    assert second.seconds == pytest.approx(first.seconds + second.elapsed, abs=1.0)


def test_the_validation_after_the_last_step_is_over_by_the_deadline(fit, monkeypatch):
    """A validation of 100 seconds is foreseen: with 50 left, training stops at once; with 1000 left, it goes on."""
    monkeypatch.setattr(Chunk, "_validation", lambda self, trainer: 100.0)
    assert fit("soon", time.monotonic() + 50)[0] == 1
    assert fit("later", time.monotonic() + 1000)[0] == STEPS


def test_a_slow_first_step_says_nothing_of_the_validation(tmp_path, monkeypatch):
    """As when it compiles the network: only the steps after it are what a batch of a validation takes."""
    clock = 0.0
    monkeypatch.setattr(chunk.time, "monotonic", lambda: clock)
    part = Chunk(tmp_path / "last.ckpt", deadline=300.0)
    monkeypatch.setattr(part, "_save", lambda trainer: None)
    trainer, task = Mock(spec=Trainer, global_step=0, num_val_batches=[8]), Mock(spec=LightningModule)
    trainer.strategy.broadcast = lambda value: value
    part.on_train_start(trainer, task)
    for seconds in (60.0, 2.0, 1.0, 1.5):
        clock += seconds
        trainer.global_step += 1
        part.on_train_batch_end(trainer, task, None, None, 0)
    assert part._validation(trainer) == 8.0
    assert not part.stopped
