"""The dashboard in a real browser. Needs Chromium and `pip install '.[browser]'`; elsewhere it is skipped.

RESTORE_IMAGES names a folder to train on instead of drawn coins, RESTORE_SCREENSHOTS one to keep what was seen.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from restore.cli import main
from restore.training import LocalTracker
from restore.training.tracking import Panel
from tests.training.test_cli import TINY

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of Playwright's pipes
]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two short trainings on coins, with learning rates of their own."""
    root = tmp_path_factory.mktemp("dashboard")
    images = os.environ.get("RESTORE_IMAGES")
    if images is None:
        images = str(root / "coins")
        assert main(["draw", "objects", "-o", images, "--families", "coin", "--count", "12", "--size", "64"]) == 0
    environment = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}
    for rate in ("0.004", "0.001"):
        options = ["--trainer.max_steps=6", "--trainer.val_check_interval=2", "--trainer.log_every_n_steps=1"]
        command = [sys.executable, "-m", "restore", "fit", "-c", "inpaint", *TINY, *options]
        command += [f"--data.folder={images}", "--data.limit=12", f"--model.optimizer.lr={rate}"]
        subprocess.run(command, check=True, cwd=root, env={**environment, "WANDB_MODE": "offline"}, capture_output=True)
    return root / "runs"


@pytest.fixture(scope="module")
def address(runs):
    command = [sys.executable, "-m", "restore", "dashboard", str(runs), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield re.search(r"http://127.0.0.1:\d+/", process.stdout.readline()).group()
    process.terminate()
    process.wait()
    process.stdout.close()


@pytest.fixture
def page(address):
    """A browser page that asked nobody but the dashboard, and found no error."""
    asked, errors = [], []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1400})
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        keep(page, "last")
        browser.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert errors == []


def keep(page, name):
    if os.environ.get("RESTORE_SCREENSHOTS"):
        page.screenshot(path=Path(os.environ["RESTORE_SCREENSHOTS"]) / f"{name}.png")


def tab(page, address):
    page.goto(f"{address}#restore")
    frame = page.frame_locator("iframe[src*='plugin_entry.html?name=restore']")
    frame.locator(".pictures figure").first.wait_for()
    return frame


def test_runs_are_listed_sorted_and_compared(page, address):
    frame = tab(page, address)
    rows = frame.locator(".runs tbody tr")
    assert rows.count() == 2
    assert all("finished" in text for text in rows.all_inner_texts())
    keep(page, "runs")

    def order():
        column = frame.locator(".runs thead th").all_inner_texts()
        place = next(i for i, text in enumerate(column) if text.startswith("val/psnr") and "hole" not in text)
        return [float(row.locator("td").nth(place).inner_text()) for row in rows.all()]

    heading = frame.locator(".runs thead button").filter(has_text=re.compile(r"^val.psnr( .)?$"))
    heading.click()
    assert order() == sorted(order(), reverse=True)
    heading.click()
    assert order() == sorted(order())

    (difference,) = frame.locator(".differences tbody tr").all_inner_texts()
    assert re.fullmatch(r"\S*lr\s+0.001\s+0.004", difference)
    rows.first.click()
    frame.get_by_text("Choose two runs or more").wait_for()


def test_the_sliders_go_through_the_training_and_from_before_to_after(page, address):
    frame = tab(page, address)
    figures = frame.locator(".pictures tbody figure")
    assert figures.count() >= 4
    assert "dB" in figures.first.inner_text()
    frame.locator(".tile[style*='aspect-ratio']").first.wait_for()  # the picture has arrived
    assert "step 6" in frame.locator(".pictures thead").inner_text()

    tile = frame.locator(".tile").first
    seen = {}
    for cut in (0, 50, 100):
        frame.locator(".cut-all").evaluate(
            f"slider => {{ slider.value = {cut}; slider.dispatchEvent(new Event('input')) }}"
        )
        frame.locator(".cut").first.evaluate("slider => slider.style.visibility = 'hidden'")
        seen[cut] = tile.screenshot()
    assert len(set(seen.values())) == 3  # restored, half of each, degraded
    frame.locator(".tile .cut").first.evaluate(
        "slider => { slider.value = 0; slider.dispatchEvent(new Event('input')) }"
    )
    assert tile.screenshot() == seen[0]
    keep(page, "after")

    before = frame.locator(".layer").first.get_attribute("style")
    frame.locator(".steps").evaluate("slider => { slider.value = 0; slider.dispatchEvent(new Event('change')) }")
    frame.get_by_text("step 2", exact=False).first.wait_for()
    page.wait_for_timeout(500)
    assert "step 2" in frame.locator(".pictures thead").inner_text()
    assert frame.locator(".layer").first.get_attribute("style") != before  # another picture
    keep(page, "first_step")

    frame.locator("select.key").select_option("val/worst")
    page.wait_for_timeout(500)
    keep(page, "worst")
    frame.locator("select.part").select_option("clean")
    page.wait_for_timeout(500)
    assert frame.locator("select.part").input_value() == "clean"


