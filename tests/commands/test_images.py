import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from restore.commands.loading import TileProgress
from restore.images.codec import read_picture, write_picture
from restore.images.formats import FORMATS
from restore.images.metadata import Metadata
from restore.images.picture import Picture
from restore.inference.restorer import Restorer
from tests.commands.samples import HOLE, Terminal, noise, write_mask
from tests.images.samples import icc_profile


def test_a_folder_is_inpainted_with_its_tree_formats_and_known_pixels(tmp_path, command, capsys):
    for name, dtype in [("a.png", np.uint8), ("deep/b.tif", np.uint16)]:
        write_picture(Picture(noise(24, 32, 3, dtype=dtype)), tmp_path / "in" / name)
    mask = write_mask(tmp_path / "mask.png")
    assert command("inpaint", tmp_path / "in", "--mask", mask, "-o", tmp_path / "out") == 0
    for name, dtype in [("a.png", np.uint8), ("deep/b.tif", np.uint16)]:
        restored = read_picture(tmp_path / "out" / name).pixels
        assert np.array_equal(restored[~HOLE], noise(24, 32, 3, dtype=dtype)[~HOLE])
        assert not np.array_equal(restored[HOLE], noise(24, 32, 3, dtype=dtype)[HOLE])
    assert capsys.readouterr().err == ""


def test_mask_means_turns_the_mask(tmp_path, command):
    write_picture(Picture(noise(24, 32)), tmp_path / "a.png")
    hole, keep = write_mask(tmp_path / "hole.png"), write_mask(tmp_path / "keep.png", ~HOLE)
    assert command("inpaint", tmp_path / "a.png", "--mask", hole, "-o", tmp_path / "1.png") == 0
    assert command("inpaint", tmp_path / "a.png", "--mask", keep, "--mask-means", "keep", "-o", tmp_path / "2.png") == 0
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()


def test_masks_of_labels_need_the_values_that_are_hole(tmp_path, command, capsys):
    write_picture(Picture(noise(24, 32)), tmp_path / "a.png")
    write_picture(Picture(HOLE.astype(np.uint8) * 2), tmp_path / "labels.png")
    arguments = ("inpaint", tmp_path / "a.png", "--mask", tmp_path / "labels.png")
    assert command(*arguments, "-o", tmp_path / "0.png") == 2
    assert "labels.png: its only values are 0, 2, labels" in capsys.readouterr().err
    assert command(*arguments, "--mask-values", "1,2", "-o", tmp_path / "1.png") == 0
    changed = read_picture(tmp_path / "1.png").pixels != noise(24, 32)
    assert not changed[~HOLE].any()
    assert changed[HOLE].mean() > 0.9
    assert command(*arguments, "--mask-values", "one", "-o", tmp_path / "2.png") == 2
    assert "--mask-values takes whole numbers" in capsys.readouterr().err


def test_transparent_pixels_are_filled_whatever_their_colour(tmp_path, command):
    alpha = np.where(HOLE, 0, 255).astype(np.uint8)
    results = []
    for colour in (0, 255):
        pixels = np.where(HOLE[..., None], np.uint8(colour), noise(24, 32, 3))
        write_picture(Picture(pixels, alpha), tmp_path / f"{colour}.png")
        assert command("inpaint", tmp_path / f"{colour}.png", "--mask", "alpha", "-o", tmp_path / "out") == 0
        results.append(read_picture(tmp_path / "out" / f"{colour}.png"))
    assert np.array_equal(results[0].pixels, results[1].pixels)
    assert (results[0].alpha == 255).all()


def test_alpha_means_the_same_here_and_in_python(tmp_path, command, weights):
    alpha = np.full((24, 32), 255, np.uint8)
    alpha[HOLE], alpha[0], alpha[20:, :4] = 0, 128, 0
    write_picture(Picture(noise(24, 32, 3), alpha), tmp_path / "a.png")
    restorer = Restorer.load(weights, "cpu")
    image = Image.open(tmp_path / "a.png")
    mask = write_mask(tmp_path / "mask.png")
    for given, hole in (("alpha", alpha < 230), (mask, HOLE)):
        assert command("inpaint", tmp_path / "a.png", "--mask", given, "-o", tmp_path / "out", "--overwrite") == 0
        expected = np.asarray(restorer.inpaint(image, hole))
        assert np.array_equal(read_picture(tmp_path / "out" / "a.png").array, expected)
        assert np.array_equal(restorer.inpaint(np.asarray(image), hole), expected)


