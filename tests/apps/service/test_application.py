"""What the service answers: the bytes that the commands write, or one line that says why not."""

import inspect
import json
import tempfile

import numpy as np
import pytest

from restore.cli import main
from restore.commands.denoise import denoise
from restore.commands.inpaint import inpaint
from restore.images.codec import decode, encode
from restore.images.metadata import Metadata
from restore.images.picture import Picture

HOLE = np.zeros((40, 48), bool)
HOLE[8:28, 10:34] = True
MASK = encode(Picture(HOLE.astype(np.uint8) * 255), "mask.png")


def pixels(*shape, dtype=np.uint8):
    return np.random.default_rng(5).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


FILES = {
    "rgb.png": encode(Picture(pixels(40, 48, 3)), "x.png"),
    "deep.tif": encode(Picture(pixels(40, 48, dtype=np.uint16)), "x.tif"),
    "photo.jpg": encode(Picture(pixels(40, 48, 3), metadata=Metadata(xmp=b"<x/>")), "x.jpg", 90),
    "alpha.png": encode(Picture(pixels(40, 48, 3), alpha=np.where(HOLE, 0, 255).astype(np.uint8)), "x.png"),
    "gray.webp": encode(Picture(pixels(40, 48, 3)), "x.webp"),
}


@pytest.fixture
def by_command(weights, tmp_path):
    """What a command writes for a file."""

    def run(name, file, *options):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / file).write_bytes(FILES[file])
        (tmp_path / "mask.png").write_bytes(MASK)
        source, target = tmp_path / "in" / file, tmp_path / f"out{source_suffix(file, options)}"
        assert main([name, str(source), "-o", str(target), "--device", "cpu", "--weights", str(weights), *options]) == 0
        return target.read_bytes()

    def source_suffix(file, options):
        return f".{options[options.index('--format') + 1]}" if "--format" in options else file[file.index(".") :]

    run.mask = tmp_path / "mask.png"
    return run


@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("rgb.png", {}),
        ("deep.tif", {"fill": "plausible", "seed": "3"}),
        ("photo.jpg", {"quality": "80", "mask_means": "keep"}),
        ("gray.webp", {"grow_mask": "2", "fill": "plausible"}),
        ("rgb.png", {"format": "tif"}),
    ],
)
def test_a_filled_file_is_that_of_the_command(client, by_command, file, options):
    answer = client.post("/v1/inpaint", files={"image": (file, FILES[file]), "mask": ("mask.png", MASK)}, data=options)
    assert answer.status_code == 200, answer.text
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
    assert answer.content == by_command("inpaint", file, "--mask", str(by_command.mask), *words)


def test_without_a_mask_the_transparent_part_is_the_hole(client, by_command):
    answer = client.post("/v1/inpaint", files={"image": ("alpha.png", FILES["alpha.png"])})
    assert answer.content == by_command("inpaint", "alpha.png", "--mask", "alpha")
    refused = client.post("/v1/inpaint", files={"image": ("rgb.png", FILES["rgb.png"])})
    assert refused.status_code == 422
    assert refused.json() == {"detail": "has no alpha channel to take the hole from"}


@pytest.mark.parametrize(("file", "sigma", "strength"), [("rgb.png", "auto", "0.5"), ("deep.tif", "12.5", "1")])
def test_a_denoised_file_is_that_of_the_command(client, by_command, file, sigma, strength):
    answer = client.post(
        "/v1/denoise", files={"image": (file, FILES[file])}, data={"sigma": sigma, "strength": strength}
    )
    assert answer.status_code == 200, answer.text
    assert answer.content == by_command("denoise", file, "--sigma", sigma, "--strength", strength)
    assert ("noise" in answer.headers.get("restore-note", "")) == (sigma == "auto")


def test_what_is_copied_comes_from_others_too_and_not_from_what_is_barred(client, by_command, tmp_path):
    flat = encode(Picture(np.full((40, 48, 3), 128, np.uint8)), "x.png")
    everything = encode(Picture(np.full((40, 48), 255, np.uint8)), "x.png")
    files = [
        ("image", ("rgb.png", FILES["rgb.png"])),
        ("mask", ("mask.png", MASK)),
        ("not_from", ("all.png", everything)),
        ("like", ("flat.png", flat)),
    ]
    answer = client.post("/v1/inpaint", files=files, data={"fill": "plausible"})
    assert answer.status_code == 200, answer.text
    inner = decode(answer.content).pixels[14:22, 18:26]
    assert np.ptp(inner.astype(int)) < 60 < np.ptp(pixels(40, 48, 3)[14:22, 18:26].astype(int))