def test_an_image_has_a_history(page, address):
    frame = tab(page, address)
    rows = frame.locator(".body.images tbody tr")
    rows.first.wait_for()
    name = rows.first.locator("td").nth(1).inner_text()
    rows.first.click()
    history = frame.locator(".history")
    history.wait_for()
    assert name in history.inner_text()
    assert history.locator("polyline").count() == 2
    assert history.locator("figcaption").all_inner_texts()[0].startswith("step 2")
    assert history.locator(".thumbnail").count() == 6  # three validations of two runs
    history.scroll_into_view_if_needed()
    keep(page, "history")
    history.get_by_role("button", name="close").click()
    history.wait_for(state="detached")


def test_curves_of_both_runs_lie_in_one_diagram(page, address, runs):
    page.goto(f"{address}#timeseries")
    page.get_by_role("combobox", name="Filter tags (regex)").fill("psnr_hole")
    card = page.locator("card-view").filter(has_text="psnr_hole").first
    card.wait_for()
    card.scroll_into_view_if_needed()
    for run in sorted((runs / "restore").iterdir()):
        card.get_by_text(run.name, exact=False).first.wait_for()
    assert page.get_by_text("Smoothing").count() > 0
    page.wait_for_timeout(1000)  # curves are drawn by a thread of the browser, which nothing tells of
    dots = page.locator("runs-data-table [style*='background'], runs-table-component [style*='background']")
    colours = dots.evaluate_all("dots => [...new Set(dots.map(dot => getComputedStyle(dot).backgroundColor))]")
    assert len(colours) == 2
    drawn = Image.open(io.BytesIO(card.locator("line-chart canvas").screenshot())).convert("RGB")
    for colour in colours:
        distance = np.abs(np.asarray(drawn).astype(int) - [int(part) for part in re.findall(r"\d+", colour)]).max(-1)
        assert (distance < 30).sum() > 50  # a line of its colour
    keep(page, "curves")


def test_what_is_logged_appears_by_itself(page, address, runs):
    frame = tab(page, address)
    tracker = LocalTracker(save_dir=str(runs), id="99999999-live", name="live")
    tracker.log_metrics({"val/psnr": 12.5}, 1)
    row = frame.locator(".runs tbody tr").filter(has_text="live")
    row.wait_for(timeout=15_000)
    assert "running" in row.inner_text()
    assert "12.5" in row.inner_text()
    row.click()
    for step in (1, 2):
        shade = np.full((32, 64, 3), 80 * step, np.uint8)
        tracker.log_panels("val/panels", [Panel("new.png", f"{step} dB", shade, ("degraded", "restored"))], step)
        frame.get_by_text(f"{step} dB", exact=True).wait_for(timeout=15_000)
    tracker.finalize("failed")
    row.filter(has_text="failed").wait_for(timeout=15_000)
    shutil.rmtree(tracker.folder.path)


@pytest.mark.slow
def test_ten_to_the_five_steps_and_two_thousand_pictures_stay_quick(page, address, runs):
    tracker = LocalTracker(save_dir=str(runs), id="99999999-long", name="long", report=False)
    for step in range(0, 100_000, 10):
        tracker.log_metrics({"train/loss": 1 / (1 + step), "val/psnr": step / 1e4}, step)
    noise = np.random.default_rng(0).integers(0, 255, (8, 64, 256, 3), dtype=np.uint8)
    parts = ("degraded", "restored", "clean", "error")
    for step in range(0, 100_000, 400):
        panels = [Panel(f"{i}.png", f"{step} dB", noise[i], parts) for i in range(8)]
        tracker.log_panels("val/panels", panels, step)
    tracker.finalize("success")
    started = time.monotonic()
    frame = tab(page, address)
    frame.get_by_text("99600 dB").first.wait_for()
    opened = time.monotonic() - started
    frame.locator(".steps").evaluate("slider => { slider.value = 103; slider.dispatchEvent(new Event('change')) }")
    started = time.monotonic()
    frame.get_by_text("40000 dB").first.wait_for()
    moved = time.monotonic() - started
    page.goto(f"{address}#timeseries")
    page.get_by_role("combobox", name="Filter tags (regex)").fill("train/loss")
    page.locator("card-view").filter(has_text="train").first.get_by_text("long").first.wait_for(timeout=30_000)
    keep(page, "long")
    shutil.rmtree(tracker.folder.path)
    assert opened < 15
    assert moved < 3
