import json

import pytest

from .test_tracking import fit


@pytest.fixture
def two_processes(folder, tmp_path):
    """What each of two processes saw of a training on five images, two of them set aside for validation."""

    def run(*options):
        probe = [
            "--trainer.callbacks+=tests.training.probe.Probe",
            f"--trainer.callbacks.folder={tmp_path}",
        ]
        done = fit(folder, *probe, *options)
        assert done.returncode == 0, done.stderr
        return [json.loads(path.read_text()) for path in sorted(tmp_path.glob("rank-*.json"))]

    return run


def test_two_processes_train_one_network(two_processes, tmp_path, monkeypatch, request):
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
    # `ddp`, not `ddp_find_unused_parameters_true`: a parameter without a gradient is an error.
    first, second = two_processes(
        "--trainer.strategy=ddp",
        "--trainer.devices=2",
        "--data.batch_size=1",
        "--data.val_share=0.2",
        "--trainer.max_steps=4",
        "--trainer.val_check_interval=2",
    )
    assert first["weights"] == second["weights"]
    for ours, theirs in zip(first["epochs"], second["epochs"], strict=True):
        assert len(ours) == len(theirs) == 2
        assert sorted(ours + theirs) == [0, 1, 2, 3]
    assert len(list((tmp_path / "runs" / "wandb").glob("offline-run-*"))) == 1


def test_the_figures_of_two_processes_are_those_of_one(two_processes, tmp_path, monkeypatch, request):
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
    still = [
        "--trainer.max_steps=1",
        "--model.optimizer.learning_rate=0",
        "--data.val_share=0.6",
        *["--trainer.logger=false"],
    ]
    (alone,) = two_processes(*still, "--data.batch_size=2", "--trainer.default_root_dir=one")
    two = two_processes(
        *still, "--data.batch_size=1", "--trainer.strategy=ddp", "--trainer.devices=2", "--trainer.default_root_dir=two"
    )
    for process in two:
        for name in ("val/loss", "val/psnr", "val/psnr_hole", "val/ssim"):
            assert process["figures"][name] == pytest.approx(alone["figures"][name], rel=1e-5)
