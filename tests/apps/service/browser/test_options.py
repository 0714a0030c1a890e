"""What can be said with a request can be said on the page, and says the same."""

import numpy as np
import pytest
from PIL import Image

from restore.cli import main
from restore.images.codec import encode
from restore.images.masks import read_mask
from restore.images.picture import Picture
from tests.apps.service.browser.hands import FILES, PHOTOGRAPH, add, choose, drag, finished, mask, opened, press, saved

OTHER = encode(Picture(np.random.default_rng(3).integers(0, 256, (70, 80, 3), dtype=np.uint8)), "x.png")


def test_references_barred_parts_and_all_other_options_give_the_bytes_of_the_command(page, weights, tmp_path):
    add(page, "photo.jpg")
    drag(page, (-0.05, -0.1), (0.05, 0.0))
    hole = saved(page, "Save the mask")
    press(page, "k")
    drag(page, (-0.1, 0.3), (0.1, 0.3))
    barred = saved(page, "Save the mask")
    assert (hole[0], barred[0]) == ("photo_mask.png", "photo_not_from.png")
    assert hole[1] != barred[1]
    page.locator("input[value=plausible]").check()
    page.get_by_role("spinbutton", name="Seed").fill("7")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("spinbutton", name="Widen the hole").fill("2")
    page.get_by_role("checkbox", name="The file says that pixels were copied").uncheck()
    page.locator(".references summary").click()
    choose(page, "Add reference images", {"other.png": OTHER})
    page.locator(".references .card").wait_for()
    page.get_by_role("spinbutton", name="JPEG quality").fill("80")
    press(page, "Enter")
    finished(page)
    given = {"photo.jpg": PHOTOGRAPH, "other.png": OTHER, hole[0]: hole[1], barred[0]: barred[1]}
    for name, data in given.items():
        (tmp_path / name).write_bytes(data)
    options = {
        "--mask": tmp_path / hole[0],
        "--not-from": tmp_path / barred[0],
        "--like": tmp_path / "other.png",
        "--grow-mask": 2,
        "--fill": "plausible",
        "--seed": 7,
        "--quality": 80,
        "--weights": weights,
        "--device": "cpu",
        "-o": tmp_path / "out.jpg",
    }
    words = [str(word) for pair in options.items() for word in pair]
    assert main(["inpaint", str(tmp_path / "photo.jpg"), "--no-note", *words]) == 0
    assert saved(page, "Download") == ("photo.jpg", (tmp_path / "out.jpg").read_bytes())

    page.reload()
    opened(page)
    assert page.locator(".references .card").count() == 1
    assert page.get_by_role("spinbutton", name="Seed").input_value() == "7"
    press(page, "k")
    assert saved(page, "Save the mask") == barred
    page.locator(".references summary").click()
    page.get_by_role("button", name="Remove other.png").click()
    page.reload()
    opened(page)
    assert page.locator(".references .card").count() == 0


@pytest.mark.parametrize(("means", "values"), [("hole", [1, 3]), ("keep", [2]), ("keep", None)])
def test_a_mask_file_means_what_it_means_to_the_command(page, tmp_path, means, values):
    stored = np.random.default_rng(4).integers(0, 4, (40, 56), dtype=np.uint8)
    file = Image.fromarray(stored if values else np.where(stored > 1, 255, 0).astype(np.uint8))
    if values:  # indices of a palette, whose colours say nothing
        file.putpalette([9, 9, 9, 200, 0, 0, 8, 8, 8, 0, 200, 0])
    file.save(tmp_path / "labels.png")
    add(page, "deep.tif")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("combobox", name="White in a mask file").select_option(means)
    page.get_by_role("textbox", name="Labels").fill(",".join(map(str, values or [])))
    choose(page, "Mask from a file", {"labels.png": (tmp_path / "labels.png").read_bytes()})
    page.locator(".message").filter(has_text="labels.png").wait_for()
    wanted = read_mask(tmp_path / "labels.png", means, values)
    assert 0 < wanted.sum() < wanted.size
    assert np.array_equal(mask(page) > 0, wanted)
    page.get_by_role("button", name="Invert").click()
    page.wait_for_timeout(300)
    assert np.array_equal(mask(page) > 0, ~wanted)


