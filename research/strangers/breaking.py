"""What becomes of a file on its way, or in the hands of somebody who means harm: bytes into other bytes."""

import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

Generator = np.random.Generator

Thing = TypeVar("Thing")

NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
"""That programs miscount at."""

HUGE = ((1, 2**16 - 1), (20000, 20000), (2**14, 2**14), (65500, 65500), (2**16 - 1, 2**16 - 1), (2**31 - 1, 2**31 - 1))
"""Widths and heights that a file can say it has."""


def pick(generator: Generator, things: Sequence[Thing]) -> Thing:
    """One of some things, as it is: NumPy would make all of them of one type."""
    return things[int(generator.integers(len(things)))]


def truncated(generator: Generator, data: bytes) -> bytes:
    """Cut short, often just before the end."""
    if generator.random() < 0.3:
        return data[: -int(generator.integers(1, 20))]
    return data[: int(generator.integers(len(data) + 1))]


def flipped(generator: Generator, data: bytes) -> bytes:
    """Up to 64 single bits."""
    out = bytearray(data)
    for place in generator.integers(len(out), size=int(2 ** generator.uniform(0, 6))) if out else ():
        out[place] ^= 1 << int(generator.integers(8))
    return bytes(out)


def overwritten(generator: Generator, data: bytes) -> bytes:
    """A run of zeros, ones or noise."""
    start, length = int(generator.integers(len(data) + 1)), int(2 ** generator.uniform(0, 8))
    run = pick(generator, [bytes(length), b"\xff" * length, generator.bytes(length)])
    return data[:start] + run + data[start + length :]


def renumbered(generator: Generator, data: bytes) -> bytes:
    """Up to 4 numbers of 1, 2, 4 or 8 bytes, mostly near the beginning, become ones that programs miscount at."""
    out = bytearray(data)
    for _ in range(int(generator.integers(1, 5))):
        kind = str(generator.choice(["B", "H", "I", "Q"]))
        size, number = struct.calcsize(kind), int(generator.choice(NUMBERS))
        if len(out) < size:
            break
        most = len(out) - size + 1
        place = int(generator.integers(min(most, 256) if generator.random() < 0.6 else most))
        struct.pack_into(str(generator.choice(["<", ">"])) + kind, out, place, number % 256**size)
    return bytes(out)


def inserted(generator: Generator, data: bytes) -> bytes:
    """Noise between, or a piece of the file once more, up to a thousand times."""
    place, other = (int(generator.integers(len(data) + 1)) for _ in range(2))
    piece = data[other : other + int(2 ** generator.uniform(0, 10))]
    times = int(generator.choice([1, 10, 1000]))
    return data[:place] + (generator.bytes(20) if generator.random() < 0.3 else piece * times) + data[place:]


def removed(generator: Generator, data: bytes) -> bytes:
    """A piece from the middle."""
    place = int(generator.integers(len(data) + 1))
    return data[:place] + data[place + int(2 ** generator.uniform(0, 10)) :]


def with_head_of(generator: Generator, data: bytes, other: bytes) -> bytes:
    """What another file begins with, in place of or before what this one does."""
    length = int(generator.choice([4, 12, 32, 100]))
    return other[:length] + data[length if generator.random() < 0.5 else 0 :]


def resized(generator: Generator, data: bytes, height: int, width: int) -> bytes:
    """Wherever its sides stand, others do."""
    across, down = pick(generator, HUGE)
    for order in "<>":
        for kind in "IH":
            most = 256 ** struct.calcsize(kind) - 1
            for one, other in (((width, height), (across, down)), ((height, width), (down, across))):
                told = struct.pack(f"{order}2{kind}", *(min(side, most) for side in other))
                data = data.replace(struct.pack(f"{order}2{kind}", *one), told, 2)
        for tag, side, huge in ((256, width, across), (257, height, down)):  # of TIFF
            for number, code in ((3, "H"), (4, "I")):
                before = struct.pack(f"{order}HHI{code}", tag, number, 1, side)
                after = struct.pack(f"{order}HHI{code}", tag, number, 1, min(huge, 256 ** struct.calcsize(code) - 1))
                data = data.replace(before, after)
    return data.replace(b"%d %d" % (width, height), b"%d %d" % (across, down), 1)


def with_sums(data: bytes) -> bytes:
    """A PNG file whose checksums are right again, so that what is wrong in it is looked at."""
    out, place = bytearray(data), 8
    while data.startswith(b"\x89PNG") and place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        end = place + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", out, end, zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(out)


BREAKS: dict[str, Callable[[Any, bytes], bytes]] = {
    "truncated": truncated,
    "bits flipped": flipped,
    "overwritten": overwritten,
    "numbers edited": renumbered,
    "inserted": inserted,
    "removed": removed,
}
"""What can be done to any file."""
