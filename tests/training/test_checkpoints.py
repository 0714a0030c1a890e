import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from restore.images.writes import WriteError
from restore.training.checkpoints import WholeCheckpoints, last_checkpoint

from .conftest import tiny_data, tiny_task

resource = pytest.importorskip("resource")


@pytest.fixture
def small_files():
    """No file can be longer than 100 kB, as on a disk that is nearly full; a test calls this when it is to begin."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path, small_files):
    path = tmp_path / "deeper" / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"step": 1}, path)
    small_files()
    with pytest.raises(WriteError, match=r"last\.ckpt: cannot be written: file too large"):
        WholeCheckpoints().save_checkpoint({"step": 2, "weights": torch.zeros(100_000)}, path)
    assert torch.load(path) == {"step": 1}
    assert list(path.parent.iterdir()) == [path]


def test_the_last_checkpoint_is_that_of_the_most_steps_that_was_written(trainer, tmp_path):
    kept = [ModelCheckpoint(tmp_path, every_n_train_steps=n, filename=f"{n}-{{step}}") for n in (2, 3)]
    built = trainer(max_steps=3, callbacks=kept, limit_val_batches=0)
    assert last_checkpoint(built) is None
    built.fit(tiny_task(), tiny_data())
    assert last_checkpoint(built) == tmp_path / "3-step=3.ckpt"
    (tmp_path / "3-step=3.ckpt").unlink()
    assert last_checkpoint(built) == tmp_path / "2-step=2.ckpt"