def test_gray_that_is_stored_as_rgb_stays_gray(tmp_path, command):
    write_picture(Picture(noise(24, 32)[..., None].repeat(3, 2)), tmp_path / "a.png")
    mask = write_mask(tmp_path / "mask.png")
    for arguments in (("inpaint", "--mask", mask), ("denoise", "--sigma", "50")):
        command(arguments[0], tmp_path / "a.png", *arguments[1:], "-o", tmp_path / "out", "--overwrite")
        pixels = read_picture(tmp_path / "out" / "a.png").pixels
        assert (pixels == pixels[..., :1]).all()
        assert not np.array_equal(pixels[..., 0], noise(24, 32))


def test_a_failing_image_is_named_on_one_line_and_the_status_is_one(tmp_path, command, capsys):
    write_picture(Picture(noise(24, 32)), tmp_path / "in" / "a.png")
    write_picture(Picture(noise(9, 9)), tmp_path / "in" / "small.png")
    (tmp_path / "in" / "text.png").write_text("text")
    mask = write_mask(tmp_path / "mask.png")
    assert command("inpaint", tmp_path / "in", "--mask", mask, "-o", tmp_path / "out") == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]
    assert capsys.readouterr().err.splitlines() == [
        f"restore: {tmp_path}/in/small.png: the mask is 32 x 24 pixels, the image 9 x 9",
        f"restore: {tmp_path}/in/text.png: text, not an image",
    ]


def test_an_empty_mask_is_said_and_the_file_copied(tmp_path, command, capsys):
    Image.fromarray(noise(24, 32, 3)).save(tmp_path / "a.jpg", quality=50)
    mask = write_mask(tmp_path / "mask.png", HOLE & False)
    assert command("inpaint", tmp_path / "a.jpg", "--mask", mask, "-o", tmp_path / "out") == 0
    assert (tmp_path / "out" / "a.jpg").read_bytes() == (tmp_path / "a.jpg").read_bytes()
    assert capsys.readouterr().err == f"restore: {tmp_path}/a.jpg: the hole is empty: nothing is filled\n"


def test_a_mask_over_everything_is_refused(tmp_path, command, capsys):
    write_picture(Picture(noise(24, 32)), tmp_path / "a.png")
    mask = write_mask(tmp_path / "mask.png", HOLE | True)
    assert command("inpaint", tmp_path / "a.png", "--mask", mask, "-o", tmp_path / "out") == 1
    assert "the hole covers everything" in capsys.readouterr().err


def test_soft_mask_edges_are_said_once_for_all_images(tmp_path, command, capsys):
    for name in "ab":
        write_picture(Picture(noise(24, 32)), tmp_path / "in" / f"{name}.png")
    soft = HOLE.astype(np.uint8) * 255
    soft[6] = soft[6] // 2
    Image.fromarray(soft).save(tmp_path / "mask.png")
    assert command("inpaint", tmp_path / "in", "--mask", tmp_path / "mask.png", "-o", tmp_path / "out") == 0
    assert capsys.readouterr().err.count("soft edges; 12 grey pixels count as hole") == 1


def test_denoising_keeps_alpha_depth_and_size(tmp_path, command):
    pixels, alpha = noise(24, 32, 3, dtype=np.uint16), noise(24, 32, dtype=np.uint16)
    write_picture(Picture(pixels, alpha), tmp_path / "a.png")
    assert command("denoise", tmp_path / "a.png", "--sigma", "25", "-o", tmp_path / "out") == 0
    restored = read_picture(tmp_path / "out" / "a.png")
    assert np.array_equal(restored.alpha, alpha)
    assert restored.pixels.dtype == np.uint16
    assert not np.array_equal(restored.pixels, pixels)


@pytest.mark.parametrize("still", [("--sigma", "0"), ("--strength", "0")])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_zero_sigma_and_zero_strength_change_nothing(tmp_path, command, still, dtype):
    write_picture(Picture(noise(24, 32, 3, dtype=dtype)), tmp_path / "a.tif")
    assert command("denoise", tmp_path / "a.tif", *still, "-o", tmp_path / "out") == 0
    assert np.array_equal(read_picture(tmp_path / "out" / "a.tif").pixels, noise(24, 32, 3, dtype=dtype))


