"""What the page asks beside the work: previews, progress, sources and attention."""

import threading
import time

import httpx
import numpy as np
import pytest

from restore.apps.hosts import LOCAL
from restore.apps.service.access import Access
from restore.apps.service.copied import KEPT, Copied, Results
from restore.apps.service.limits import Limits
from restore.cli import main
from restore.images.codec import decode, encode
from restore.images.masks import read_mask
from restore.images.metadata import Metadata
from restore.images.picture import Picture, as_stored, upright
from restore.inference.restorer import Restorer
from restore.networks import RestorationNetwork
from restore.networks.weights import describe, save_weights
from tests.apps.service.conftest import serving


def pixels(*shape, dtype=np.uint8):
    return np.random.default_rng(5).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


HOLE = np.zeros((40, 48), bool)
HOLE[8:30, 10:36] = True
MASK = ("mask.png", encode(Picture(HOLE.astype(np.uint8) * 255), "mask.png"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_preview_is_seen_as_a_viewer_shows_it(client, orientation):
    deep = Picture(pixels(40, 48, 3, dtype=np.uint16), metadata=Metadata(orientation=orientation))
    answer = client.post("/v1/preview", files={"image": ("deep.tif", encode(deep, "x.tif"))})
    assert answer.headers["content-type"] == "image/png"
    seen = upright(deep.pixels, orientation)
    assert answer.headers["restore-size"] == f"{seen.shape[1]}x{seen.shape[0]}"
    assert np.array_equal(decode(answer.content).pixels, seen >> 8)


def test_a_preview_is_no_larger_than_asked_and_tells_the_true_size(client):
    data = encode(Picture(pixels(40, 48), alpha=pixels(40, 48)), "x.tif")
    answer = client.post("/v1/preview", files={"image": ("a.tif", data)}, data={"side": "24"})
    small = decode(answer.content)
    assert small.pixels.shape == (20, 24)
    assert small.alpha is not None
    assert answer.headers["restore-size"] == "48x40"
    refused = client.post("/v1/preview", files={"image": ("a.txt", b"hello")})
    assert (refused.status_code, refused.json()) == (422, {"detail": "a.txt: text, not an image"})


def test_progress_is_told_by_the_name_of_a_request(slow):
    image = ("a.png", encode(Picture(pixels(40, 48, 3)), "x.png"))
    with (
        serving(slow, Limits(), Access(LOCAL, [])) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        fields = {"files": {"image": image}, "data": {"sigma": "20"}, "headers": {"Restore-Request": "mine"}}
        thread = threading.Thread(target=lambda: client.post("/v1/denoise", **fields))
        assert client.get("/v1/progress/mine").status_code == 404
        thread.start()
        assert slow.begun.acquire(timeout=10)
        time.sleep(0.1)
        told = client.get("/v1/progress/mine").json()
        assert told == {"done": 0, "total": told["total"], "waiting": False}
        assert told["total"] >= 1
        slow.go.set()
        thread.join()
        assert client.get("/v1/progress/mine").status_code == 404


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
def test_a_pixel_of_a_plausible_fill_is_that_of_its_source(client, orientation):
    hole = as_stored(HOLE, orientation)
    image = Picture(pixels(*hole.shape, 3), metadata=Metadata(orientation=orientation))
    files = {"image": ("a.png", encode(image, "x.png")), "mask": MASK}
    answer = client.post("/v1/inpaint", files=files, data={"fill": "plausible"})
    token = answer.headers["restore-result"]
    result = upright(decode(answer.content).pixels, orientation).astype(int)
    original = upright(image.pixels, orientation).astype(int)
    far = []
    for y in range(0, HOLE.shape[0], 2):
        for x in range(0, HOLE.shape[1], 9):
            place = client.get(f"/v1/results/{token}/source", params={"x": x, "y": y}).json()
            assert HOLE[y, x] or place is None
            if place is not None:
                assert place["image"] == 0
                assert not HOLE[place["row"], place["column"]]
                far.append(np.abs(result[y, x] - original[place["row"], place["column"]]).max())
    assert len(far) > 20
    assert np.median(far) <= 40  # what is copied is blended; noise is 130 from other noise


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
def test_a_pixel_from_a_reference_is_that_of_its_source_as_a_viewer_shows_it(client, orientation):
    image, other = (
        Picture(pixels(40, 48, 3)),
        Picture(pixels(50, 36, 3)[:, ::-1].copy(), metadata=Metadata(orientation=orientation)),
    )
    everything = encode(Picture(np.full((40, 48), 255, np.uint8)), "x.png")
    files = [
        ("image", ("a.png", encode(image, "x.png"))),
        ("mask", MASK),
        ("not_from", ("all.png", everything)),
        ("like", ("other.png", encode(other, "x.png"))),
    ]
    answer = client.post("/v1/inpaint", files=files, data={"fill": "plausible"})
    result, shown = decode(answer.content).pixels.astype(int), upright(other.pixels, orientation).astype(int)
    far = []
    for y, x in zip(*np.nonzero(HOLE[::3, ::3]), strict=True):
        route = f"/v1/results/{answer.headers['restore-result']}/source"
        place = client.get(route, params={"x": int(3 * x), "y": int(3 * y)}).json()
        if place is not None:
            assert place["image"] == 1
            far.append(np.abs(result[3 * y, 3 * x] - shown[place["row"], place["column"]]).max())
    assert len(far) > 20
    assert np.median(far) <= 40


@pytest.mark.parametrize(("means", "values"), [("hole", ""), ("keep", ""), ("hole", "0,2")])
def test_a_mask_is_told_as_it_is_read(client, tmp_path, means, values):
    stored = pixels(40, 48) % 4 if values else HOLE * np.uint8(255)
    (tmp_path / "m.png").write_bytes(encode(Picture(stored, metadata=Metadata(orientation=6)), "m.png"))
    files = {"mask": ("m.png", (tmp_path / "m.png").read_bytes())}
    answer = client.post("/v1/mask", files=files, data={"mask_means": means, "mask_values": values})
    wanted = read_mask(tmp_path / "m.png", means, [int(one) for one in values.split(",")] if values else None)
    assert np.array_equal(decode(answer.content).pixels > 0, wanted)
    refused = client.post("/v1/mask", files={"mask": ("a.txt", b"hello")})
    assert (refused.status_code, refused.json()) == (422, {"detail": "a.txt: text, not an image"})
    assert client.post("/v1/mask", files=files, data={"mask_values": "x"}).status_code == 422


def test_only_plausible_fills_have_sources_and_only_the_last_are_known(client):
    files = {"image": ("a.png", encode(Picture(pixels(40, 48, 3)), "x.png")), "mask": MASK}
    assert "restore-result" not in client.post("/v1/inpaint", files=files).headers
    assert client.get("/v1/results/nothing/source", params={"x": 1, "y": 1}).status_code == 404
    results, one = (
        Results(),
        Copied.of(np.zeros((4, 4, 3), np.int64), np.ones((4, 4), bool), [Picture(pixels(4, 4, 3))]),
    )
    names = [results.keep(one) for _ in range(KEPT + 1)]
    assert results.get(names[0]) is None
    assert all(results.get(name) is one for name in names[1:])


def test_attention_is_the_picture_of_the_command(tmp_path):
    network = RestorationNetwork("nano", 8, 32, 1, 2, widths=(4, 8), depths=(1, 1))
    path = tmp_path / "w.safetensors"
    save_weights(network.state_dict(), describe(network), path)
    data = encode(Picture(pixels(40, 48, 3)), "x.png")
    (tmp_path / "a.png").write_bytes(data)
    (tmp_path / "mask.png").write_bytes(MASK[1])
    options = ["--at", "30,20", "--mask", str(tmp_path / "mask.png"), "--weights", str(path), "--device", "cpu"]
    assert main(["attention", str(tmp_path / "a.png"), "-o", str(tmp_path / "out.png"), *options]) == 0
    with (
        serving(Restorer.load(path, "cpu"), Limits(), Access(LOCAL, [])) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        files = {"image": ("a.png", data), "mask": MASK}
        answer = client.post("/v1/attention", files=files, data={"x": "30", "y": "20"})
        outside = client.post("/v1/attention", files=files, data={"x": "48", "y": "20"})
    written = decode((tmp_path / "out.png").read_bytes())
    assert np.array_equal(decode(answer.content).pixels, written.pixels)
    assert outside.json() == {"detail": "the pixel 48,20 lies outside its 48 x 40 pixels"}
