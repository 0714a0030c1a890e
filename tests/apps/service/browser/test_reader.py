"""The page as it is read aloud, and by whoever sees little."""

import pytest

from tests.apps.service.browser.hands import add, drag, finished, press

NAMED = {"button", "checkbox", "combobox", "radio", "slider", "spinbutton", "textbox", "application", "dialog", "group"}
LANDMARKS = {"banner", "main", "navigation", "complementary"}
CONTRAST = """() => {
  const luminance = (colour) => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d');
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const below = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
    return 'white';
  };
  const texts = [...document.querySelectorAll('body *')].filter((one) =>
    one.checkVisibility() && !one.closest(':disabled')
    && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return texts.map((one) => {
    const [a, b] = [luminance(getComputedStyle(one).color), luminance(below(one))].sort();
    return [one.textContent, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
  });
}"""


def read(page):
    """Role, name and properties of what is there to be read."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    for node in nodes:
        if not node["ignored"]:
            properties = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
            yield node["role"]["value"], node.get("name", {}).get("value", ""), properties


@pytest.mark.parametrize("language", ["en", "ja"])
def test_whatever_can_be_used_has_a_name_and_a_place(page, language):
    add(page, "deep.tif", "erased.png")
    page.locator("input[value=plausible]").check()
    if language == "ja":
        page.get_by_role("button", name="日本語").click()
        page.get_by_role("button", name="画像を追加").wait_for()
    for one in page.locator("summary").all():
        one.click()
    page.wait_for_timeout(300)
    nodes = list(read(page))
    roles = {role for role, _, _ in nodes}
    assert roles >= LANDMARKS | {"status", "application", "radio", "slider", "spinbutton"}
    assert [(role, name) for role, name, _ in nodes if role in NAMED and not name.strip()] == []
    pressed = [name for _, name, properties in nodes if properties.get("pressed") == "true"]
    assert len(pressed) == 2  # a tool, and what it paints
    current = page.locator("[aria-current=true]").all_inner_texts()
    assert [one.split("\n")[0] for one in current] == ["deep.tif"]


def test_what_happens_is_said(page):
    live = [properties["live"] for _, _, properties in read(page) if properties.get("live", "off") != "off"]
    assert live == ["polite"]
    add(page, "deep.tif")
    said = page.get_by_role("status")
    press(page, "Enter")
    said.filter(has_text="Paint the hole first").wait_for()
    press(page, "k")
    said.filter(has_text="Painted now: what must not be copied").wait_for()
    press(page, "k")
    drag(page, (-0.05, 0.0), (0.05, 0.0))
    press(page, "Enter")
    finished(page)
    press(page, "?")
    dialogs = [(name, properties["modal"]) for role, name, properties in read(page) if role == "dialog"]
    assert dialogs == [("Keys", True)]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_texts_stand_out_from_what_lies_below_them(page, colours):
    page.get_by_role("combobox", name="Colours").select_option(colours)
    add(page, "deep.tif", "erased.png")
    drag(page, (-0.05, 0.0), (0.05, 0.0))
    page.locator("input[value=plausible]").check()
    for one in page.locator("summary").all():
        one.click()
    weak = {text: round(ratio, 1) for text, ratio in page.evaluate(CONTRAST) if ratio < 4.5}  # WCAG 2.2, 1.4.3
    assert weak == {}


def test_keys_reach_every_control_and_are_seen_where_they_are(page):
    add(page, "deep.tif")
    page.locator("h1").click()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "(() => { const one = document.activeElement, style = getComputedStyle(one);"
            " return [one.getAttribute('aria-label') ?? one.textContent, style.outlineStyle + style.outlineWidth]; })()"
        )
        if page.evaluate("document.activeElement === document.body"):
            break
        assert outline == "solid3px", name
        seen.add(name)
    assert seen >= {"Add images", "Brush", "Show all", "Fill the hole", "Remove noise", "Mask from a file"}
