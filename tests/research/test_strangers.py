import zlib

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("openvino")

from research.strangers.__main__ import main
from research.strangers.breaking import BREAKS, with_sums
from research.strangers.cases import Case, image_case, weights_case
from research.strangers.judging import by_command, by_service
from research.strangers.tensors import safetensors_of, small_network


@pytest.mark.slow
def test_files_of_strangers_are_restored_or_refused(capsys):
    assert main(["--images", "40", "--weights", "12", "--seed", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("| all | 52 |")


def test_the_same_number_is_the_same_case(tmp_path):
    weights = tmp_path / "small.safetensors"
    weights.write_bytes(safetensors_of(small_network()))
    for draw in (lambda *a: image_case(*a, weights), lambda *a: weights_case(*a, weights, weights)):
        found = []
        for folder in (tmp_path / f"{draw}-1", tmp_path / f"{draw}-2"):
            folder.mkdir()
            case = draw(np.random.default_rng((0, 3)), folder)
            files = sorted((path.name, path.read_bytes()) for path in folder.iterdir())
            found.append((case.kind, case.task, case.options, files))
        assert found[0] == found[1]


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_not_what_it_was(name):
    whole = bytes(range(256)) * 20
    broken = [BREAKS[name](np.random.default_rng(seed), whole) for seed in range(20)]
    assert sum(one != whole for one in broken) > 15


def test_checksums_are_right_again():
    header = b"IHDR" + bytes(13)
    wrong = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + header + bytes(4)
    assert with_sums(wrong).endswith(header + zlib.crc32(header).to_bytes(4, "big"))


def test_what_may_not_be_is_found(tmp_path):
    case = Case("flipped", "denoise", {"image": tmp_path / "a.png"}, {}, tmp_path)
    half = tmp_path / "half.png"
    half.write_bytes(b"\x89PNG")
    outcomes = [
        by_command(case, 1, ["restore: a.png: broken"], []),
        by_command(case, 1, ["restore: a.png: broken"], [half]),
        by_command(case, 1, [], []),
        by_command(case, 0, [], []),
        by_command(case, -11, [], []),
        by_command(case, 2, ["libpng error"], []),
        by_service(case, 422, "application/json", b'{"detail": "broken"}'),
        by_service(case, 507, "application/json", b'{"detail": "not enough memory"}'),
        by_service(case, 500, "application/json", b'{"detail": "a fault"}'),
        by_service(case, 422, "text/plain", b"Traceback"),
        by_service(case, 422, "application/json", b'{"detail": "two\\nlines"}'),
    ]
    assert [one.name for one in outcomes] == [
        "refused", "half done", "half done", "half done", "odd lines", "odd lines",
        "refused", "no memory", "odd answer", "odd answer", "odd answer",
    ]  # fmt: skip
