import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np

from restore.apps.hosts import LOCAL
from restore.apps.service.access import Access
from restore.apps.service.limits import Limits
from restore.images.codec import decode_pages, encode
from restore.images.picture import Picture
from restore.inference.restorer import Restorer
from restore.inference.shared_batches import SharedBatches
from tests.apps.service.conftest import serving


def test_tiles_of_several_requests_share_a_batch(weights, monkeypatch):
    restorer = Restorer.load(weights, "cpu", "torch", batch=4)
    images = [np.random.default_rng(i).integers(0, 256, (64, 64, 3), np.uint8) for i in range(3)]
    together, batches = SharedBatches._together_with, []

    def when_all_have_asked(self, own):
        deadline = time.monotonic() + 30
        while len(self._asked) < len(images) and time.monotonic() < deadline:
            time.sleep(0.001)
        calls = together(self, own)
        batches.append(len(calls))
        return calls

    monkeypatch.setattr(SharedBatches, "_together_with", when_all_have_asked)
    limits = Limits(workers=len(images))
    with serving(restorer, limits, Access(LOCAL, [])) as address, ThreadPoolExecutor(len(images)) as pool:

        def ask(image):
            file = ("x.png", encode(Picture(image), "x.png"))
            answer = httpx.post(f"{address}/v1/denoise", files={"image": file}, data={"sigma": "20"}, timeout=60)
            return decode_pages(answer.content, "x.png")[0].array

        answers = list(pool.map(ask, images))
    assert batches == [len(images)]
    for image, answer in zip(images, answers, strict=True):
        alone = restorer.denoise(image, 20 / 255)
        assert np.abs(alone.astype(int) - answer.astype(int)).max() <= 1
        assert not np.array_equal(alone, image)
