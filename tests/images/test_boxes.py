import struct

import pytest

from restore.images.boxes import box, read_boxes


def test_boxes_are_read_as_they_were_written():
    boxes = [(b"abcd", b"content"), (b"uuid", b""), (b"mdat", bytes(300))]
    assert list(read_boxes(b"".join(box(*one) for one in boxes))) == boxes


def test_long_and_open_boxes_are_read():
    long = struct.pack(">I4sQ", 1, b"mdat", 16 + 5) + b"pixel"
    to_the_end = struct.pack(">I4s", 0, b"jp2c") + b"all that follows"
    assert list(read_boxes(long + to_the_end)) == [(b"mdat", b"pixel"), (b"jp2c", b"all that follows")]


@pytest.mark.parametrize("data", [b"", b"short", struct.pack(">I4s", 7, b"mdat"), struct.pack(">I4sQ", 1, b"mdat", 3)])
def test_sizes_that_make_no_sense_end_it(data):
    assert list(read_boxes(data)) == []
