"""The files of the page: served as what they are, complete, and in both languages."""

import queue
import re

import httpx
import pytest

from restore.apps.hosts import LOCAL
from restore.apps.service.access import Access
from restore.apps.service.limits import Limits
from restore.apps.service.pages import MEDIA_TYPES, PAGE
from restore.cli import main
from tests.apps.service.conftest import serving

SCRIPTS = sorted(PAGE.glob("*.js"))
IMPORT = re.compile(r"^import (?:\{([^}]*)\}|\* as \w+) from '\./([\w.]+)';$", re.MULTILINE)
ENTRY = re.compile(r"^  (\w+): \['((?:[^'\\]|\\.)*)', '((?:[^'\\]|\\.)*)'\],$", re.MULTILINE)


def test_the_page_and_all_it_asks_for_are_served(client):
    page = client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for address in re.findall(r'(?:href|src)="([^"]+)"', page.text):
        assert client.get(f"/{address}").status_code == 200
    for path in PAGE.iterdir():
        part = client.get(f"/page/{path.name}")
        assert part.content == path.read_bytes()
        assert part.headers["content-type"] == MEDIA_TYPES[path.suffix]
        assert part.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")


@pytest.mark.parametrize("name", ["..%2fpages.py", "%2e%2e/pages.py", "nothing.js", "", "../pages.py"])
def test_nothing_else_is_served(client, name):
    assert client.get(f"/page/{name}").status_code == 404


def test_nothing_of_the_page_stands_where_its_policy_forbids_it():
    page = (PAGE / "index.html").read_text()
    assert re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page) is None
    everything = "".join(path.read_text() for path in PAGE.iterdir())
    links = set(re.findall(r"https?://[^'\"\s]+", everything))
    assert links <= {"http://www.w3.org/2000/svg"}
    assert "innerHTML" not in everything
    assert "eval(" not in everything


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_what_a_script_imports_is_exported(script):
    text = script.read_text()
    found = IMPORT.findall(text)
    assert len(found) == len(re.findall(r"^import ", text, re.MULTILINE))
    for names, module in found:
        exported = (PAGE / module).read_text()
        for name in (part.split(" as ")[0].strip() for part in names.split(",") if part.strip()):
            assert re.search(rf"^export (?:async )?(?:function|const|class|let) {name}\b", exported, re.MULTILINE), name


def test_every_text_is_there_in_both_languages():
    texts = {key: (english, japanese) for key, english, japanese in ENTRY.findall((PAGE / "strings.js").read_text())}
    entries = re.findall(r"^  (\w+): \[", (PAGE / "strings.js").read_text(), re.MULTILINE)
    assert sorted(texts) == sorted(entries)
    for key, (english, japanese) in texts.items():
        assert english, key
        assert japanese, key
        values = re.compile(r"\{\w+\}")
        assert sorted(values.findall(english)) == sorted(values.findall(japanese)), key
        if key != "language":
            assert re.search(r"[぀-ヿ一-鿿]", japanese), key
    used = set(re.findall(r"(?:\bt\(|\d{3}: )'(\w+)'", "".join(path.read_text() for path in SCRIPTS)))
    assert used <= texts.keys()


def test_a_key_in_the_address_opens_the_page_and_what_it_asks_for(restorer):
    with (
        serving(restorer, Limits(), Access(LOCAL, ["correct-horse-battery"])) as address,
        httpx.Client(base_url=address, trust_env=False) as browser,
    ):
        assert browser.get("/").status_code == 401
        assert browser.get("/page/index.js").status_code == 401
        assert browser.get("/?key=correct-horse-battery").status_code == 200
        assert browser.get("/page/index.js").status_code == 200


def test_the_browser_is_opened_unless_told_not_to(monkeypatch):
    opened = queue.Queue()
    monkeypatch.setattr("webbrowser.open", opened.put)
    monkeypatch.setattr("restore.commands.serve._serve", lambda told, **options: told(f"port {options['port']}") or 0)
    assert main(["ui", "--port", "5"]) == 0
    assert opened.get(timeout=5) == "port 5"
    assert main(["ui", "--port", "5", "--no-browser"]) == 0
    assert main(["serve", "--port", "5"]) == 0
    assert opened.empty()