@pytest.mark.parametrize("still", [("--sigma", "0"), ("--strength", "0"), ()])
def test_a_jpeg_in_which_nothing_changes_is_copied(tmp_path, command, still):
    pixels = noise(24, 32, 3) if still else np.full((24, 32, 3), 90, np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.jpg", quality=50)
    assert command("denoise", tmp_path / "a.jpg", *still, "-o", tmp_path / "b.jpeg") == 0
    assert (tmp_path / "b.jpeg").read_bytes() == (tmp_path / "a.jpg").read_bytes()


FILES = {
    "rgba.png": Picture(noise(24, 32, 3), noise(24, 32) // 86 * 127),
    "gray-alpha.png": Picture(noise(24, 32), noise(24, 32)[::-1] // 86 * 127),
    "deep.tif": Picture(noise(24, 32, 3, dtype=np.uint16)),
    "deep-gray.png": Picture(noise(24, 32, dtype=np.uint16)),
    "deep-rgba.tif": Picture(noise(24, 32, 3, dtype=np.uint16), noise(24, 32, dtype=np.uint16) // 32768 * 65535),
    "deep-gray-alpha.png": Picture(noise(24, 32, dtype=np.uint16), noise(24, 32, dtype=np.uint16) // 32768 * 65535),
    "palette.png": Image.fromarray(noise(24, 32, 3)).quantize(64),
    "cmyk.tif": Image.fromarray(noise(24, 32, 4), "CMYK"),
}


@pytest.mark.parametrize("name", FILES)
def test_python_and_the_command_line_give_the_same_pixels(tmp_path, command, weights, name):
    path, restorer = tmp_path / name, Restorer.load(weights, "cpu")
    FILES[name].save(path) if isinstance(FILES[name], Image.Image) else write_picture(FILES[name], path)
    array = read_picture(path).array
    mask = write_mask(tmp_path / "mask.png")
    assert command("inpaint", path, "--mask", mask, "-o", tmp_path / "filled") == 0
    filled = restorer.inpaint(array, HOLE)
    assert np.array_equal(read_picture(tmp_path / "filled" / name).array, filled)
    assert not np.array_equal(filled, array)
    assert command("denoise", path, "--sigma", "25.5", "-o", tmp_path / "clean") == 0
    clean = restorer.denoise(array, 0.1)
    assert np.array_equal(read_picture(tmp_path / "clean" / name).array, clean)
    assert not np.array_equal(clean, array)
    if array.dtype == np.uint8 and name != "cmyk.tif":
        assert np.array_equal(np.asarray(restorer.inpaint(Image.fromarray(array), HOLE)), filled)
        assert np.array_equal(np.asarray(restorer.denoise(Image.fromarray(array), 0.1)), clean)


@pytest.mark.parametrize("one", [one for one in FORMATS if one.written], ids=lambda one: one.name)
@pytest.mark.parametrize("task", ["inpaint", "denoise"])
def test_a_file_of_every_format_says_afterwards_what_it_said(tmp_path, command, one, task):
    said = Metadata(
        profile=icc_profile() if one.profile else None,
        exif=b"II*\0\x08\0\0\0\1\0\x0f\1\2\0\4\0\0\0Ace\0\0\0\0\0",
        xmp=b"<x/>",
        iptc=b"\x1c\x02\x78\0\4text",
        texts={"Description": "text"},
        resolution=(11811.0, 11811.0),
    )
    name = f"a{one.suffixes[0]}"
    alpha = np.full((24, 32), 255, np.uint8) - (np.arange(32) % 2).astype(np.uint8) if one.alpha else None
    write_picture(Picture(noise(24, 32, 3), alpha, metadata=said), tmp_path / name)
    options = ("--mask", write_mask(tmp_path / "mask.png")) if task == "inpaint" else ("--sigma", "30")
    assert command(task, tmp_path / name, *options, "-o", tmp_path / "out") == 0
    before, after = (read_picture(path) for path in (tmp_path / name, tmp_path / "out" / name))
    assert after.metadata == before.metadata
    assert (after.pixels != before.pixels)[HOLE].mean() > 0.9
    assert alpha is None or np.array_equal(after.alpha[~HOLE], before.alpha[~HOLE])
    if task == "inpaint" and one.lossless:
        assert np.array_equal(after.pixels[~HOLE], before.pixels[~HOLE])


@pytest.mark.parametrize("task", ["inpaint", "denoise"])
def test_a_full_disk_is_one_line_and_nothing_half_written(tmp_path, command, task, capsys):
    resource = pytest.importorskip("resource")
    write_picture(Picture(noise(24, 32, 3)), tmp_path / "a.png")
    write_picture(Picture(noise(24, 32, 3)), tmp_path / "out" / "a.png")
    options = ("--mask", write_mask(tmp_path / "mask.png")) if task == "inpaint" else ("--sigma", "30")
    before = (tmp_path / "out" / "a.png").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # as a nearly full disk would
    try:
        status = command(task, tmp_path / "a.png", *options, "-o", tmp_path / "out", "--overwrite")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 1
    result = tmp_path / "out" / "a.png"
    said = f"restore: {tmp_path / 'a.png'}: {result}: cannot be written: file too large"
    assert capsys.readouterr().err.splitlines() == [said]
    assert result.read_bytes() == before
    assert [path.name for path in result.parent.iterdir()] == ["a.png"]


def test_a_wholly_transparent_image_is_copied_by_denoising(tmp_path, command):
    write_picture(Picture(noise(24, 32, 3), np.zeros((24, 32), np.uint8)), tmp_path / "a.png")
    assert command("denoise", tmp_path / "a.png", "-o", tmp_path / "b.png") == 0
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()


@pytest.mark.parametrize(("tiles", "shown"), [(1, False), (4, False), (5, True)])
def test_progress_is_shown_on_a_terminal_for_many_tiles_and_leaves_no_line(monkeypatch, tiles, shown):
    for stream, expected in [(Terminal(), shown), (io.StringIO(), False)]:
        monkeypatch.setattr(sys, "stderr", stream)
        progress = TileProgress()
        for done in range(tiles + 1):
            progress(done, tiles)
        assert ("tile" in stream.getvalue()) == expected
        assert "\n" not in stream.getvalue()


@pytest.mark.parametrize("tile", [32, 100, 128])
def test_the_tile_may_have_any_size(tmp_path, command, tile):
    write_picture(Picture(noise(24, 150, 3)), tmp_path / "a.png")
    assert command("denoise", tmp_path / "a.png", "-o", tmp_path / "out", "--tile", tile) == 0


@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 3000), (7, 5, 3)])
def test_images_of_any_size_are_denoised_with_an_estimated_sigma(tmp_path, command, shape):
    write_picture(Picture(noise(*shape)), tmp_path / "a.png")
    assert command("denoise", tmp_path / "a.png", "-o", tmp_path / "out", "--tile", "256") == 0
    assert read_picture(tmp_path / "out" / "a.png").pixels.shape == shape


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("denoise", "nothing*.png"), "no images here"),
        (("denoise", "a.png", "--sigma", "256"), "sigma lies between 0 and 255, not at 256"),
        (("denoise", "a.png", "--strength", "1.5"), "strength lies between 0 and 1, not at 1.5"),
        (("denoise", "a.png", "--weights", "a.png"), "a.png: not a safetensors file"),
        (("denoise", "a.png", "--weights", "none.safetensors"), "no such weights file"),
        (("denoise", "a.png", "--tile", "0"), "tile is at least 32, not 0"),
        (("denoise", "a.png", "--tile", "1"), "tile is at least 32, not 1"),
        (("denoise", "a.png", "--tile", "-64"), "tile is at least 32, not -64"),
        (("denoise", "a.png", "--device", "foo"), "the device 'foo' cannot be used"),
        (("inpaint", "a.png", "--mask", "alpha", "--device", "cuda:99"), "the device 'cuda:99' cannot be used"),
        (("inpaint", "a.png", "--mask", "none.png"), "none.png: no such file"),
        (("inpaint", "a.png", "--mask", "alpha", "--mask-means", "keep"), "--mask-means is about mask files"),
        (("inpaint", "a.png", "--mask", "alpha", "--mask-values", "1"), "--mask-values is about mask files"),
    ],
)
def test_unusable_arguments_give_one_line_and_status_two(tmp_path, command, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    write_picture(Picture(noise(24, 32)), "a.png")
    assert command(*arguments, "-o", "out") == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.startswith("restore: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments", [("--mask", "m.png", "--mask-means", "white"), ("--mask", "m.png", "--msak", "x")]
)
def test_arguments_that_cannot_be_parsed_exit_with_two(command, capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        command("inpaint", "a.png", "--mask", "m.png", "-o", "out", *arguments)
    assert caught.value.code == 2


def test_help_needs_neither_torch_nor_the_training_stack():
    code = (
        "import contextlib, sys, restore.cli\n"
        "with contextlib.suppress(SystemExit): restore.cli.main(['inpaint', '--help'])\n"
        "print(*sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert not {"torch", "lightning", "wandb", "kornia", "timm"} & set(shown.splitlines()[-1].split())


def test_restoring_needs_no_training_stack():
    # wandb is not in the list: timm imports it (timm/utils/summary.py) wherever it is installed.
    modules = "restore.inference.restorer, restore.commands.inpaint, restore.commands.denoise"
    code = f"import {modules}, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"lightning", "kornia"} & set(loaded)


def test_a_mask_grows_by_so_many_pixels(tmp_path, command):
    write_picture(Picture(noise(24, 32)), tmp_path / "a.png")
    larger = np.zeros_like(HOLE)
    larger[5:13, 8:20] = larger[6:12, 7:21] = True
    small, large = write_mask(tmp_path / "hole.png"), write_mask(tmp_path / "larger.png", larger)
    assert command("inpaint", tmp_path / "a.png", "--mask", small, "--grow-mask", "1", "-o", tmp_path / "1.png") == 0
    assert command("inpaint", tmp_path / "a.png", "--mask", large, "-o", tmp_path / "2.png") == 0
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()
    assert command("inpaint", tmp_path / "a.png", "--mask", small, "--grow-mask", "-1", "-o", tmp_path / "3.png") == 2


def test_masks_may_lie_beside_their_images(tmp_path, command, capsys):
    for name in ("a", "deep/b"):
        write_picture(Picture(noise(24, 32)), tmp_path / "in" / f"{name}.png")
        write_mask(tmp_path / "in" / f"{name}_mask.tif")
    assert command("inpaint", tmp_path / "in", "--mask", tmp_path / "in", "-o", tmp_path / "out") == 0
    assert sorted(path.name for path in (tmp_path / "out").rglob("*.*")) == ["a.png", "b.png"]
    restored = read_picture(tmp_path / "out" / "a.png").pixels
    assert np.array_equal(restored[~HOLE], noise(24, 32)[~HOLE])
    assert not np.array_equal(restored, noise(24, 32))
    write_picture(Picture(noise(24, 32)), tmp_path / "in" / "c.png")
    assert command("inpaint", tmp_path / "in" / "c.png", "--mask", tmp_path / "in", "-o", tmp_path / "out") == 1
    assert "one mask is needed for c.png, not no c_mask.*" in capsys.readouterr().err


def test_when_all_results_exist_nothing_is_loaded(tmp_path, command, capsys):
    write_picture(Picture(noise(24, 32)), tmp_path / "in" / "a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"mine")
    options = ("--skip-existing", "--weights", "none.safetensors")
    assert command("denoise", tmp_path / "in", "-o", tmp_path / "out", *options) == 0
    assert capsys.readouterr().err == "restore: 1 skipped, as they exist\n"


def test_a_pipe_is_not_waited_for(tmp_path, command, capsys):
    os.mkfifo(tmp_path / "a.png")
    assert command("denoise", tmp_path / "a.png", "-o", tmp_path / "out") == 1
    assert "a pipe or a device, not a file" in capsys.readouterr().err


def test_the_error_that_is_expected_is_a_line_and_changes_no_pixel(tmp_path, command, capsys):
    write_picture(Picture(noise(96, 128, 3)), tmp_path / "a.png")
    hole = np.zeros((96, 128), bool)
    hole[40:52, 60:75] = True
    mask = write_mask(tmp_path / "mask.png", hole)
    arguments = ("inpaint", tmp_path / "a.png", "--mask", mask, "-o")
    assert command(*arguments, tmp_path / "1.png") == 0
    assert capsys.readouterr().err == ""
    assert command(*arguments, tmp_path / "2.png", "--expect-error") == 0
    number = r"\d+\.\d"
    told = rf"{number} of 255 \(90 %: {number} to {number}\)"
    line = (
        rf"a\.png: expected error {told}, {number} dB; of mean colours {told}; "
        rf"from 8 places like the hole, in 1 more fill, {number} times the time of the fill\n"
    )
    assert re.search(line, capsys.readouterr().err)
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()


def test_where_no_error_can_be_told_the_reason_is(tmp_path, command, capsys):
    write_picture(Picture(noise(24, 32)), tmp_path / "a.png")
    mask = write_mask(tmp_path / "mask.png")
    assert command("inpaint", tmp_path / "a.png", "--mask", mask, "-o", tmp_path / "1.png", "--expect-error") == 0
    assert "a.png: the error of the fill cannot be told: nothing of the hole's shape" in capsys.readouterr().err
