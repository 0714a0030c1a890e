"""What was painted can be undone, after a reload too, and is painted by keys alone."""

import numpy as np

from tests.apps.service.browser.hands import add, drag, finished, mask, opened, press, saved


def painted(page):
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Save the mask").wait_for()
    return page.evaluate("import('/page/session.js').then(({session}) => [...session.mask.data])")


def test_what_was_done_is_undone_and_done_again_after_a_reload(page):
    add(page, "deep.tif")
    states = [painted(page)]
    for y in (-0.2, 0.0, 0.2):
        drag(page, (-0.1, y), (0.1, y))
        states.append(painted(page))
    assert len({sum(state) for state in states}) == 4
    press(page, "Control+z")
    assert painted(page) == states[2]
    page.reload()
    opened(page)
    assert painted(page) == states[2]
    press(page, "Control+Shift+z")
    assert painted(page) == states[3]
    for wanted in (2, 1, 0):
        press(page, "Control+z")
        assert painted(page) == states[wanted]
    assert page.get_by_role("button", name="Undo").is_disabled()
    page.reload()
    opened(page)
    press(page, "Control+Shift+z")
    assert painted(page) == states[1]


def test_what_is_kept_to_be_undone_is_bounded(page):
    kept = """async ({count, size}) => {
      const {flattened, unfolded} = await import('/page/history.js');
      const steps = Array.from({length: count}, (_, i) => new Map([[i, new Uint8Array(size).fill(i)]]));
      const back = await unfolded(await flattened(steps));
      return back.map((step) => [...step].map(([tile, bits]) => [tile, bits.length, bits[0], bits.at(-1)])[0]);
    }"""
    assert page.evaluate(kept, {"count": 250, "size": 3}) == [[i, 3, i, i] for i in range(150, 250)]
    assert page.evaluate(kept, {"count": 7, "size": 2**23}) == [[i, 2**23, i, i] for i in range(3, 7)]


def test_a_hole_is_painted_and_filled_by_keys_alone(page):
    add(page, "deep.tif")
    press(page, "d", *["Shift+ArrowRight"] * 3, "Shift+ArrowDown", "d")
    assert page.locator(".message").inner_text().startswith("The pen is at ")
    hole = mask(page) > 0
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    assert len(columns) > len(rows) > 3
    press(page, "d", "ArrowUp", "ArrowUp", "Escape")  # no trace
    assert np.array_equal(mask(page) > 0, hole)
    press(page, "r", "d", *["ArrowLeft"] * 4, *["ArrowUp"] * 4, "d")
    assert (mask(page) > 0).sum() > hole.sum()
    press(page, "Control+z")
    assert np.array_equal(mask(page) > 0, hole)
    press(page, "Enter")
    finished(page)
    assert saved(page, "Download")[0] == "deep.tif"
