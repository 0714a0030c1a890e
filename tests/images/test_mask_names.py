import unicodedata
from pathlib import Path

from restore.images.mask_names import MaskNames


def match(names, wanted):
    return [str(path) for path in MaskNames((Path(name) for name in names), beside=False).match(Path(wanted))]


def test_a_mask_has_the_name_of_its_picture_perhaps_with_mask_added():
    assert match(["a.png", "b.png"], "a.jpg") == ["a.png"]
    assert match(["a_mask.png"], "a.jpg") == ["a_mask.png"]
    assert match(["a-mask.png"], "a.jpg") == ["a-mask.png"]
    assert match(["x/a.png", "a.tif"], "x/a.jpg") == ["x/a.png"]
    assert match(["b.png"], "a.jpg") == []


def test_case_and_unicode_form_do_not_matter_where_one_fits():
    assert match(["A.PNG"], "a.jpg") == ["A.PNG"]
    composed, decomposed = (unicodedata.normalize(form, "Käse") for form in ("NFC", "NFD"))
    assert match([f"{decomposed}.png"], f"{composed}.jpg") == [f"{decomposed}.png"]


def test_several_that_fit_are_all_told():
    assert sorted(match(["a.png", "a.tif"], "a.jpg")) == ["a.png", "a.tif"]
