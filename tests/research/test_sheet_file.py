import pytest

from research.damage_sheet import main as damage_sheet
from research.taken_out import main as taken_out


@pytest.mark.parametrize(
    ("program", "arguments", "says"),
    [
        (damage_sheet, ["-o", "{}/sheet.docx"], "no format for a picture"),
        (damage_sheet, ["-o", "{}/sheet.png", "--size", "4"], "size is at least 8"),
        (damage_sheet, ["-o", "{}/sheet.png", "--beside", "{}"], "no images here"),
        (taken_out, ["-o", "{}/sheet.docx"], "no format for a picture"),
        (taken_out, ["-o", "{}/sheet.png", "--size", "4"], "size is at least 8"),
        (taken_out, ["-o", "{}/sheet.png", "--seed", "-1"], "seed is at least 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(program, arguments, says, tmp_path, capsys):
    assert program([argument.format(tmp_path) for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())
