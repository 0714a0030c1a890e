"""Whether the page stays quick on a large photograph: milliseconds from frame to frame while somebody works on it.

    python -m research.page_frames [--megapixels 24] [--image FILE] [--limit 100]

A browser (Chromium without a graphics card, in a window of 1400 x 900 pixels) opens a photograph, by default a picture
of scikit-image enlarged to as many megapixels, with grain. Then a pointer zooms, pans and paints, and the page tells
when each frame was drawn. The program fails if one in twenty frames of an action takes longer than the limit, in
milliseconds.
"""

import argparse
import io
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright
from skimage.data import astronaut

RECORD = """() => {
  window.frames_ = [];
  window.isRecording = true;
  const note = (time) => { window.frames_.push(time); if (window.isRecording) requestAnimationFrame(note); };
  requestAnimationFrame(note);
}"""
STOP = "() => { window.isRecording = false; return window.frames_; }"
FLAGS = ["--no-sandbox", "--disable-gpu"]


def photograph(megapixels: float) -> bytes:
    """A JPEG file of so many megapixels, three wide and two high, with grain."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    image = Image.fromarray(astronaut()).resize((round(1.5 * height), height), Image.Resampling.BICUBIC)
    pixels = np.asarray(image).astype(np.float32)
    pixels += np.random.default_rng(0).normal(0, 6, pixels.shape[:2]).astype(np.float32)[..., None]
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=92)
    return file.getvalue()


def measure(page: Any, act: Callable[[], None]) -> np.ndarray:
    """Milliseconds from frame to frame while something is done."""
    page.evaluate(RECORD)
    act()
    return np.diff(page.evaluate(STOP))


def actions(page: Any) -> dict[str, Callable[[], None]]:
    """What somebody does, one after the other."""
    box = page.locator(".stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(*way: tuple[int, int], steps: int = 30) -> None:
        page.mouse.move(x + way[0][0], y + way[0][1])
        page.mouse.down()
        for right, down in way[1:]:
            page.mouse.move(x + right, y + down, steps=steps)
        page.mouse.up()

    def wheel(by: int) -> None:
        for _ in range(30):
            page.mouse.move(x, y)
            page.mouse.wheel(0, by)

    def pan() -> None:
        page.locator(".stage").focus()
        page.keyboard.down(" ")
        drag((-200, -100), (200, 100), (-200, 100))
        page.keyboard.up(" ")

    def undo() -> None:
        for key in ("Control+z", "Control+Shift+z") * 5:
            page.keyboard.press(key)

    return {
        "paint, all of it seen": lambda: drag((-200, -150), (200, 150), (-200, 150), (200, -150)),
        "undo and redo": undo,
        "zoom in": lambda: wheel(-60),
        "pan": pan,
        "paint, enlarged": lambda: drag((-200, -150), (200, 150), (-200, 150), (200, -150)),
        "zoom out": lambda: wheel(60),
    }


def watch(address: str, data: bytes, limit: float) -> int:
    """Print a line for each action; how many are too slow.

    Args:
        address: Of the service.
        data: A photograph.
        limit: Milliseconds that 95 % of the frames are to keep below.
    """
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1400, "height": 900}, locale="en-US")
        page.goto(address)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Add images").click()
        begun = time.perf_counter()
        chooser.value.set_files([{"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data}])
        page.locator(".empty").wait_for(state="hidden")
        sys.stdout.write(f"opened after {time.perf_counter() - begun:.1f} s\n{'':24}median   95 %    max  (ms)\n")
        page.wait_for_timeout(2000)
        slow = 0
        for name, act in actions(page).items():
            times = measure(page, act)
            middle, most = np.quantile(times, [0.5, 0.95])
            slow += bool(most > limit)
            sys.stdout.write(f"{name:24}{middle:6.1f} {most:6.1f} {times.max():6.1f}\n")
        chromium.close()
    return slow


def main(arguments: list[str] | None = None) -> int:
    """Print a line for each action; 1 if one is too slow."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--megapixels", type=float, default=24.0)
    parser.add_argument("--image", type=Path, help="a photograph instead")
    parser.add_argument("--limit", type=float, default=100.0, help="milliseconds that 95 %% of the frames keep below")
    asked = parser.parse_args(arguments)
    data = asked.image.read_bytes() if asked.image else photograph(asked.megapixels)
    command = [sys.executable, "-m", "restore", "ui", "--no-browser", "--port", "0", "--device", "cpu"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            address = re.search(r"http://\S+", service.stdout.readline())
            assert address is not None
            return int(watch(address.group(), data, asked.limit) > 0)
        finally:
            service.terminate()


if __name__ == "__main__":
    sys.exit(main())
