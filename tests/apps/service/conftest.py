import contextlib
import socket
import threading
import time

import httpx
import pytest
import uvicorn

from restore.apps.hosts import LOCAL
from restore.apps.service.access import Access
from restore.apps.service.application import service
from restore.apps.service.limits import Limits
from restore.inference.restorer import Restorer
from tests.small import write_small_weights


@pytest.fixture(scope="package")
def weights(tmp_path_factory):
    """A small network that changes whatever it may change."""
    return write_small_weights(tmp_path_factory.mktemp("weights"))


class Slow(Restorer):
    """A restorer whose work lasts until it is let go on, and which tells when it is stopped."""

    def __init__(self, restorer):
        self.tiled_network = restorer.tiled_network
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)
        self.stopped = threading.Event()

    def with_progress(self, progress):
        def slowly(done, total):
            if done == 0:
                self.begun.release()
                while not self.go.wait(0.01):
                    try:
                        progress(0, total)
                    except BaseException:
                        self.stopped.set()
                        raise
            progress(done, total)

        return super().with_progress(slowly)


@contextlib.contextmanager
def serving(restorer, limits, access, weights=()):
    """A service on a port of the loopback; gives its address, and the server."""
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(service(restorer, limits, access, weights), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture
def restorer(weights):
    return Restorer.load(weights, "cpu")


@pytest.fixture
def slow(restorer):
    one = Slow(restorer)
    yield one
    one.go.set()


@pytest.fixture
def client(restorer):
    with (
        serving(restorer, Limits(megabytes=2.0, megapixels=0.1), Access(LOCAL, [])) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as one,
    ):
        yield one