def test_the_error_that_is_expected_stands_in_a_header(client):
    image = encode(Picture(pixels(96, 128, 3)), "x.png")
    hole = np.zeros((96, 128), np.uint8)
    hole[40:52, 60:75] = 255
    files = {"image": ("a.png", image), "mask": ("m.png", encode(Picture(hole), "x.png"))}
    plain = client.post("/v1/inpaint", files=files)
    told = client.post("/v1/inpaint", files=files, data={"expect_error": "true"})
    assert "restore-expected-error" not in plain.headers
    assert told.content == plain.content
    error = json.loads(told.headers["restore-expected-error"])
    assert error["probes"] == 8
    assert 0 <= error["pixels"]["low"] < error["pixels"]["expected"] < error["pixels"]["high"]
    refused = client.post("/v1/inpaint", files=BOTH, data={"expect_error": "true"})
    assert json.loads(refused.headers["restore-expected-error"])["reason"].startswith("nothing of the hole's shape")


def test_what_does_not_change_comes_back_as_it_came(client):
    nothing = encode(Picture(np.zeros((40, 48), np.uint8)), "x.png")
    answer = client.post("/v1/inpaint", files={"image": ("a.jpg", FILES["photo.jpg"]), "mask": ("m.png", nothing)})
    assert answer.content == FILES["photo.jpg"]
    assert answer.headers["restore-unchanged"] == "true"
    assert answer.headers["restore-note"] == "the hole is empty: nothing is filled"


RGB = {"image": ("a.png", FILES["rgb.png"])}
BOTH = {**RGB, "mask": ("m.png", MASK)}


@pytest.mark.parametrize(
    ("path", "files", "data", "reason"),
    [
        ("denoise", {}, {}, "image: field required"),
        ("denoise", {"image": ("notes.txt", b"hello")}, {}, "notes.txt: text, not an image"),
        ("denoise", {"image": ("../../a.png", FILES["rgb.png"][:200])}, {}, "a.png: "),
        ("denoise", RGB, {"sigma": "256"}, "sigma is "),
        ("denoise", RGB, {"sigma": "nan"}, "sigma is "),
        ("denoise", RGB, {"strength": "2"}, "strength: input should be less than"),
        ("denoise", RGB, {"format": "gif"}, "format is one of png, "),
        ("denoise", RGB, {"quality": "90"}, "--quality is about formats that lose"),
        (
            "inpaint",
            {**RGB, "mask": ("m.png", FILES["deep.tif"][:99])},
            {},
            "mask/m.png",
        ),
        ("inpaint", BOTH, {"seed": "-1"}, "seed: "),
        (
            "inpaint",
            {"image": ("a.png", FILES["rgb.png"]), "mask": ("m.png", MASK)},
            {"mask_values": "x"},
            "mask_values",
        ),
        ("inpaint", BOTH, {"fill": "lively"}, "fill: "),
    ],
)
def test_what_cannot_be_used_is_one_line(client, path, files, data, reason):
    answer = client.post(f"/v1/{path}", files=files, data=data)
    assert answer.status_code == 422
    assert list(answer.json()) == ["detail"]
    assert answer.json()["detail"].startswith(reason)
    assert "\n" not in answer.json()["detail"]
    assert tempfile.gettempdir() not in answer.text


def test_images_of_too_many_pixels_are_refused_before_they_are_decoded(client):
    answer = client.post("/v1/denoise", files={"image": ("a.png", encode(Picture(pixels(400, 300)), "x.png"))})
    assert answer.status_code == 422
    assert "pixels" in answer.json()["detail"]


@pytest.mark.parametrize("field", ["mask", "not_from", "like"])
def test_files_beside_an_image_have_no_more_pixels_either(client, field):
    large = ("large.png", encode(Picture(np.zeros((400, 300), np.uint8)), "x.png"))
    answer = client.post("/v1/inpaint", files={**BOTH, field: large}, data={"fill": "plausible"})
    assert answer.status_code == 422
    assert "300 x 400 pixels are more than 100000" in answer.json()["detail"]
    assert "large.png" in answer.json()["detail"]


def test_no_file_is_left(client, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files = {"image": ("a.png", FILES["rgb.png"]), "mask": ("m.png", MASK)}
    assert client.post("/v1/inpaint", files=files).status_code == 200
    assert client.post("/v1/inpaint", files={**files, "mask": ("m.png", b"nothing")}).status_code == 422
    assert list(tmp_path.iterdir()) == []


def test_unknown_places_are_one_line_too(client):
    assert client.get("/v1/nothing").json() == {"detail": "Not Found"}
    assert client.get("/v1/inpaint").status_code == 405


def test_it_says_what_it_is(client):
    assert client.get("/v1/health").json() == {"status": "ok"}
    info = client.get("/v1/info").json()
    assert info["limits"]["megapixels"] == 0.1
    assert {"JPEG", "TIFF"} <= set(info["written"])
    client.post("/v1/denoise", files={"image": ("notes.txt", b"hello")})
    assert 'restore_requests_total{path="/v1/denoise",status="422"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize(("path", "command"), [("/v1/inpaint", inpaint), ("/v1/denoise", denoise)])
def test_options_have_the_names_of_the_commands(client, path, command):
    described = client.get("/openapi.json").json()
    body = described["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    fields = described["components"]["schemas"][body["$ref"].split("/")[-1]]["properties"]
    assert fields.keys() - {"image"} <= inspect.signature(command).parameters.keys()
    assert all("description" in field or name == "like" for name, field in fields.items())
