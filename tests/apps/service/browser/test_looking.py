"""Looking behind a result: where its pixels were copied from, and what attention takes."""

import json

import numpy as np
import pytest

from restore.images.codec import encode
from restore.images.metadata import Metadata
from restore.images.picture import Picture
from tests.apps.service.browser.hands import add, at_pixel, choose, drag, finished, opened, press

SESSION = "import('/page/session.js').then(({session}) => session.current.results.at(-1).token)"
MARKS = "import('/page/stage.js').then(({marks}) => marks.source)"


def alt_click(page, x, y):
    page.keyboard.down("Alt")
    page.mouse.click(*at_pixel(page, x, y))
    page.keyboard.up("Alt")
    page.locator(".message").filter(has_text=f"{x}, {y} was copied from").wait_for()
    return page.locator(".message").inner_text()


def sources(page, address, points):
    token = page.evaluate(SESSION)
    asked = [page.request.get(f"{address}v1/results/{token}/source?x={x}&y={y}") for x, y in points]
    return [json.loads(one.text()) for one in asked]


@pytest.fixture
def plausible(page):
    """Fill a box in the middle of the image that is open."""

    def fill():
        press(page, "r")
        drag(page, (-0.1, -0.1), (0.1, 0.1))
        page.locator("input[value=plausible]").check()
        press(page, "Enter")
        finished(page)

    return fill


def test_a_click_with_alt_shows_where_a_pixel_was_copied_from(page, address, plausible):
    noise = np.random.default_rng(8).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    choose(page, "Add images", {"a.png": encode(Picture(noise), "x.png")})
    opened(page)
    alt = page.locator(".message").filter(has_text="Show a plausible fill first")
    page.keyboard.down("Alt")
    page.mouse.click(*at_pixel(page, 40, 30))
    page.keyboard.up("Alt")
    alt.wait_for()
    plausible()
    [place] = sources(page, address, [(40, 30)])
    assert place["image"] == 0
    said = alt_click(page, 40, 30)
    assert said == f"40, 30 was copied from {place['column']}, {place['row']}"
    assert page.evaluate(MARKS) == {
        "from": {"x": place["column"] + 0.5, "y": place["row"] + 0.5},
        "to": {"x": 40.5, "y": 30.5},
    }
    press(page, "i")  # the tool does without the key
    page.mouse.click(*at_pixel(page, 2, 2))
    page.locator(".message").filter(has_text="Nothing was copied there").wait_for()
    page.locator(".proposals .card").first.get_by_role("button").click()
    page.wait_for_timeout(300)
    assert page.evaluate(MARKS) is None


@pytest.mark.parametrize("orientation", [1, 6])
def test_what_was_copied_from_a_reference_is_shown_in_it(page, address, plausible, orientation):
    noise = np.random.default_rng(9).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    other = Picture(noise[:50, ::-1].copy(), metadata=Metadata(orientation=orientation))
    choose(page, "Add images", {"a.png": encode(Picture(noise), "x.png")})
    opened(page)
    press(page, "k")
    page.get_by_role("button", name="Invert").click()  # nothing of the image itself may be copied
    page.wait_for_timeout(300)
    press(page, "k")
    page.locator(".references summary").click()
    choose(page, "Add reference images", {"other.png": encode(other, "x.png")})
    page.locator(".references .card").wait_for()
    plausible()
    [place] = sources(page, address, [(40, 30)])
    assert place["image"] == 1
    width, height = (80, 50) if orientation == 1 else (50, 80)
    assert place["row"] < height
    assert place["column"] < width
    said = alt_click(page, 40, 30)
    assert said == f"40, 30 was copied from {place['column']}, {place['row']} of other.png"
    page.locator(".inset").filter(has_text="other.png").wait_for()
    assert page.evaluate(MARKS) is None
    press(page, "Control+z")
    page.locator(".inset").wait_for(state="hidden")


def test_what_attention_takes_for_a_pixel_is_seen(page):
    add(page, "deep.tif")
    press(page, "a")
    page.mouse.click(*at_pixel(page, 20, 10))
    dialog = page.get_by_role("dialog", name="What is taken for the pixel 20, 10")
    message = page.locator(".message.wrong")
    dialog.or_(message).wait_for(timeout=60_000)
    assert message.count() == 0, message.inner_text()
    assert dialog.locator("img").evaluate("(one) => one.decode().then(() => one.naturalWidth)") > 300
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
