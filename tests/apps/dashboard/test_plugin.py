import json

import pytest
from tensorboard.default import get_plugins
from tensorboard.plugins.base_plugin import TBContext
from werkzeug.test import Client

from restore.apps.dashboard.plugin import PAGE, Restorations
from restore.apps.dashboard.server import guarded

from .conftest import webp


@pytest.fixture
def routes(runs):
    return Restorations(TBContext(logdir=str(runs))).get_plugin_apps()


def ask(routes, route, **asked):
    answer = Client(routes[route]).get(route, query_string=asked)
    return answer.status_code, answer.json


def test_tensorboard_finds_it(runs, tmp_path):
    assert Restorations in get_plugins()
    assert Restorations(TBContext(logdir=str(runs))).is_active()
    assert not Restorations(TBContext(logdir=str(tmp_path / "other"))).is_active()
    assert not Restorations(TBContext(logdir="")).is_active()  # not the working folder


def test_each_route_tells_what_the_run_holds(routes):
    status, told = ask(routes, "/runs")
    assert status == 200
    assert [run["run"] for run in told["runs"]] == ["restore/new", "restore/old"]
    run = "restore/old"
    assert ask(routes, "/config", run=run)[1]["settings"]["model.optimizer.lr"] == 1e-3
    assert ask(routes, "/steps", run=run)[1] == {"pictures": {"val/panels": [10, 20]}, "images": [10, 20]}
    (picture, _) = ask(routes, "/pictures", run=run, key="val/panels", step=10)[1]["pictures"]
    assert len(ask(routes, "/images", run=run, step=20)[1]["rows"]) == 3
    assert [entry["step"] for entry in ask(routes, "/history", run=run, image="1.png")[1]["history"]] == [10, 20]
    answer = Client(routes["/file"]).get("/file", query_string={"run": run, "name": picture["file"]})
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/webp", webp(96, 32))


@pytest.mark.parametrize(
    ("route", "asked"),
    [
        ("/steps", {"run": "missing"}),
        ("/steps", {}),
        ("/images", {"run": "restore/old", "step": "many"}),
        ("/pictures", {"run": "restore/old", "step": "10"}),
        ("/config", {"run": "../../etc"}),
    ],
)
def test_what_is_not_there_is_not_found(routes, route, asked):
    assert ask(routes, route, **asked) == (404, {"error": "no such run, picture or step"})


def test_files_that_are_no_pictures_are_not_handed_out(routes):
    for name in ("run.json", "../new/run.json", "../../../secret.webp", "\0.webp", "a" * 5000 + ".webp"):
        assert (
            Client(routes["/file"]).get("/file", query_string={"run": "restore/old", "name": name}).status_code == 404
        )


def test_the_page_and_its_scripts_are_served(routes):
    for path in PAGE.iterdir():
        answer = Client(routes["/page/*"]).get(f"/data/plugin/restore/page/{path.name}")
        assert answer.status_code == 200
        assert answer.data == path.read_bytes()
    assert Client(routes["/page/*"]).get("/data/plugin/restore/page/..%2Fplugin.py").status_code == 404
    assert Client(routes["/page/*"]).get("/data/plugin/restore/page/index.js").mimetype == "text/javascript"


def application(environment, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"inside"]


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:6006", 200), ("localhost:6006", 200), ("[::1]:6006", 200), ("evil.example:6006", 403), ("", 403)],
)
def test_without_a_token_only_this_machine_is_answered(host, status):
    answer = Client(guarded(application, None)).get("/data/runs", headers={"Host": host})
    assert answer.status_code == status
    assert (answer.data == b"inside") == (status == 200)


def test_with_a_token_it_opens_the_door_and_is_kept_in_a_cookie():
    client = Client(guarded(application, "secret"))
    for path in ("/", "/?token=guess", "/data/plugin/restore/runs", "/?token="):
        answer = client.get(path)
        assert (answer.status_code, b"inside" in answer.data) == (401, False)
    answer = client.get("/?token=secret")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert all(word in answer.headers["Set-Cookie"] for word in ("HttpOnly", "SameSite=Lax", "restore_token_80="))
    assert client.get("/data/runs").data == b"inside"
    answer = Client(guarded(application, "secret")).get("//evil.example/%0d%0aX-Y:%20z?token=secret")
    assert (answer.headers["Location"], "X-Y" in answer.headers) == ("/", False)  # wherever one comes in


def test_all_that_is_told_is_json(routes):
    answer = Client(routes["/runs"]).get("/runs")
    assert json.loads(answer.data, parse_constant=lambda name: pytest.fail(name))


def test_a_picture_is_sent_again_only_if_it_changed(routes, runs):
    asked = {"run": "restore/old", "name": "pictures/val/panels/10-0.webp"}
    client = Client(routes["/file"])
    tag = client.get("/file", query_string=asked).headers["ETag"]
    assert client.get("/file", query_string=asked, headers={"If-None-Match": tag}).status_code == 304
    (runs / "restore" / "old" / "pictures" / "val" / "panels" / "10-0.webp").write_bytes(webp(8, 8))
    assert client.get("/file", query_string=asked, headers={"If-None-Match": tag}).status_code == 200


def test_dates_and_whatever_else_yaml_knows_can_be_told(routes, runs):
    (runs / "restore" / "old" / "config.yaml").write_text("began: 2026-01-01\nwhat: !!set {a}\n")
    assert ask(routes, "/config", run="restore/old")[1]["settings"]["began"] == "2026-01-01"
