"""Trainings over several nodes, as far as one machine has them."""

import re

import pytest

from research.nodes import nodes
from restore.errors import UserError


def test_a_folder_that_exists_is_left_alone(tmp_path):
    with pytest.raises(UserError, match="exists"):
        nodes(output=str(tmp_path))


@pytest.mark.slow
def test_two_nodes_of_two_processes_train_one_network(tmp_path, capsys):
    assert nodes(output=str(tmp_path / "out")) == 0
    assert capsys.readouterr().out == "statuses [0, 0]; 4 of 4 processes; 8 of 8 steps\n"


@pytest.mark.slow
def test_where_a_process_is_killed_all_nodes_end(tmp_path, capsys):
    assert nodes(output=str(tmp_path / "out"), processes=1, kill=True) == 0
    ended, *said = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"all ended \d+ s after one was killed; statuses \[1, 1\]", ended)
    assert set(said) == {"restore fit: another process of this training has ended, so that it cannot go on"}
