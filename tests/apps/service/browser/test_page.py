"""What a person does on the page from beginning to end."""

import io
import re
import zipfile

import numpy as np

from restore.cli import main
from restore.images.codec import decode, encode
from restore.images.picture import Picture, upright
from tests.apps.service.browser.hands import (
    ERASED,
    FILES,
    PHOTOGRAPH,
    add,
    drag,
    finished,
    give,
    mask,
    opened,
    saved,
)


def test_from_the_photograph_to_the_bytes_of_the_command(page, weights, tmp_path):
    add(page, "photo.jpg", "deep.tif", "erased.png")
    drag(page, (-0.1, -0.05), (0.1, 0.1))
    hole = mask(page) > 0
    assert hole.shape == upright(decode(PHOTOGRAPH).pixels, 6).shape[:2]
    assert 20 < hole.sum() < hole.size / 2
    drag(page, (-0.1, 0.2), (0.1, 0.2))
    assert (mask(page) > 0).sum() > hole.sum()
    page.keyboard.press("Control+z")
    page.wait_for_timeout(300)
    assert np.array_equal(mask(page) > 0, hole)
    page.keyboard.press("Control+Shift+z")
    page.wait_for_timeout(300)
    assert (mask(page) > 0).sum() > hole.sum()

    page.locator("input[value=plausible]").check()
    page.locator(".stage").focus()
    page.keyboard.press("Enter")
    finished(page)
    page.get_by_role("button", name="Another one").click()
    page.locator(".proposals .card").nth(2).wait_for(timeout=60_000)
    finished(page)

    layer = page.locator("canvas.picture")
    after = layer.screenshot()
    page.keyboard.press("c")  # pressed and let go
    page.keyboard.down("c")
    page.wait_for_timeout(200)
    before = layer.screenshot()
    page.keyboard.up("c")
    page.wait_for_timeout(200)
    assert layer.screenshot() == after != before
    page.locator(".cut").evaluate("one => { one.value = 1000; one.dispatchEvent(new Event('input')) }")
    page.wait_for_timeout(200)
    assert layer.screenshot() not in (after, b"")

    painted = saved(page, "Save the mask")
    (tmp_path / painted[0]).write_bytes(painted[1])
    (tmp_path / "photo.jpg").write_bytes(PHOTOGRAPH)
    options = [
        "--mask",
        str(tmp_path / painted[0]),
        "--weights",
        str(weights),
        "--device",
        "cpu",
        "--fill",
        "plausible",
    ]
    command = ["inpaint", str(tmp_path / "photo.jpg"), "-o", str(tmp_path / "out.jpg"), "--seed", "1", *options]
    assert main(command) == 0
    assert saved(page, "Download") == ("photo.jpg", (tmp_path / "out.jpg").read_bytes())

    page.locator(".stage").focus()
    page.keyboard.press("n")
    opened(page)
    drag(page, (-0.05, 0.0), (0.05, 0.05))
    deep = mask(page)
    assert deep.shape == (40, 56)
    page.locator("input[value=expected]").check()
    page.get_by_role("button", name="Fill the hole").first.click()
    finished(page)
    page.reload()
    opened(page)
    assert page.locator(".images .count").inner_text() == "2 / 3"
    assert page.locator(".proposals .card").count() == 2
    assert np.array_equal(mask(page), deep)
    page.locator(".stage").focus()
    page.keyboard.press("p")
    opened(page)
    assert page.locator(".proposals .card").count() == 3
    _, data = saved(page, "Download all (ZIP)")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["photo.jpg", "deep.tif"]
        assert archive.read("photo.jpg") == (tmp_path / "out.jpg").read_bytes()
        written = decode(archive.read("deep.tif"))
    assert written.pixels.dtype == np.uint16
    assert np.array_equal(written.pixels[deep == 0], decode(FILES["deep.tif"]).pixels[deep == 0])


def test_boxes_lassos_erasing_and_clearing(page):
    add(page, "deep.tif")
    page.keyboard.press("r")
    drag(page, (-0.2, -0.2), (0.2, 0.2))
    whole = mask(page) > 0
    rows, columns = np.flatnonzero(whole.any(1)), np.flatnonzero(whole.any(0))
    assert whole.sum() == len(rows) * len(columns) > 300  # a rectangle
    page.keyboard.press("e")
    drag(page, (-0.1, 0.0), (0.1, 0.0))
    assert 0 < (mask(page) > 0).sum() < whole.sum()
    page.keyboard.press("Delete")
    page.keyboard.press("l")
    drag(page, (-0.2, -0.2), (0.2, -0.2), (-0.2, 0.2))
    triangle = (mask(page) > 0).sum()
    assert 0.35 * whole.sum() < triangle < 0.65 * whole.sum()
    page.keyboard.press("r")
    page.keyboard.down("Shift")
    drag(page, (-0.4, -0.4), (0.4, 0.4))
    page.keyboard.up("Shift")
    page.get_by_role("button", name="Save the mask").click()
    page.locator(".message.wrong").filter(has_text="Paint the hole first").wait_for()