def test_what_is_no_mask_is_refused_in_a_line_that_tells_no_folder(page):
    add(page, "deep.tif")
    choose(page, "Mask from a file", {"notes.png": b"hello"})
    page.locator(".message.wrong").filter(has_text="notes.png: text, not an image").wait_for()
    assert page.locator(".message").inner_text().startswith("notes.png: ")
    page.get_by_role("button", name="日本語").click()
    page.get_by_role("button", name="マスクをファイルから").wait_for()
    choose(page, "マスクをファイルから", {"notes.png": b"hello"})
    page.locator(".message.wrong").filter(
        has_text="使えません\N{FULLWIDTH COLON}notes.png: text, not an image"
    ).wait_for()


def test_noise_is_found_and_its_level_can_be_another(page, weights, tmp_path):
    noisy = 128 + 20 * np.random.default_rng(0).standard_normal((96, 96, 3))
    data = encode(Picture(noisy.clip(0, 255).astype(np.uint8)), "x.png")
    (tmp_path / "noisy.png").write_bytes(data)
    choose(page, "Add images", {"noisy.png": data})
    opened(page)
    level = page.get_by_role("spinbutton", name="Level (0\N{EN DASH}255)")
    assert level.input_value() == ""
    page.get_by_role("button", name="Remove noise", exact=True).click()
    finished(page)
    note = page.get_by_role("group", name="Results").get_by_role("paragraph").inner_text()
    assert note.startswith("noise ")
    assert note.split()[1].rstrip(",") == f"{float(level.input_value()):.1f}"
    assert page.locator(".found").inner_text() == f"Found: {level.input_value()}"
    assert page.get_by_role("checkbox", name="Level found by itself").is_checked()
    level.fill("12.5")
    level.press("Tab")
    assert not page.get_by_role("checkbox", name="Level found by itself").is_checked()
    slider = page.get_by_role("slider", name="Level (0\N{EN DASH}255)")
    assert slider.input_value() == "12.5"
    page.get_by_role("button", name="Remove noise", exact=True).click()
    page.locator(".proposals .card").nth(2).wait_for()
    finished(page)
    options = ["--sigma", "12.5", "--weights", str(weights), "--device", "cpu", "-o", str(tmp_path / "out.png")]
    assert main(["denoise", str(tmp_path / "noisy.png"), *options]) == 0
    assert saved(page, "Download")[1] == (tmp_path / "out.png").read_bytes()


def test_several_proposals_are_seen_side_by_side_and_one_is_picked(page):
    add(page, "deep.tif")
    drag(page, (-0.05, 0.0), (0.05, 0.0))
    page.locator("input[value=plausible]").check()
    page.get_by_role("spinbutton", name="How many").fill("3")
    press(page, "Enter")
    cards = page.locator(".proposals .card")
    cards.nth(3).wait_for(timeout=60_000)
    finished(page)
    assert [one.inner_text().split("\n")[-1] for one in cards.locator(".name").all()[1:]] == [
        "seed 0",
        "seed 1",
        "seed 2",
    ]
    press(page, "s")
    dialog = page.get_by_role("dialog", name="Side by side")
    assert dialog.get_by_role("button").count() == 5
    page.wait_for_function(
        "[...document.querySelectorAll('.side canvas')].every((one) => one.width > 300 || one.height > 300)"
    )
    page.keyboard.press("2")
    dialog.wait_for(state="hidden")
    page.locator(".proposals .choice[aria-current=true]").filter(has_text="seed 1").wait_for()
    assert FILES["deep.tif"] != saved(page, "Download")[1]
