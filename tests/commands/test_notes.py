"""What results of `restore inpaint` say of pixels that were copied."""

import numpy as np
import pytest

from restore.commands.batch import _warn_once
from restore.images.codec import read_picture, write_picture
from restore.images.formats import FORMATS
from restore.images.metadata import Metadata
from restore.images.picture import Picture
from tests.images.test_history import DESCRIBED, events_in

SIZE = (40, 48)
HOLE = np.zeros(SIZE, bool)
HOLE[10:30, 12:36] = True

WITH_XMP = [one.suffixes[0] for one in FORMATS if one.written and one.xmp]


@pytest.fixture
def files(tmp_path):
    write_picture(Picture(HOLE.astype(np.uint8) * 255), tmp_path / "mask.png")
    return tmp_path


def fill(command, files, name, output, *options, fill="plausible"):
    paths = (files / name, "--mask", files / "mask.png", "-o", files / output)
    return command("inpaint", *paths, "--fill", fill, *options)


def written(files, name, **said):
    image = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    write_picture(Picture(image, metadata=Metadata(**said)), files / name, overwrite=True)


@pytest.mark.parametrize("suffix", WITH_XMP)
@pytest.mark.parametrize("xmp", [None, DESCRIBED])
def test_a_copy_is_noted_and_all_else_that_the_file_says_stays(files, command, suffix, xmp):
    written(files, f"in{suffix}", xmp=xmp)
    assert fill(command, files, f"in{suffix}", f"out{suffix}") == 0
    packet = read_picture(files / f"out{suffix}").metadata.xmp
    (event,) = events_in(packet)
    share = f"{100 * HOLE.mean():.2g}"
    assert event["action"] == "edited"
    assert event["softwareAgent"].startswith("restore ")
    assert event["parameters"] == f"plausible fill: {share} % of the pixels were copied from elsewhere in this image"
    assert xmp is None or "<dc:creator>Zoë</dc:creator>" in packet.decode()


@pytest.mark.parametrize("suffix", WITH_XMP)
def test_a_second_fill_is_a_second_event(files, command, suffix):
    written(files, f"in{suffix}", xmp=DESCRIBED)
    assert fill(command, files, f"in{suffix}", f"once{suffix}") == 0
    assert fill(command, files, f"once{suffix}", f"twice{suffix}", "--seed", "1") == 0
    assert len(events_in(read_picture(files / f"twice{suffix}").metadata.xmp)) == 2


def test_other_images_are_noted_too(files, command):
    written(files, "in.png")
    image = read_picture(files / "in.png")
    write_picture(image, files / "whole.png")
    write_picture(image.with_array(np.where(HOLE[..., None], 0, image.array)), files / "in.png", overwrite=True)
    assert fill(command, files, "in.png", "out.png", "--like", files / "whole.png") == 0
    (event,) = events_in(read_picture(files / "out.png").metadata.xmp)
    assert event["parameters"].endswith("other images")


@pytest.mark.parametrize(("kind", "options"), [("expected", ()), ("plausible", ("--no-note",))])
def test_nothing_is_noted_where_nothing_is_copied_or_no_note_is_wanted(files, command, kind, options):
    for xmp in (None, DESCRIBED):
        written(files, "in.png", xmp=xmp)
        assert fill(command, files, "in.png", "out.png", "--overwrite", *options, fill=kind) == 0
        assert read_picture(files / "out.png").metadata.xmp == xmp


def test_another_format_has_the_note_as_well(files, command):
    written(files, "in.png", xmp=DESCRIBED)
    assert fill(command, files, "in.png", "out.jpg") == 0
    assert len(events_in(read_picture(files / "out.jpg").metadata.xmp)) == 1


def test_a_format_without_room_says_so_once(files, command, capsys):
    _warn_once.cache_clear()
    written(files, "in/a.bmp")
    written(files, "in/b.bmp")
    assert (
        command("inpaint", files / "in", "--mask", files / "mask.png", "-o", files / "out", "--fill", "plausible") == 0
    )
    said = [line for line in capsys.readouterr().err.splitlines() if "copied" in line]
    assert said == ["restore: BMP files have no room for a note that pixels were copied"]


def test_xmp_that_cannot_be_understood_stays(files, command, capsys):
    written(files, "in.png", xmp=b"no XML")
    assert fill(command, files, "in.png", "out.png") == 0
    assert read_picture(files / "out.png").metadata.xmp == b"no XML"
    assert "in.png: its XMP cannot be understood: nothing is noted in it" in capsys.readouterr().err
