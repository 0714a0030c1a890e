import json
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest

from restore.cli import main
from restore.training import LocalTracker


def test_the_dashboard_shows_a_run_while_it_trains_and_stops_when_told_to(tmp_path):
    tracker = LocalTracker(save_dir=str(tmp_path / "runs"), id="mine", name="coins")
    tracker.log_metrics({"val/psnr": 30.0}, 1)
    command = [sys.executable, "-m", "restore", "dashboard", str(tmp_path / "runs"), "--host", "0.0.0.0", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    killer = threading.Timer(60, process.kill)
    killer.start()
    try:
        line = process.stdout.readline()
        address = re.search(r"http://\S+:(\d+)/\?token=(\S+)#restore", line)
        assert address, line
        port, token = address.groups()
        assert "0.0.0.0" not in line  # which is no address for others
        assert answer(port, "") == (401, None)
        status, told = answer(port, token)
        assert status == 200
        assert [(run["name"], run["state"]) for run in told["runs"]] == [("coins", "running")]
    finally:
        killer.cancel()
        process.terminate()
        process.wait()
        process.stdout.close()
        tracker.finalize("success")


def answer(port, token):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/data/plugin/restore/runs")
    request.add_header("Cookie", f"restore_token_{port}={token}")
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, None


def test_a_dashboard_of_no_folder_is_refused_in_one_line(tmp_path, capsys):
    assert main(["dashboard", str(tmp_path / "runs")]) == 2
    assert capsys.readouterr().err == f"restore: {tmp_path / 'runs'}: no such folder\n"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--port", "-1"], "port -1: lies between 0 and 65535"),
        (["--port", "99999"], "port 99999: lies between 0 and 65535"),
        (["--host", "nowhere.invalid"], "nowhere.invalid: Name or service not known"),
    ],
)
def test_a_place_to_listen_that_is_none_is_told_in_one_line(tmp_path, capsys, options, reason):
    assert main(["dashboard", str(tmp_path), *options]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"restore: {tmp_path}: holds no runs yet"
    assert second.startswith(f"restore: {reason}")
