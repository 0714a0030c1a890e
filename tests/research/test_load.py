import pytest

from research.load.__main__ import main


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--no-stop"]])
def test_a_service_under_load_answers_what_it_takes_on_and_ends_in_order(more, capsys):
    assert main(["--clients", "20", "--requests", "60", "--malformed", "0.1", *more]) == 0
    assert "lost or wrong" in capsys.readouterr().out
