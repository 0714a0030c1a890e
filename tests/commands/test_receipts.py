"""Receipts of results by the command line: what they say, and what `restore verify` says of them."""

import hashlib
import io
import json
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from restore.cli import main
from restore.images.codec import read_pages, read_picture, write_picture
from restore.images.metadata import Metadata
from restore.images.picture import Picture
from tests.commands.samples import HOLE, noise, write_mask

KINDS = {"a.png": np.uint8, "a.tif": np.uint16, "a.webp": np.uint8, "a.avif": np.uint8, "a.bmp": np.uint8}


def receipt_of(path):
    return json.loads(path.with_name(path.name + ".receipt.json").read_bytes())


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def files(tmp_path):
    write_mask(tmp_path / "mask.png")
    write_picture(Picture(noise(24, 32, 3)), tmp_path / "a.png")
    return tmp_path


@pytest.fixture
def filled(files, command):
    """Fills the image, with a receipt beside the result."""

    def run(name="a.png", *options):
        output = files / "out" / name
        arguments = (files / name, "--mask", files / "mask.png", "-o", output, "--receipt", *options)
        assert command("inpaint", *arguments) == 0
        return output

    return run


def verify(capsys, *arguments):
    """The status, what is said on stdout, and on stderr."""
    capsys.readouterr()
    status = main(["verify", *map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


def forge(path, **changed):
    """Change what a receipt says; `sha256` is that of the file as it is now, if it is True."""
    receipt = receipt_of(path)
    receipt["output"].update(sha256=sha256(path), size=path.stat().st_size)
    receipt.update(changed)
    path.with_name(path.name + ".receipt.json").write_text(json.dumps(receipt))


def change(path, row, column, by=1):
    pages = read_pages(path)
    array = pages[-1].array.copy()
    array[row, column] ^= array.dtype.type(by)
    write_picture((*pages[:-1], pages[-1].with_array(array)), path, overwrite=True, quality=100)


def test_a_receipt_says_what_a_result_was_made_from_and_with(files, filled, weights):
    output = filled("a.png", "--grow-mask", "1", "--seed", "0")
    said = receipt_of(output)
    (source, mask, used) = said["files"]
    assert (source["role"], source["path"], source["sha256"]) == ("input", "../a.png", sha256(files / "a.png"))
    assert (mask["role"], mask["path"], mask["sha256"]) == ("mask", "../mask.png", sha256(files / "mask.png"))
    assert (used["role"], used["name"]) == ("weights", "small.safetensors")
    assert (output.parent / used["path"]).resolve() == (files / weights).resolve()
    assert used["sha256"] == hashlib.sha256((output.parent / used["path"]).read_bytes()).hexdigest()
    assert said["output"] == {
        "name": "a.png",
        "format": "PNG",
        "lossless": True,
        "unchanged": False,
        "size": output.stat().st_size,
        "sha256": sha256(output),
    }
    assert said["hole"] == {"source": "mask", "mask_means": "hole", "mask_values": None, "grow_mask": 1}
    changed = (read_picture(output).pixels != noise(24, 32, 3)).any(-1)
    (page,) = said["pages"]
    assert page["hole_pixels"] == HOLE.sum() + 2 * (12 + 6)  # a disc of radius 1 adds the four sides
    assert page["known_pixels"] == HOLE.size - page["hole_pixels"] <= (~changed).sum()
    assert (said["known_pixels"], page["known_pixels_that_differ"]) == ("identical", 0)
    assert said["options"]["grow_mask"] == 1
    assert {"images", "output", "mask", "receipt"}.isdisjoint(said["options"])
    assert {"restore", "python", "numpy", "torch"} <= said["versions"].keys()
    assert (said["backend"]["library"], said["backend"]["device"]) == ("torch", "cpu")


def test_the_result_is_the_same_with_a_receipt_and_two_runs_give_the_same_receipt(files, filled, command):
    first = filled()
    data, receipt = first.read_bytes(), receipt_of(first)
    assert filled("a.png", "--overwrite").read_bytes() == data
    assert receipt_of(first) == receipt
    assert command("inpaint", files / "a.png", "--mask", files / "mask.png", "-o", files / "plain.png") == 0
    assert (files / "plain.png").read_bytes() == data
    assert not (files / "plain.png.receipt.json").exists()


@pytest.mark.parametrize("name", KINDS)
def test_one_changed_known_pixel_is_found_also_where_the_receipt_was_made_to_match(files, filled, capsys, name):
    write_picture(Picture(noise(24, 32, 3, dtype=KINDS[name])), files / name, overwrite=True)
    output = filled(name)
    status, said, _ = verify(capsys, output)
    assert status == 0
    assert said.startswith(f"{output}: nothing differs; {HOLE.size - HOLE.sum()} known pixels are those of the input")
    change(output, 20, 3)
    status, said, wrong = verify(capsys, output)
    assert (status, said) == (1, "")
    pixel = "1 known pixel differs from the input, at 3,20"
    assert wrong == f"restore: {output}: it is not the file that its receipt was written for; {pixel}\n"
    forge(output)
    assert verify(capsys, output) == (1, "", f"restore: {output}: {pixel}\n")
    forge(output, known_pixels="encoded with loss", pages=[{**receipt_of(output)["pages"][0], "largest_difference": 9}])
    assert verify(capsys, output) == (1, "", f"restore: {output}: {pixel}\n")


def test_a_changed_pixel_of_the_hole_is_no_known_one_but_another_file(filled, capsys):
    output = filled()
    change(output, 8, 10)
    assert verify(capsys, output)[::2] == (
        1,
        f"restore: {output}: it is not the file that its receipt was written for\n",
    )
    forge(output)
    assert verify(capsys, output)[0] == 0  # nobody can know what was filled there


def test_jpeg_is_said_to_be_encoded_with_loss_and_what_is_painted_over_is_found(files, filled, capsys):
    smooth = np.add.outer(np.arange(24), np.arange(32))[..., None].repeat(3, 2).astype(np.uint8)
    write_picture(Picture(smooth), files / "a.jpg")
    output = filled("a.jpg")
    said = receipt_of(output)
    before, after = read_picture(files / "a.jpg").pixels.astype(int), read_picture(output).pixels
    largest = int(abs(before - after)[~HOLE].max())
    assert (said["known_pixels"], said["output"]["lossless"]) == ("encoded with loss", False)
    assert said["pages"][0]["largest_difference"] == largest > 0
    status, line, _ = verify(capsys, output)
    assert status == 0
    assert f"known pixels are within {largest} levels of the input, as JPEG encodes with loss" in line
    change(output, 20, 3, by=128)
    forge(output)
    status, _, wrong = verify(capsys, output)
    assert status == 1
    assert f"levels, and by {largest} as it was written" in wrong


@pytest.mark.parametrize("which", ["a.png", "mask.png", "weights"])
def test_another_file_is_named(files, filled, command, capsys, weights, which):
    shutil.copy(weights, files / "weights")
    output = filled("a.png", "--weights", files / "weights")
    with (files / which).open("ab") as file:
        file.write(b"\0")
    role = {"a.png": "input", "mask.png": "mask"}.get(which, "weights")
    status, _, wrong = verify(capsys, output)
    assert status == 1
    (line,) = wrong.splitlines()
    assert line.startswith(f"restore: {output}: the {role} ")
    assert line.endswith(f"{which} is another file than the receipt names")


def test_what_is_not_there_is_not_checked_and_may_be_given(files, filled, capsys):
    output = filled()
    (files / "a.png").rename(files / "b.png")
    status, said, _ = verify(capsys, output)
    assert status == 0
    assert "not checked: the input a.png, which is not there, so its pixels were not compared" in said
    assert "known pixels" not in said
    status, said, wrong = verify(capsys, output, "--strict")
    assert (status, said) == (1, "")
    assert wrong.startswith(f"restore: {output}: not checked: the input a.png, which is not there")
    change(output, 0, 0)
    forge(output)
    assert verify(capsys, output)[0] == 0
    status, _, wrong = verify(capsys, output, "--input", files / "b.png")
    assert status == 1
    assert "1 known pixel differs from the input, at 0,0" in wrong
    assert verify(capsys, output, "--input", files / "c.png")[::2] == (2, f"restore: {files}/c.png: no such file\n")


def test_an_input_that_was_changed_with_its_hash_is_found_by_the_true_one(files, filled, capsys):
    shutil.copy(files / "a.png", files / "true.png")
    output = filled()
    change(files / "a.png", 0, 0)
    change(output, 0, 0)
    source = {**receipt_of(output)["files"][0], "sha256": sha256(files / "a.png")}
    forge(output, files=[source, *receipt_of(output)["files"][1:]])
    assert verify(capsys, output)[0] == 0
    status, _, wrong = verify(capsys, output, "--input", files / "true.png")
    assert status == 1
    assert wrong == f"restore: {output}: the input {files}/true.png is another file than the receipt names\n"


def test_a_hole_that_is_said_to_be_wider_is_found_by_its_size(filled, capsys):
    output = filled()
    forge(output, hole={**receipt_of(output)["hole"], "grow_mask": 3})
    status, _, wrong = verify(capsys, output)
    assert status == 1
    assert f"pixels, and {HOLE.sum()} by its receipt" in wrong


def test_the_receipt_leads_to_its_files_wherever_all_of_them_are_moved(files, filled, capsys):
    output = filled()
    moved = files.with_name(files.name + "-moved")
    files.rename(moved)
    status, said, _ = verify(capsys, moved / "out" / "a.png")
    assert status == 0
    assert "known pixels are those of the input" in said
    moved.rename(files)
    files.with_name(files.name + "-link").symlink_to(files / "out")
    assert "known pixels are" in verify(capsys, files.with_name(files.name + "-link") / output.name)[1]


def test_a_folder_is_verified_whole(files, filled, command, capsys):
    write_picture(Picture(noise(24, 32)), files / "in" / "deep" / "b.png")
    shutil.copy(files / "a.png", files / "in")
    out = files / "out"
    assert command("inpaint", files / "in", "--mask", files / "mask.png", "-o", out, "--receipt") == 0
    status, said, _ = verify(capsys, out)
    assert (status, len(said.splitlines())) == (0, 2)
    change(out / "deep" / "b.png", 0, 0)
    (out / "a.png").unlink()
    status, said, wrong = verify(capsys, out)
    assert (status, said) == (1, "")
    assert [line.partition(": ")[2].partition(": ")[0] for line in wrong.splitlines()] == [
        str(out / "a.png"),
        str(out / "deep" / "b.png"),
    ]
    assert verify(capsys, files / "in")[::2] == (2, f"restore: {files}/in: no receipts here\n")
    assert verify(capsys, out, "--input", files / "a.png")[0] == 2


def test_broken_and_missing_receipts_are_one_line(files, filled, capsys):
    output = filled()
    place = output.with_name("a.png.receipt.json")
    shutil.copy(place, files / "elsewhere.json")
    place.write_bytes(place.read_bytes()[:200])
    assert verify(capsys, output) == (1, "", f"restore: {place}: is no receipt: it is not JSON\n")
    place.unlink()
    status, _, wrong = verify(capsys, output)
    assert status == 1
    assert wrong.startswith(f"restore: {place}: no such receipt")
    assert verify(capsys, output, "--receipt", files / "elsewhere.json", "--input", files / "a.png")[0] == 0
    output.write_bytes(b"text")
    shutil.copy(files / "elsewhere.json", place)
    status, _, wrong = verify(capsys, output)
    assert status == 1
    assert len(wrong.splitlines()) == 1


def test_copied_pixels_are_told_with_where_they_come_from(files, command, capsys):
    image = noise(24, 32, 3)
    write_picture(Picture(np.where(HOLE[..., None], 0, image)), files / "in.png")
    write_picture(Picture(image), files / "whole.png")
    hole = np.zeros((24, 32), bool)
    hole[3:17, 6:24] = True
    write_mask(files / "wide.png", hole)
    arguments = (files / "in.png", "--mask", files / "wide.png", "--fill", "plausible", "--seed", 4, "--receipt")
    out = files / "o.png"
    assert command("inpaint", *arguments, "--proposals", 2, "--like", files / "whole.png", "-o", out) == 0
    said = receipt_of(files / "o-2.png")
    assert said["options"]["seed"] == 5
    copied = said["pages"][0]["copied"]
    assert copied["from_others"].keys() <= {"whole.png"}
    assert 0 < copied["from_itself"] + sum(copied["from_others"].values()) <= hole.sum()
    (like,) = [one for one in said["files"] if one["role"] == "like"]
    assert (like["path"], like["sha256"]) == ("whole.png", sha256(files / "whole.png"))
    assert said["kept"] == {"size": True, "depth": True}
    assert verify(capsys, files / "o-1.png", files / "o-2.png")[0] == 0


def test_denoising_tells_the_noise_that_was_found_and_keeps_what_is_transparent(files, command, capsys):
    grey = np.random.default_rng(0).normal(128, 12, (64, 64, 3)).clip(0, 255).astype(np.uint8)
    alpha = np.full((64, 64), 255, np.uint8)
    alpha[:9] = 0
    write_picture(Picture(grey, alpha, metadata=Metadata(xmp=b"<x/>")), files / "n.png")
    for sigma in ("auto", "12.0"):
        assert command("denoise", files / "n.png", "--sigma", sigma, "-o", files / f"{sigma}.png", "--receipt") == 0
    found, told = (receipt_of(files / f"{sigma}.png") for sigma in ("auto", "12.0"))
    assert found["pages"][0]["sigma"]["level"] == pytest.approx(12, rel=0.3)
    assert told["pages"][0]["sigma"] is None
    assert (found["options"]["sigma"], told["options"]["sigma"]) == ("auto", 12.0)
    assert found["pages"][0]["known_pixels"] == 9 * 64
    assert found["known_pixels"] == "identical"
    assert found["kept"] == {"size": True, "depth": True, "alpha": True, "xmp": True}
    assert found["hole"] is None
    assert verify(capsys, files / "auto.png")[0] == 0
    change(files / "auto.png", 2, 2)
    forge(files / "auto.png")
    status, _, wrong = verify(capsys, files / "auto.png")
    assert status == 1
    assert "1 known pixel differs from the input, at 2,2" in wrong
    status, _, wrong = verify(capsys, files / "auto.png", "--mask", files / "mask.png")
    assert (status, wrong) == (1, f"restore: {files}/auto.png: its receipt names no mask\n")


def test_a_file_in_which_nothing_changes_is_told_to_be_the_input(files, filled, capsys):
    write_mask(files / "empty.png", HOLE & False)
    output = filled("a.png", "--mask", files / "empty.png")
    said = receipt_of(output)
    assert said["output"]["unchanged"]
    assert said["output"]["sha256"] == said["files"][0]["sha256"]
    assert verify(capsys, output)[0] == 0


def test_each_page_of_a_file_is_told(files, command, capsys):
    pages = tuple(Picture(noise(24, 32, 3) ^ np.uint8(number)) for number in range(3))
    write_picture(pages, files / "p.tif")
    output = files / "out" / "p.tif"
    assert command("inpaint", files / "p.tif", "--mask", files / "mask.png", "-o", output, "--receipt") == 0
    assert [page["hole_pixels"] for page in receipt_of(output)["pages"]] == [HOLE.sum()] * 3
    change(output, 1, 30)
    forge(output)
    status, _, wrong = verify(capsys, output)
    assert status == 1
    assert wrong.endswith("1 known pixel differs from the input, at 30,1 on page 3\n")


def test_the_images_own_alpha_is_a_mask_without_a_file(files, command, capsys):
    write_picture(Picture(noise(24, 32, 3), np.where(HOLE, 0, 255).astype(np.uint8)), files / "alpha.png")
    output = files / "out.png"
    assert command("inpaint", files / "alpha.png", "--mask", "alpha", "-o", output, "--receipt") == 0
    assert receipt_of(output)["hole"]["source"] == "alpha"
    assert verify(capsys, output)[0] == 0
    change(output, 0, 0)
    forge(output)
    assert "at 0,0" in verify(capsys, output)[2]


def test_standard_input_has_no_place_and_standard_output_has_no_room_for_a_receipt(files, command, capsys, monkeypatch):
    given = SimpleNamespace(buffer=io.BytesIO((files / "mask.png").read_bytes()), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", given)
    output = files / "out.png"
    assert command("inpaint", files / "a.png", "--mask", "-", "-o", output, "--receipt") == 0
    mask = receipt_of(output)["files"][1]
    assert (mask["name"], mask["path"], mask["sha256"]) == ("standard input", None, sha256(files / "mask.png"))
    assert "the mask standard input, whose place is not known" in verify(capsys, output)[1]
    assert "known pixels are" in verify(capsys, output, "--mask", files / "mask.png")[1]
    assert command("denoise", files / "a.png", "-o", "-", "--receipt") == 2
    assert "--receipt is written beside a result" in capsys.readouterr().err


def test_an_input_that_its_result_replaced_has_no_place_any_more(files, command, capsys):
    before = sha256(files / "a.png")
    arguments = ("inpaint", files / "a.png", "--mask", files / "mask.png", "-o", files / "a.png")
    assert command(*arguments, "--overwrite", "--receipt") == 0
    source = receipt_of(files / "a.png")["files"][0]
    assert (source["path"], source["sha256"]) == (None, before)
    assert verify(capsys, files / "a.png")[0] == 0


def test_a_receipt_in_the_way_is_found_before_the_work(files, command, capsys):
    (files / "o.png.receipt.json").write_text("mine")
    arguments = ("inpaint", files / "a.png", "--mask", files / "mask.png", "-o", files / "o.png", "--receipt")
    assert command(*arguments) == 1
    assert "o.png.receipt.json: exists; --overwrite replaces it" in capsys.readouterr().err
    assert not (files / "o.png").exists()
    assert (files / "o.png.receipt.json").read_text() == "mine"
    assert command(*arguments, "--overwrite") == 0
    assert verify(capsys, files / "o.png")[0] == 0


def test_a_receipt_comes_after_its_result_and_whole_or_not_at_all(files, command, capsys):
    resource = pytest.importorskip("resource")
    write_picture(Picture(np.full((24, 32), 90, np.uint8)), files / "flat.png")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    written = {}
    for room in (10, 1000):  # as a nearly full disk would have: for neither, and for the result alone
        out = files / f"out{room}"
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
        try:
            arguments = (files / "flat.png", "--sigma", "25", "-o", out / "flat.png", "--receipt")
            assert command("denoise", *arguments) == 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        written[room] = [path.name for path in out.iterdir()]
        assert capsys.readouterr().err.endswith("cannot be written: file too large\n")
    assert written == {10: [], 1000: ["flat.png"]}
