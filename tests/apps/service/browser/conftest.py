"""The page in a real browser. Needs Chromium and `pip install '.[browser]'`; elsewhere its tests are skipped.

RESTORE_SCREENSHOTS names a folder to keep what was seen.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from restore.networks import RestorationNetwork
from tests.small import write_small_weights

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items):
    of_playwright = pytest.mark.filterwarnings("ignore::ResourceWarning")  # of its pipes
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(of_playwright)


@pytest.fixture(scope="package")
def weights(tmp_path_factory):
    """Of a small network that changes whatever it may change, with a transformer to look into."""
    folder = tmp_path_factory.mktemp("transformer")
    return write_small_weights(folder, lambda: RestorationNetwork("nano", 8, 32, 1, 2, widths=(4, 8), depths=(1, 1)))


@pytest.fixture(scope="package")
def address(weights):
    command = [sys.executable, "-m", "restore", "ui", "--no-browser", "--port", "0", "--weights", str(weights)]
    process = subprocess.Popen([*command, "--device", "cpu"], stdout=subprocess.PIPE, text=True)
    yield re.search(r"http://127.0.0.1:\d+/", process.stdout.readline()).group()
    process.terminate()
    process.wait()
    process.stdout.close()


@pytest.fixture(scope="package")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as started:
        one = started.chromium.launch(executable_path=chromium, args=FLAGS)
        yield one
        one.close()


@pytest.fixture
def page(browser, address):
    """A page of somebody new, which asked nobody but the service, and found no error."""
    asked, errors = [], []
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
    one = context.new_page()
    context.on("request", lambda request: asked.append(request.url))
    one.on("pageerror", lambda error: errors.append(str(error)))
    one.on("console", lambda message: "Content Security Policy" in message.text and errors.append(message.text))
    one.goto(address)
    yield one
    if os.environ.get("RESTORE_SCREENSHOTS"):
        one.screenshot(path=Path(os.environ["RESTORE_SCREENSHOTS"]) / f"{os.getpid()}.png")
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert errors == []
