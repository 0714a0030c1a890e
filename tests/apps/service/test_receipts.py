"""Receipts that the service tells: `restore verify` takes them beside what was answered."""

import json

import httpx
import numpy as np
import pytest

from restore.apps.hosts import LOCAL
from restore.apps.service import desk
from restore.apps.service.access import Access
from restore.apps.service.limits import Limits
from restore.cli import main
from restore.files.hashed import Hashed
from restore.images.codec import decode, encode
from restore.images.picture import Picture
from tests.apps.service.conftest import serving
from tests.apps.service.test_application import FILES, HOLE, MASK, pixels


@pytest.fixture
def client(restorer, weights):
    used = [Hashed.of(weights, weights.name)]
    with (
        serving(restorer, Limits(), Access(LOCAL, []), used) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as one,
    ):
        yield one


def filled(client, file="rgb.png", **data):
    files = {"image": (file, FILES[file]), "mask": ("mask.png", MASK)}
    return client.post("/v1/inpaint", files=files, data={"receipt": "true", **data})


def without_places(receipt):
    files = [{**one, "path": None} for one in receipt["files"]]
    return {**receipt, "files": files, "output": {**receipt["output"], "name": None}, "options": None}


@pytest.mark.parametrize("options", [{}, {"fill": "plausible", "seed": "3", "grow_mask": "1"}])
def test_it_is_that_of_the_command(client, weights, tmp_path, options):
    answer = filled(client, **options)
    (tmp_path / "rgb.png").write_bytes(FILES["rgb.png"])
    (tmp_path / "mask.png").write_bytes(MASK)
    words = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", value)]
    paths = [str(tmp_path / "rgb.png"), "--mask", str(tmp_path / "mask.png"), "-o", str(tmp_path / "out.png")]
    assert main(["inpaint", *paths, "--device", "cpu", "--weights", str(weights), "--receipt", *words]) == 0
    by_command = json.loads((tmp_path / "out.png.receipt.json").read_bytes())
    told = json.loads(answer.headers["restore-receipt"])
    assert without_places(told) == without_places(by_command)
    assert told["options"].items() <= by_command["options"].items()
    assert answer.content == (tmp_path / "out.png").read_bytes()


def test_saved_beside_the_answer_it_is_verified(client, weights, tmp_path, capsys):
    answer = filled(client)
    (tmp_path / "out.png").write_bytes(answer.content)
    (tmp_path / "out.png.receipt.json").write_text(answer.headers["restore-receipt"])
    (tmp_path / "rgb.png").write_bytes(FILES["rgb.png"])
    (tmp_path / "mask.png").write_bytes(MASK)
    assert main(["verify", str(tmp_path / "out.png"), "--weights", str(weights)]) == 0
    assert capsys.readouterr().out.endswith(f"{(~HOLE).sum()} known pixels are those of the input, 480 were filled\n")
    picture = decode(answer.content)
    array = picture.array.copy()
    array[0, 0, 0] ^= 1
    (tmp_path / "out.png").write_bytes(encode(picture.with_array(array), "out.png"))
    assert main(["verify", str(tmp_path / "out.png")]) == 1
    assert "1 known pixel differs from the input, at 0,0" in capsys.readouterr().err


def test_denoising_has_one_too(client):
    noisy = encode(Picture(np.random.default_rng(0).normal(128, 12, (64, 64)).clip(0, 255).astype(np.uint8)), "n.png")
    answer = client.post("/v1/denoise", files={"image": ("n.png", noisy)}, data={"receipt": "true"})
    told = json.loads(answer.headers["restore-receipt"])
    assert told["options"] == {"sigma": "auto", "strength": 1.0, "format": None, "quality": None}
    assert told["pages"][0]["sigma"]["level"] == pytest.approx(12, rel=0.3)
    given = client.post("/v1/denoise", files={"image": ("n.png", noisy)}, data={"receipt": "true", "sigma": "12.5"})
    assert json.loads(given.headers["restore-receipt"])["options"]["sigma"] == 12.5


def test_none_is_told_that_is_not_asked_for(client):
    assert "restore-receipt" not in filled(client, receipt="false").headers
    assert "restore-receipt" not in client.post("/v1/denoise", files={"image": ("a.png", FILES["rgb.png"])}).headers


def test_one_that_is_too_long_for_a_header_is_refused(client, monkeypatch):
    pages = tuple(Picture(pixels(40, 48)) for _ in range(60))
    files = {"image": ("many.tif", encode(pages, "x.tif")), "mask": ("mask.png", MASK)}
    answer = client.post("/v1/inpaint", files=files, data={"receipt": "true"})
    assert answer.status_code == 422
    assert "too long for a header" in answer.json()["detail"]
    assert len(filled(client, file="rgb.png").headers["restore-receipt"]) < desk.LONGEST_RECEIPT / 2
