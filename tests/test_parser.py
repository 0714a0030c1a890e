import pytest

from restore.cli import main


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("denoise a -o b --tile abc", "restore denoise: --tile is a whole number, not 'abc'. Side in pixels"),
        ("denoise a -o b --strength x", "restore denoise: --strength is a number, not 'x'. From 0, which"),
        (
            "inpaint a -o b --mask c --mask-means d",
            'restore inpaint: --mask-means is "hole" or "keep", not \'d\'. What',
        ),
        ("finetune a -o b --task c", 'restore finetune: --task is "both", "holes" or "noise", not \'c\'. What'),
        (
            "draw leaf -o b",
            'restore draw: world is "leaves", "objects", "graphics" or "tilings", not \'leaf\'. "leaves" are',
        ),
        ("fit --trainer.max_steps x", "restore fit: --trainer.max_steps is a whole number, not 'x'. Stop training"),
        ("fit --model.optimizer.lr x", "restore fit: --model.optimizer.lr is a number, not 'x' (see restore fit"),
        ("fit --config CONFIG", "restore fit: Subcommand 'fit' does not accept option 'folder'"),
        (
            "fit -c denoise --model.network foo",
            "restore fit: --model.network is the name of a class, as package.Class, or of a YAML file that has one, "
            "not 'foo'",
        ),
        (
            "fit -c denoise --trainer.logger foo",
            "restore fit: --trainer.logger is the name of a class, as package.Class, or of a YAML file that has one, "
            "or true or false, not 'foo'",
        ),
        (
            "fit -c denoise --model.network restore.networks.Foo",
            "restore fit: --model.network: module 'restore.networks' has no attribute 'Foo'",
        ),
        (
            "fit -c denoise --data.degradation.foo 3",
            "restore fit: --data.degradation: GaussianNoise has no setting 'foo'",
        ),
        ("fit -c denoise --model.optimizer.betas x", "restore fit: --model.optimizer: Muon has no setting 'betas'"),
        (
            "fit -c denoise --model.network torch.optim.SGD",
            "restore fit: --model.network: torch.optim.SGD is no Network",
        ),
        ("fit -c denoise --model torch.optim.SGD", "restore fit: --model: torch.optim.SGD is no RestorationTask"),
        ("finetune a -o w.safetensors --set", "restore finetune: --set is given without a value"),
        ("denoise a -o", "restore denoise: --output is given without a value"),
        ("polish", "restore: argument COMMAND: invalid choice: 'polish'"),
    ],
)
def test_a_wrong_value_is_answered_by_what_may_be_written(tmp_path, capsys, arguments, line):
    (tmp_path / "c.yaml").write_text("folder: images\n")
    with pytest.raises(SystemExit) as stop:
        main(arguments.replace("CONFIG", str(tmp_path / "c.yaml")).split())
    assert stop.value.code == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(line)
    assert said.endswith("--help)")
    assert "<class" not in said
    assert "typing" not in said


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("denoise a", "restore: --output is missing (see restore denoise --help)"),
        ("denoise", "restore: images and --output are missing (see restore denoise --help)"),
        ("inpaint a -o b", "restore: --mask is missing (see restore inpaint --help)"),
    ],
)
def test_what_is_missing_unless_there_is_a_manifest_is_named(capsys, arguments, line):
    assert main(arguments.split()) == 2
    assert capsys.readouterr().err == f"{line}\n"
