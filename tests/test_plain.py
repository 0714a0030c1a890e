import json
import math

import pytest

from restore.plain import as_json, duration, flat


def test_what_is_no_number_is_null():
    told = as_json({"a": math.nan, "b": [1.5, -math.inf, {"c": (math.inf, 2)}]})
    assert json.loads(told) == {"a": None, "b": [1.5, None, {"c": [None, 2]}]}


def test_what_is_not_plain_is_refused():
    with pytest.raises(TypeError):
        as_json({"a": object()})


def test_nested_settings_become_one_level():
    settings = {"a": {"b": 1, "c": [{"d": 2}, 3]}, "e": {}, "f": []}
    assert flat(settings) == {"a.b": 1, "a.c.0.d": 2, "a.c.1": 3, "e": {}, "f": []}
    assert flat({}) == {}


def test_durations_are_told_in_the_unit_that_fits():
    assert [duration(seconds) for seconds in (3.0, 600.0, 7200.0)] == ["3 s", "10 min", "2.0 h"]
