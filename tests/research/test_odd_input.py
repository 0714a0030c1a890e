import numpy as np
import pytest
from PIL import Image

from research.odd_input import difference, run_case


@pytest.mark.parametrize("number", [*range(12), *(pytest.param(n, marks=pytest.mark.slow) for n in range(12, 24))])
def test_drawn_cases_have_right_results_or_clear_lines(tmp_path, number):
    outcome, fault = run_case(1, number, tmp_path)
    assert fault == ""
    assert outcome


def test_a_result_that_is_not_right_is_found(tmp_path):
    array = np.zeros((4, 5, 3), np.uint8)
    known = np.ones((4, 5), bool)
    known[1, 2] = False
    Image.fromarray(array).save(tmp_path / "a.png")
    for place, what in (((1, 2), ""), ((0, 0), "a.png: known pixels differ")):
        changed = array.copy()
        changed[place] = 1
        Image.fromarray(changed).save(tmp_path / "b.png")
        assert difference(tmp_path / "a.png", tmp_path / "b.png", known) == what
    Image.fromarray(array[1:]).save(tmp_path / "b.png")
    assert "became" in difference(tmp_path / "a.png", tmp_path / "b.png", known)
