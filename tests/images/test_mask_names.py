import unicodedata
from pathlib import Path

import pytest

from restore.images.mask_names import MaskNames

NFC = unicodedata.normalize("NFC", "café.png")
NFD = unicodedata.normalize("NFD", "café.png")


@pytest.mark.parametrize(
    ("masks", "picture", "matches"),
    [
        (["a.png", "b.png"], "a.png", ["a.png"]),
        (["a.tif", "a.png", "a_mask.png"], "a.png", ["a.png"]),
        (["a.tif", "a_mask.png"], "a.jpg", ["a.tif"]),
        (["a_mask.png", "b_mask.png"], "a.jpg", ["a_mask.png"]),
        (["a-mask.tif"], "a.jpg", ["a-mask.tif"]),
        (["deep/a_mask.png", "a_mask.png"], "deep/a.jpg", ["deep/a_mask.png"]),
        (["A.PNG"], "a.jpg", ["A.PNG"]),
        (["IMG_1_Mask.png"], "img_1.JPG", ["IMG_1_Mask.png"]),
        ([NFD], NFC, [NFD]),
        (["A.png", "a.png"], "a.jpg", ["a.png"]),
        (["b.png"], "a.png", []),
        (["a.tif", "a.webp"], "a.png", ["a.tif", "a.webp"]),
        (["a_mask.png", "a-mask.png"], "a.png", ["a_mask.png", "a-mask.png"]),
        (["A.png", "á.png"], "a.png", ["A.png"]),
        (["A.png", "A.tif"], "a.png", ["A.png", "A.tif"]),
    ],
)
def test_the_mask_is_the_one_whose_name_is_nearest(masks, picture, matches):
    assert MaskNames(map(Path, masks)).match(Path(picture)) == [Path(one) for one in matches]


def test_beside_the_pictures_only_what_is_called_a_mask_is_one():
    names = MaskNames(map(Path, ["a.png", "a_mask.png", "b.png", "lone_mask.png"]), beside=True)
    assert names.match(Path("a.png")) == [Path("a_mask.png")]
    assert names.match(Path("b.png")) == []
    assert names.wanted(Path("b.png")) == "b_mask.*"
    assert [names.is_mask(Path(one)) for one in ("a.png", "a_mask.png", "lone_mask.png")] == [False, True, False]
