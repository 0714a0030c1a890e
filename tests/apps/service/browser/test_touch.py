"""Fingers: one paints, two move and zoom."""

import pytest

from tests.apps.service.browser.hands import FILES, choose, opened

VIEW = "import('/page/stage.js').then(({view}) => ({...view}))"


@pytest.fixture
def phone(browser, address):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, locale="en-US")
    page = context.new_page()
    page.goto(address)
    choose(page, "Add images", {"photo.jpg": FILES["photo.jpg"]})
    opened(page)
    yield page
    context.close()


def fingers(page):
    touch = page.context.new_cdp_session(page)

    def send(kind, *points):
        places = [{"x": a, "y": b, "id": i} for i, (a, b) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    return send


def test_two_fingers_that_keep_their_distance_move_the_image_with_them(phone):
    box = phone.locator(".stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before, send = phone.evaluate(VIEW), fingers(phone)
    send("touchStart", (x, y))
    send("touchStart", (x, y), (x + 50, y))
    for far in range(5, 65, 5):
        send("touchMove", (x + far, y - far), (x + 50 + far, y - far))
    send("touchEnd")
    phone.wait_for_timeout(200)
    after = phone.evaluate(VIEW)
    assert after["scale"] == pytest.approx(before["scale"], rel=0.02)
    assert after["x"] - before["x"] == pytest.approx(60, abs=6)
    assert after["y"] - before["y"] == pytest.approx(-60, abs=6)
    assert phone.locator(".images .state").count() == 0  # nothing was painted


def test_the_point_between_two_fingers_stays_between_them(phone):
    box = phone.locator(".stage").bounding_box()
    x, y = box["width"] / 2, box["height"] / 2
    left, top = box["x"], box["y"]
    before, send = phone.evaluate(VIEW), fingers(phone)
    send("touchStart", (left + x - 20, top + y))
    send("touchStart", (left + x - 20, top + y), (left + x + 20, top + y))
    for far in range(20, 85, 5):
        send("touchMove", (left + x - far, top + y), (left + x + far, top + y))
    send("touchEnd")
    phone.wait_for_timeout(200)
    after = phone.evaluate(VIEW)
    assert after["scale"] / before["scale"] == pytest.approx(4, rel=0.05)
    for axis, middle in (("x", x), ("y", y)):
        seen = [(middle - view[axis]) / view["scale"] for view in (before, after)]
        assert seen[1] == pytest.approx(seen[0], abs=1)


def test_all_of_the_page_fits_a_narrow_window(phone):
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator("summary").first.click()
    phone.locator("summary").last.click()
    wide = """[...document.querySelectorAll('body *')].filter((one) => {
      const {right, width} = one.getBoundingClientRect();
      return width && right > 391 && !one.closest('.cards');
    }).map((one) => one.className)"""
    assert phone.evaluate(wide) == []
