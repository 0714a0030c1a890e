"""What clients ask for, and what is the right answer."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from restore.images.codec import decode
from restore.inference.restorer import Restorer

SIDES = (16, 40, 64, 128, 200, 256)
"""Of images, in pixels."""

SIGMA = 20
"""Of 255."""

Fields = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A request.

    Args:
        task: Below `/v1/`.
        files: By field.
        fields: Others.
        expected: The pixels of the right answer; None where it has to be refused.
    """

    task: str
    files: Fields
    fields: Fields
    expected: Any = None

    def is_right(self, answer: bytes) -> bool:
        """Whether the answer has the pixels that `Restorer` gives."""
        return self.expected is not None and np.array_equal(decode(answer).array, self.expected)


def requests_of(restorer: Restorer, generator: np.random.Generator, count: int = 24) -> list[Request]:
    """Some that are right, of mixed sizes, formats and tasks."""
    return [_right(restorer, generator, index) for index in range(count)]


def _right(restorer: Restorer, generator: np.random.Generator, index: int) -> Request:
    height, width = (int(generator.choice(SIDES)) for _ in range(2))
    steps = generator.integers(1, 9, size=(2, 3))
    rows, columns = np.mgrid[:height, :width, :1][:2]
    ramp = (rows * steps[0] + columns * steps[1]) % 200
    array = (ramp + generator.normal(20, 10, (height, width, 3))).clip(0, 255).astype(np.uint8)
    name = ("a.png", "a.tif", "a.webp")[index % 3]
    image = _file(array, name)
    if index % 2:
        return Request("denoise", {"image": (name, image)}, {"sigma": SIGMA}, restorer.denoise(array, SIGMA / 255))
    hole = np.zeros((height, width), bool)
    hole[height // 4 : height // 2, width // 4 : width // 2] = True
    files = {"image": (name, image), "mask": ("mask.png", _file(hole.astype(np.uint8) * 255, "mask.png"))}
    return Request("inpaint", files, {}, restorer.inpaint(array, hole))


def _file(array: Any, name: str) -> bytes:
    buffer = io.BytesIO()
    options = {"lossless": True} if name.endswith("webp") else {}
    Image.fromarray(array).save(buffer, {"png": "PNG", "tif": "TIFF", "ebp": "WEBP"}[name[-3:]], **options)
    return buffer.getvalue()


def malformed(right: Request, generator: np.random.Generator) -> Request:
    """A request with something wrong: a file that is cut short or none, an option out of range, or no file."""
    name, data = right.files["image"]
    wrong: list[Callable[[], Request]] = [
        lambda: Request(right.task, {**right.files, "image": (name, data[: len(data) // 2])}, right.fields),
        lambda: Request(right.task, {**right.files, "image": (name, generator.bytes(500))}, right.fields),
        lambda: Request(right.task, {**right.files, "image": (name, b"")}, right.fields),
        lambda: Request("denoise", {"image": (name, data)}, {"sigma": "-1"}),
        lambda: Request("inpaint", {"image": (name, data), "mask": (name, b"no mask")}, {}),
        lambda: Request(right.task, {}, {**right.fields, "image": "none"}),
    ]
    return wrong[int(generator.integers(len(wrong)))]()
