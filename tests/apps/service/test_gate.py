"""What is refused before it is read, and what happens when there is too much to do, or nobody waits any more."""

import asyncio
import socket
import threading
import time

import httpx
import numpy as np
import pytest

from restore.apps.hosts import LOCAL
from restore.apps.service import gate
from restore.apps.service.access import Access
from restore.apps.service.limits import Limits
from restore.images.codec import encode
from restore.images.picture import Picture
from tests.apps.service.conftest import serving

IMAGE = encode(Picture(np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8)), "x.png")


def ask(address, timeout=30.0, **more):
    with httpx.Client(base_url=address, timeout=timeout, trust_env=False) as client:
        return client.post("/v1/denoise", files={"image": ("a.png", IMAGE)}, data={"sigma": "20"}, **more)


def in_background(count, address):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(ask(address))) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, answers


def test_a_full_queue_turns_away_at_once_and_says_when_to_come_back(slow):
    with serving(slow, Limits(queue=1, workers=1), Access(LOCAL, [])) as address:
        threads, answers = in_background(2, address)
        assert slow.begun.acquire(timeout=10)
        wait_until(lambda: httpx.get(f"{address}/v1/info", trust_env=False).json()["taken"] == 2)
        start = time.monotonic()
        refused = ask(address)
        assert time.monotonic() - start < 2
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["detail"].startswith("the queue is full")
        slow.go.set()
        for thread in threads:
            thread.join()
        assert [answer.status_code for answer in answers] == [200, 200]
        assert ask(address).status_code == 200


def test_what_takes_too_long_is_ended(slow):
    with serving(slow, Limits(seconds=0.5), Access(LOCAL, [])) as address:
        answer = ask(address)
        assert answer.status_code == 504
        assert answer.json() == {"detail": "not done within 0.5 s"}
        assert slow.stopped.wait(5)


def test_what_nobody_waits_for_is_ended_and_leaves_its_place(slow):
    with serving(slow, Limits(queue=0), Access(LOCAL, [])) as address:
        with pytest.raises(httpx.ReadTimeout):
            ask(address, timeout=0.5)
        assert slow.stopped.wait(5)
        slow.go.set()
        wait_until(lambda: ask(address).status_code == 200)


def test_a_server_that_is_told_to_end_finishes_what_it_has_accepted(slow):
    with serving(slow, Limits(), Access(LOCAL, [])) as address:
        threads, answers = in_background(2, address)
        assert slow.begun.acquire(timeout=10)
        threading.Timer(0.5, slow.go.set).start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]


def test_what_says_that_it_is_too_large_is_refused_before_any_of_it_comes(restorer, monkeypatch):
    monkeypatch.setattr(gate, "QUIET", 0.2)
    with serving(restorer, Limits(megabytes=1.0), Access(LOCAL, [])) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            asked = f"POST /v1/denoise HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000001\r\n\r\n"
            connection.sendall(asked.encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        assert answer.startswith("HTTP/1.1 413 ")
        assert answer.endswith('{"detail": "more than 1 megabytes"}')


def test_what_turns_out_to_be_too_large_is_refused(restorer):
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'

    def body():
        yield head
        for _ in range(12):
            yield b"x" * 100_000

    with serving(restorer, Limits(megabytes=1.0), Access(LOCAL, [])) as address:
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = httpx.post(f"{address}/v1/denoise", content=body(), headers=headers, trust_env=False)
        assert answer.status_code == 413
        assert answer.json() == {"detail": "more than 1 megabytes"}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "localhost@evil.example:80"])
def test_other_names_of_the_service_are_refused(restorer, host):
    with serving(restorer, Limits(), Access(LOCAL, [])) as address:
        answer = httpx.get(f"{address}/v1/info", headers={"Host": host}, trust_env=False)
        assert answer.status_code in (400, 421)


def test_who_is_still_sending_when_refused_is_told_why(restorer):
    async def ask_all(address):
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            files = {"image": ("a.png", bytes(3 * 10**6))}
            return await asyncio.gather(*(client.post(f"{address}/v1/denoise", files=files) for _ in range(20)))

    with serving(restorer, Limits(), Access(LOCAL, ["correct-horse"])) as address:
        answers = asyncio.run(ask_all(address))
    assert {(answer.status_code, answer.json()["detail"][:15]) for answer in answers} == {(401, "a key is needed")}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:80"])
def test_its_own_names_are_known(restorer, host):
    with serving(restorer, Limits(), Access(LOCAL, [])) as address:
        assert httpx.get(f"{address}/v1/info", headers={"Host": host}, trust_env=False).status_code == 200


def test_pages_of_other_sites_may_not_ask(restorer):
    with serving(restorer, Limits(), Access(LOCAL, [])) as address:
        assert ask(address, headers={"Origin": "https://evil.example"}).status_code == 403
        assert ask(address, headers={"Origin": address}).status_code == 200


def test_a_key_is_told_in_a_header_or_once_in_the_address(restorer):
    with serving(restorer, Limits(), Access(LOCAL, ["correct-horse", "another"])) as address:
        assert ask(address).status_code == 401
        assert ask(address, headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert ask(address, headers={"Authorization": "Bearer another"}).status_code == 200
        assert ask(address, headers={"X-API-Key": "correct-horse"}).status_code == 200
        with httpx.Client(base_url=address, trust_env=False) as browser:
            assert browser.get("/v1/info").status_code == 401
            first = browser.get("/v1/info?key=correct-horse")
            assert "HttpOnly" in first.headers["set-cookie"]
            assert browser.get("/v1/info").status_code == 200


def test_answers_may_load_nothing_from_elsewhere(restorer):
    with serving(restorer, Limits(), Access(LOCAL, [])) as address:
        headers = httpx.get(f"{address}/v1/info", trust_env=False).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