def test_the_hole_comes_from_transparency_or_a_file(page):
    add(page, "erased.png")
    page.get_by_role("button", name="From transparency").click()
    page.wait_for_timeout(300)
    assert np.array_equal(mask(page) > 0, ERASED)
    other = np.zeros((48, 64), np.uint8)
    other[3:9, 5:50] = 255
    for name, array in {"mask.tif": other.astype(np.uint16) * 257, "mask.png": other}.items():
        page.keyboard.press("Delete")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Mask from a file").click()
        chooser.value.set_files([{"name": name, "mimeType": "", "buffer": encode(Picture(array), name)}])
        page.locator(".message").filter(has_text=f"The hole is that of {name}").wait_for()
        assert np.array_equal(mask(page), other)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Mask from a file").click()
    chooser.value.set_files([{"name": "small.png", "mimeType": "", "buffer": encode(Picture(other[:9]), "x.png")}])
    page.locator(".message.wrong").filter(has_text="64 \N{MULTIPLICATION SIGN} 9 pixels, the image").wait_for()


def test_what_is_wrong_is_said_and_noise_is_removed(page):
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add images").click()
    chooser.value.set_files([{"name": "notes.txt", "mimeType": "", "buffer": b"hello"}])
    page.locator(".empty").filter(has_text="notes.txt: text, not an image").wait_for()
    page.get_by_role("button", name="Remove notes.txt").click()
    add(page, "deep.tif")
    page.get_by_role("button", name="Remove noise").click()
    page.locator(".message").filter(has_text=re.compile("Done|Nothing")).wait_for(timeout=60_000)
    assert "noise" in page.locator(".note").inner_text()


def test_files_are_dropped_with_their_masks_or_pasted_and_languages_and_colours_change(page):
    other = np.zeros((40, 56), np.uint8)
    other[3:9, 5:50] = 255
    files = {"deep.tif": FILES["deep.tif"], "Deep_mask.png": encode(Picture(other), "x.png")}

    give(page, "drop", files)
    page.locator(".message").filter(has_text="1 added").wait_for()
    opened(page)
    assert page.locator(".images .card").count() == 1
    assert np.array_equal(mask(page), other)
    give(page, "paste", {"image.png": FILES["erased.png"]})
    page.locator(".images .card").nth(1).wait_for()
    opened(page)
    assert page.locator(".images .count").inner_text() == "2 / 2"

    page.get_by_role("combobox", name="Colours").select_option("dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("combobox", name="Colours").select_option("light")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)" != dark
    page.get_by_role("button", name="日本語").click()
    page.get_by_role("button", name="画像を追加").wait_for()
    opened(page)
    assert page.evaluate("document.documentElement.lang") == "ja"
    assert page.locator(".images .count").inner_text() == "2 / 2"
    page.locator(".stage").focus()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="キー一覧").wait_for()


def test_two_fingers_zoom_and_leave_no_trace(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="ja-JP")
    page = context.new_page()
    page.goto(address)
    assert page.locator(".add").inner_text() == "画像を追加"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_file_chooser() as chooser:
        page.locator(".add").click()
    chooser.value.set_files([{"name": "photo.jpg", "mimeType": "", "buffer": PHOTOGRAPH}])
    opened(page)
    box = page.locator(".stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    layer = page.locator("canvas.picture")
    before = layer.screenshot()
    touch = context.new_cdp_session(page)

    def send(kind, *points):
        places = [{"x": a, "y": b, "id": i} for i, (a, b) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    send("touchStart", (x, y))
    send("touchStart", (x, y), (x + 40, y))
    for far in range(40, 120, 10):
        send("touchMove", (x, y), (x + far, y))
    send("touchEnd")
    page.wait_for_timeout(300)
    assert layer.screenshot() != before
    assert page.locator(".images .state").count() == 0  # nothing was painted
    send("touchStart", (x, y))
    send("touchMove", (x + 30, y + 10))
    send("touchEnd")
    page.locator(".images .state").filter(has_text="穴あり").wait_for()
    context.close()


def test_the_error_that_is_expected_is_shown_in_both_languages(page):
    add(page, "big.png")
    page.get_by_label("Say what error is expected").check()
    drag(page, (-0.02, 0), (0.02, 0))
    page.locator(".stage").focus()
    page.keyboard.press("Enter")
    finished(page)
    number = r"\d+\.\d"
    note = page.locator(".note")
    assert re.search(rf"Expected error: {number} of 255 \(90 %: {number} to {number}\)", note.inner_text())
    assert "8 visible places shaped like the hole" in note.inner_text()
    page.get_by_role("button", name="日本語").click()
    page.locator(".note").filter(has_text="予想誤差").wait_for()
    assert page.get_by_label("予想される誤差も表示").is_checked()


def test_stopping_ends_the_work(page):
    add(page, "big.png")
    page.keyboard.press("r")
    drag(page, (-0.3, -0.3), (0.3, 0.3))
    page.locator("input[value=plausible]").check()
    page.keyboard.press("Enter")
    page.locator(".status progress").wait_for()
    page.keyboard.press("Escape")
    page.locator(".message").filter(has_text="Stopped.").wait_for()
    page.wait_for_function("async () => (await (await fetch('/v1/info')).json()).taken === 0", timeout=30_000)
