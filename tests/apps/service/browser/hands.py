"""What a person does with the page, and the files they have."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from restore.images.codec import decode, encode
from restore.images.metadata import Metadata
from restore.images.picture import Picture

Page = Any
"""Of Playwright, which is not installed everywhere."""


def pixels(*shape: int, dtype: Any = np.uint8) -> np.ndarray:
    """A ramp that begins again and again, of so many channels."""
    ramp = np.add.outer(np.arange(shape[0]), np.arange(shape[1])) % 61 * (np.iinfo(dtype).max // 61)
    return np.stack([np.roll(ramp, 7 * i, 1) for i in range(3)], -1).astype(dtype) if len(shape) == 3 else ramp


PHOTOGRAPH = encode(Picture(pixels(60, 96, 3), metadata=Metadata(orientation=6)), "x.jpg", 92)
ERASED = np.zeros((48, 64), bool)
ERASED[10:30, 20:44] = True
FILES = {
    "photo.jpg": PHOTOGRAPH,
    "deep.tif": encode(Picture(pixels(40, 56, 3, dtype=np.uint16)), "x.tif"),
    "big.png": encode(Picture(pixels(900, 1200, 3)), "x.png"),
    "erased.png": encode(Picture(pixels(48, 64, 3), alpha=np.where(ERASED, 0, 255).astype(np.uint8)), "x.png"),
}

_GIVE = """async ({kind, files}) => {
  const transfer = new DataTransfer();
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt());
  for (const [name, text] of files) transfer.items.add(new File([bytes(text)], name));
  if (kind === 'paste') return dispatchEvent(new ClipboardEvent('paste', {clipboardData: transfer}));
  const options = {dataTransfer: transfer, bubbles: true, cancelable: true};
  for (const name of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(name, options));
}"""


def choose(page: Page, button: str, files: Mapping[str, bytes]) -> None:
    """Choose files after a click on a button."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files([{"name": name, "mimeType": "", "buffer": data} for name, data in files.items()])


def add(page: Page, *names: str) -> None:
    """Add some of the files, and wait for the first."""
    choose(page, "Add images", {name: FILES[name] for name in names})
    page.locator(".images .card").nth(len(names) - 1).wait_for()
    opened(page)


def give(page: Page, kind: str, files: Mapping[str, bytes]) -> None:
    """Drop or paste files (`drop`, `paste`)."""
    pairs = [[name, base64.b64encode(data).decode()] for name, data in files.items()]
    page.evaluate(_GIVE, {"kind": kind, "files": pairs})


def opened(page: Page) -> None:
    """Wait until the image is seen."""
    page.locator(".empty").wait_for(state="hidden")
    page.wait_for_timeout(300)


def drag(page: Page, *way: tuple[float, float], **options: Any) -> None:
    """Move the pointer over the stage, by parts of its width and height from the middle."""
    box = page.locator(".stage").bounding_box()
    at = [(box["x"] + box["width"] * (0.5 + x), box["y"] + box["height"] * (0.5 + y)) for x, y in way]
    page.mouse.move(*at[0])
    page.mouse.down(**options)
    for one in at[1:]:
        page.mouse.move(*one, steps=6)
    page.mouse.up(**options)
    page.wait_for_timeout(300)


def press(page: Page, *keys: str) -> None:
    """Press keys over the image."""
    page.locator(".stage").focus()
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_timeout(300)


def at_pixel(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the image lies on the page."""
    view = page.evaluate("import('/page/stage.js').then(({view}) => ({...view}))")
    box = page.locator(".stage").bounding_box()
    return box["x"] + view["x"] + (x + 0.5) * view["scale"], box["y"] + view["y"] + (y + 0.5) * view["scale"]


def saved(page: Page, button: str) -> tuple[str, bytes]:
    """Name and bytes of what a button saves."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def mask(page: Page) -> np.ndarray:
    """What is painted: 255 there."""
    return decode(saved(page, "Save the mask")[1]).pixels


def finished(page: Page) -> None:
    """Wait until the work is done."""
    page.locator(".message").filter(has_text="Done.").wait_for(timeout=60_000)
