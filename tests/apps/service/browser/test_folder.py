"""A folder that is dropped."""

import io
import zipfile

import numpy as np

from restore.images.codec import encode
from restore.images.picture import Picture
from tests.apps.service.browser.hands import FILES, finished, mask, opened, press, saved


def test_all_of_a_dropped_folder_is_there_under_its_names(page, tmp_path):
    hole = np.zeros((40, 56), np.uint8)
    hole[3:9, 5:50] = 255
    folder = tmp_path / "photographs"
    (folder / "more").mkdir(parents=True)
    (folder / "写真 1.tif").write_bytes(FILES["deep.tif"])
    (folder / "写真 1_mask.png").write_bytes(encode(Picture(hole), "x.png"))
    (folder / "more" / "写真 1.tif").write_bytes(FILES["deep.tif"])
    (folder / ".hidden").write_bytes(b"of a system")
    touch = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "dragOver", "drop"):  # the second one over what then lies there
        touch.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 400, "data": data})
    page.locator(".message").filter(has_text="2 added").wait_for()
    page.locator(".images .card").nth(1).wait_for()
    opened(page)
    assert page.locator(".images .name").all_inner_texts()[0].startswith("写真 1.tif")
    with_hole = page.locator(".images .card").filter(has_text="has a hole")
    with_hole.get_by_role("button").first.click()
    opened(page)
    assert np.array_equal(mask(page), hole)
    press(page, "Enter")
    finished(page)
    with zipfile.ZipFile(io.BytesIO(saved(page, "Download all (ZIP)")[1])) as archive:
        assert archive.namelist() == ["写真 1.tif"]
        assert archive.read("写真 1.tif") == saved(page, "Download")[1]
