"""What works where PyTorch and all that trains with it are not installed: in a process in which they are not found."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.commands.options import TRAINING_PACKAGES
from restore.inference.restorer import Restorer
from tests.small import write_small_model

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

BARRED = """
import sys

BARRED = {barred!r}

class Barred:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BARRED:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Barred())
"""

COMMAND = "from restore.cli import main; sys.exit(main(sys.argv[1:]))"

SERVICE = """
import json
from fastapi.testclient import TestClient
from restore.apps.hosts import LOCAL
from restore.apps.service.access import Access
from restore.apps.service.application import service
from restore.apps.service.limits import Limits
from restore import Restorer

client = TestClient(service(Restorer.load(sys.argv[1]), Limits(), Access(LOCAL, [])), base_url="http://127.0.0.1")
def files(*names):
    return {name: open(f"{name}.png", "rb") for name in names}
filled = client.post("/v1/inpaint", files=files("image", "mask"))
clean = client.post("/v1/denoise", files=files("image"))
seen = client.post("/v1/attention", files=files("image"), data={"x": 3, "y": 3})
open("filled.png", "wb").write(filled.content)
open("clean.png", "wb").write(clean.content)
info, page = client.get("/v1/info").json(), client.get("/").status_code
said = [clean.headers["Restore-Note"], seen.status_code, seen.json()["detail"], info["backend"], page]
print(json.dumps(said))
"""

RESTORER = """
import numpy as np
from restore import Observed, Restorer
image = np.load("image.npy")
restorer = Restorer.load(sys.argv[1])
noisy = Observed(np.random.default_rng(0).random((2, 3, 40, 50), np.float32), np.full((2, 1, 40, 50), np.float32(0.1)))
assert restorer.restore(noisy).shape == (2, 3, 40, 50)
np.save("filled.npy", restorer.inpaint(image, np.load("hole.npy")))
np.save("clean.npy", restorer.denoise(image))
print(restorer.device, restorer.noise(image))
"""


def run(folder, code, *arguments, barred=TRAINING_PACKAGES, status=0):
    """What a process that lacks some packages prints, on stdout and on stderr."""
    code = BARRED.format(barred=set(barred)) + code
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An image, a hole, a model, and what the model makes of them where PyTorch is."""
    folder = tmp_path_factory.mktemp("images")
    image = np.random.default_rng(0).integers(0, 255, (100, 90, 3), dtype=np.uint8)
    hole = np.zeros((100, 90), bool)
    hole[5:80, 10:70] = True
    np.save(folder / "image.npy", image)
    np.save(folder / "hole.npy", hole)
    Image.fromarray(image).save(folder / "image.png")
    Image.fromarray(hole).save(folder / "mask.png")
    write_small_model(folder)
    return folder


@pytest.fixture(scope="module")
def expected(folder):
    image, hole = np.load(folder / "image.npy"), np.load(folder / "hole.npy")
    small, large = (Restorer.load(folder / "small.onnx", "cpu", tile=tile) for tile in (32, 512))
    assert not np.array_equal(large.denoise(image), image)
    return {"filled": large.inpaint(image, hole), "clean": large.denoise(image), "tiled": small.inpaint(image, hole)}


def pixels(path):
    return np.asarray(Image.open(path))


def test_images_are_restored_in_python(folder, expected):
    said, _ = run(folder, RESTORER, "small.onnx")
    assert np.array_equal(np.load(folder / "filled.npy"), expected["filled"])
    assert np.array_equal(np.load(folder / "clean.npy"), expected["clean"])
    assert said.startswith("cpu noise 10.2")


def test_holes_are_filled_by_the_command(folder, expected):
    inpaint = ["inpaint", "image.png", "--mask", "mask.png", "--weights", "small.onnx"]
    run(folder, COMMAND, *inpaint, "-o", "whole.png")
    assert np.array_equal(pixels(folder / "whole.png"), expected["filled"])
    run(folder, COMMAND, *inpaint, "--tile", 32, "-o", "tiled.png")
    assert np.array_equal(pixels(folder / "tiled.png"), expected["tiled"])


def test_noise_is_removed_by_the_command(folder, expected):
    _, said = run(folder, COMMAND, "denoise", "image.png", "--weights", "small.onnx", "-o", "denoised.png")
    assert "image.png: noise 10.2" in said
    assert np.array_equal(pixels(folder / "denoised.png"), expected["clean"])


def test_noise_is_told_by_the_command(folder):
    told, _ = run(folder, COMMAND, "noise", "image.png", "-o", "profile.json", "--overwrite")
    assert "image.png" in told
    assert json.loads((folder / "profile.json").read_text())["images"] == 1


def test_the_service_answers_with_the_same_pixels(folder, expected):
    pytest.importorskip("httpx")
    said, _ = run(folder, SERVICE, "small.onnx")
    assert np.array_equal(pixels(folder / "filled.png"), expected["filled"])
    assert np.array_equal(pixels(folder / "clean.png"), expected["clean"])
    note, status, detail, backend, page = json.loads(said)
    assert note.startswith("noise 10.2")
    assert (status, backend, page) == (422, "OnnxBackend", 200)
    assert "no network in PyTorch" in detail


def test_help_lists_and_describes_every_command(folder):
    text, _ = run(folder, COMMAND, "--help")
    assert all(f" {name} " in text for name in ("inpaint", "serve", "ui", "fit", "evaluate", "dashboard", "report"))
    for name in ("inpaint", "serve", "finetune", "export"):
        assert "--weights" in run(folder, COMMAND, name, "--help")[0] or name == "export"


@pytest.mark.parametrize(
    "command",
    [
        ["fit", "-c", "inpaint"],
        ["draw", "leaves", "-o", "drawn/", "--count", 1],
        ["export", "default", "-o", "copy.safetensors"],
        ["finetune", ".", "-o", "mine.safetensors"],
        ["evaluate", "--images", ".", "-o", "report/"],
        ["denoise", "image.png", "-o", "adapted.png", "--adapt", "--weights", "small.onnx"],
        ["inpaint", "image.png", "--mask", "mask.png", "-o", "x.png", "--weights", "wandb:a/b/c:d"],
    ],
    ids=lambda command: command[0],
)
def test_what_needs_training_says_so_in_one_line(folder, command):
    _, said = run(folder, COMMAND, *command, status=2)
    (line,) = said.splitlines()
    assert "is not installed: pip install 'restore[train]'" in line


def test_where_nothing_runs_networks_one_line_names_both_extras(folder):
    barred = {*TRAINING_PACKAGES, "onnxruntime", "openvino"}
    _, said = run(folder, COMMAND, "denoise", "image.png", "-o", "default.png", barred=barred, status=2)
    (line,) = said.splitlines()
    assert "pip install 'restore[train]'" in line
    assert "pip install 'restore[onnx]'" in line
    _, said = run(
        folder, COMMAND, "denoise", "image.png", "--weights", "small.onnx", "-o", "y.png", barred=barred, status=2
    )
    assert said == "restore: onnxruntime is not installed: pip install 'restore[onnx]'\n"


def test_a_command_on_images_imports_nothing_that_trains(folder):
    """Also where it is installed: the first image would wait for it."""
    code = f"{COMMAND.partition(';')[0]}; main(sys.argv[1:]); print(*sys.modules)"
    command = ["denoise", "image.png", "--weights", "small.onnx", "-o", "once.png"]
    modules = run(folder, code, *command, barred=())[0].split()
    assert not TRAINING_PACKAGES & set(modules)
    assert Path(folder / "once.png").exists()
