import re
import shutil

import pytest

pytest.importorskip("playwright.sync_api")

from research.page_frames import main

pytestmark = [
    pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of Playwright's pipes
]


@pytest.mark.slow
def test_each_action_has_its_frame_times_and_too_slow_ones_fail(capsys):
    assert main(["--megapixels", "0.3", "--limit", "1e-3"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("opened after ")
    assert len(lines) == 2 + 6
    for line in lines[2:]:
        times = [float(number) for number in re.findall(r"\d+\.\d", line)]
        assert len(times) == 3
        assert times == sorted(times)
