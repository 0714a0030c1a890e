"""Receipts as files: what is written is read, and what is none is said to be none."""

import json
from dataclasses import replace

import pytest

from restore.errors import FileError
from restore.files.hashed import Hashed
from restore.files.receipt import HoleMeans, Output, PageReceipt, Receipt, UsedFile, receipt_path

MASK = UsedFile("mask", "m.png", "../m.png", 3, "2" * 64)
RECEIPT = Receipt(
    "inpaint",
    {"seed": 3, "format": None},
    Output("x.png", "PNG", True, False, 3, "0" * 64),
    [UsedFile("input", "a.png", None, 1, "1" * 64), MASK],
    HoleMeans("mask", "keep", [1, 2], 4),
    {"name": "TorchBackend", "tile": 512, "self_ensemble": False},
    {"python": "3.11.1"},
    {"exif": True},
    ["a note"],
    "identical",
    [PageReceipt(3, 4, 5, 7, 0, 0.0, {"level": 1.5})],
)


def test_what_is_written_is_read(tmp_path):
    path = receipt_path(tmp_path / "x.png")
    assert path.name == "x.png.receipt.json"
    path.write_bytes(RECEIPT.encode())
    assert Receipt.read(path) == RECEIPT
    path.write_text(RECEIPT.compact())
    assert Receipt.read(path) == RECEIPT


def test_in_a_header_it_is_one_line_of_ascii():
    named = replace(RECEIPT, files=[replace(RECEIPT.files[0], name="ł\n.png"), MASK])
    assert named.compact().isascii()
    assert "\n" not in named.compact()
    assert json.loads(named.compact()) == json.loads(named.encode())


BROKEN = [
    ("{", "is no receipt: it is not JSON"),
    ("[" * 100_000, "is no receipt: it is not JSON"),
    ("\xff", "is no receipt: it is not JSON"),
    ("[]", "is no receipt of restore"),
    ('{"kind": "noise profile"}', "is no receipt of restore"),
    ({"schema": 2}, "a receipt of version 2; this version reads 1"),
    ({"pages": []}, "a broken receipt: pages: list should have at least 1 item"),
    ({"files": []}, "a broken receipt: names 0 files that are its input, not 1"),
    ({"hole": None}, "a broken receipt: names 1 files that are its mask, not 0"),
    ({"command": "denoise"}, "a broken receipt: a hole belongs to inpaint"),
    ({"output": {"name": "x.png"}}, "a broken receipt: output.format: field required"),
    ({"known_pixels": "all"}, "a broken receipt: known_pixels: input should be 'identical'"),
    ({"output": {**json.loads(RECEIPT.encode())["output"], "sha256": "1234"}}, "a broken receipt: output.sha256: "),
    ({"hole": {"source": "mask", "grow_mask": -1}}, "a broken receipt: hole.grow_mask: "),
    ({"hole": {"source": "mask", "grow_mask": "4"}}, "a broken receipt: hole.grow_mask: "),
]


@pytest.mark.parametrize(("content", "reason"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_receipt_is_one_line_that_says_why(tmp_path, content, reason):
    path = tmp_path / "x.receipt.json"
    whole = content if isinstance(content, str) else json.dumps({**json.loads(RECEIPT.encode()), **content})
    path.write_bytes(whole.encode("latin-1"))
    with pytest.raises(FileError) as raised:
        Receipt.read(path)
    assert str(raised.value).startswith(f"{path}: {reason}")
    assert "\n" not in str(raised.value)


def test_there_may_be_none(tmp_path):
    with pytest.raises(FileError, match="no such receipt"):
        Receipt.read(tmp_path / "x.receipt.json")


def test_a_file_is_known_by_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert Hashed.of(tmp_path / "a") == Hashed(tmp_path / "a", "a", 3, sha256)
    assert Hashed.of(tmp_path / "a", "standard input") == Hashed(None, "standard input", 3, sha256)
    with pytest.raises(FileError, match="b: no such file"):
        Hashed.of(tmp_path / "b")
