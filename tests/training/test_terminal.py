import io
import sys

import pytest
from lightning.pytorch.callbacks import ModelCheckpoint

from restore.training import ExportWeights, Speed
from restore.training.cli import TaskCLI
from restore.training.terminal import Terminal

from .conftest import CONFIG, tiny_data, tiny_task


def fit(trainer, *callbacks, **options):
    settings = {"max_steps": 4, "val_check_interval": 2, "check_val_every_n_epoch": None, "enable_progress_bar": True}
    one = trainer(**{**settings, **options}, callbacks=[Terminal(), Speed(), *callbacks])
    one.fit(tiny_task(), tiny_data())
    return one


def test_in_a_log_every_validation_is_a_line(trainer, capsys):
    fit(trainer, enable_checkpointing=False)
    out, err = capsys.readouterr()
    first, second = out.splitlines()
    assert first.startswith("step 2 of 4 · loss 0.")
    assert all(word in first for word in ("val/psnr ", " images/s", "% waiting", " s left"))
    assert second.startswith("step 4 of 4 · ")
    assert "left" not in second
    assert "\r" not in out + err


def test_on_a_terminal_there_is_one_bar_for_all_steps(trainer, monkeypatch, capsys):
    class Tty(io.StringIO):
        def isatty(self):
            return True

    screen = Tty()
    monkeypatch.setattr(sys, "stderr", screen)
    fit(trainer, enable_checkpointing=False, max_steps=5)
    shown = screen.getvalue().split("\r")
    assert any("validating" in one for one in shown)
    assert "5/5" in shown[-1]
    assert all(word in shown[-1] for word in ("loss 0.", "val/psnr ", "images/s", "waiting"))
    assert capsys.readouterr().out == ""


@pytest.mark.filterwarnings("ignore:Checkpoint directory")
def test_a_resumed_run_goes_on_where_it_stood(trainer, tmp_path, capsys):
    checkpoints = ModelCheckpoint(tmp_path, filename="last", enable_version_counter=False)
    fit(trainer, checkpoints, max_steps=2)
    capsys.readouterr()
    one = trainer(max_steps=4, val_check_interval=1, callbacks=[Terminal(), checkpoints], enable_progress_bar=True)
    one.fit(tiny_task(), tiny_data(), ckpt_path=tmp_path / "last.ckpt")
    assert capsys.readouterr().out.splitlines()[0].startswith("step 3 of 4 · ")


def test_at_the_end_it_says_what_was_best_and_how_to_use_it(trainer, tmp_path, capsys):
    best = ModelCheckpoint(tmp_path, monitor="val/psnr", mode="max")
    fit(trainer, best, ExportWeights())
    *_, what, how, further = capsys.readouterr().out.splitlines()
    assert what.startswith("best checkpoint: step ")
    assert further == f"to train on: --ckpt_path {best.best_model_path}, with more steps"
    assert what.endswith(f"(val/psnr {float(best.best_model_score):.4g}); its weights: {tmp_path}/weights.safetensors")
    assert how == f"to use them: restore inpaint IMAGE --mask MASK -o OUT --weights {tmp_path}/weights.safetensors"


@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
@pytest.mark.parametrize(("wanted", "count"), [("null", 1), ("true", 1), ("false", 0)])
def test_it_is_there_unless_no_progress_is_wanted(tmp_path, wanted, count):
    (tmp_path / "config.yaml").write_text(CONFIG)
    cli = TaskCLI([f"--config={tmp_path}/config.yaml", f"--trainer.enable_progress_bar={wanted}"], run=False)
    assert sum(isinstance(callback, Terminal) for callback in cli.trainer.callbacks) == count


@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
def test_a_single_callback_may_stand_without_a_list(tmp_path):
    head, _, _ = CONFIG.partition("  callbacks:")
    (tmp_path / "config.yaml").write_text(f"{head}  callbacks: {{class_path: restore.training.Speed}}\n")
    cli = TaskCLI([f"--config={tmp_path}/config.yaml", "--trainer.enable_progress_bar=true"], run=False)
    assert {"Speed", "Terminal"} <= {type(callback).__name__ for callback in cli.trainer.callbacks}
