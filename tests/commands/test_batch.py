from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from restore.commands.batch import Job, denoise_picture, inpaint_picture, plan, run
from restore.errors import FileError
from restore.images.codec import Picture, read_picture, write_picture
from restore.inference.devices import full_memory_is_a_memory_error


class MeanRestorer:
    """Fills with the mean of what is visible, and denoises by going all the way to the mean of the image."""

    def inpaint(self, image, hole):
        filled = image.copy()
        filled[hole] = image[~hole].mean(axis=0).astype(image.dtype)
        return filled

    def denoise(self, image, sigma=None, strength=1.0):
        mean = image.mean(axis=(0, 1))
        return (image + strength * (mean - image)).astype(image.dtype)


@dataclass
class Inverting:
    """Turns a picture into its negative."""

    def __call__(self, picture: Picture, job: Job) -> Picture:
        return Picture((picture.white - picture.pixels).astype(picture.pixels.dtype))


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(3).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def make(folder, *names):
    for name in names:
        write_picture(Picture(noise(6, 7, 3)), folder / name)


def targets(jobs, folder):
    return [str(job.target.relative_to(folder)) for job in jobs]


def test_one_image_may_go_to_a_file(tmp_path):
    make(tmp_path, "a.png")
    assert targets(plan([tmp_path / "a.png"], tmp_path / "b.tif"), tmp_path) == ["b.tif"]


def test_a_folder_keeps_its_tree_and_names(tmp_path):
    make(tmp_path / "in", "a.png", "deep/er/b.tif")
    assert targets(plan([tmp_path / "in"], tmp_path / "out"), tmp_path / "out") == ["a.png", "deep/er/b.tif"]


def test_a_folder_named_like_an_image_is_a_folder(tmp_path):
    make(tmp_path, "a.png")
    (tmp_path / "out.png").mkdir()
    assert targets(plan([tmp_path / "a.png"], tmp_path / "out.png"), tmp_path) == ["out.png/a.png"]


def test_several_images_do_not_go_to_one_file(tmp_path):
    make(tmp_path, "a.png", "b.png")
    with pytest.raises(ValueError, match="2 images cannot all be written"):
        plan([tmp_path], tmp_path / "out.png")


def test_two_results_of_one_name_are_refused(tmp_path):
    make(tmp_path, "one/a.png", "two/a.png")
    with pytest.raises(ValueError, match=r"one/a\.png and .*two/a\.png would both be written"):
        plan([tmp_path / "one" / "a.png", tmp_path / "two" / "a.png"], tmp_path / "out")


def test_an_input_is_replaced_only_on_demand(tmp_path):
    make(tmp_path, "a.png")
    with pytest.raises(ValueError, match="replaced by its own result"):
        plan([tmp_path], tmp_path)
    assert plan([tmp_path], tmp_path, overwrite=True)[0].target == tmp_path / "a.png"


def test_results_inside_the_input_folder_are_not_inputs_the_next_time(tmp_path):
    make(tmp_path, "a.png", "out/a.png")
    assert [job.source for job in plan([tmp_path], tmp_path / "out")] == [tmp_path / "a.png"]


def test_an_output_that_is_another_kind_of_file_is_refused(tmp_path):
    make(tmp_path, "a.png")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match="neither a folder"):
        plan([tmp_path / "a.png"], tmp_path / "notes.txt")


def test_one_bad_file_does_not_stop_the_others(tmp_path, caplog):
    make(tmp_path / "in", "a.png", "c.png")
    (tmp_path / "in" / "b.png").write_text("text")
    jobs = plan([tmp_path / "in", tmp_path / "missing.png"], tmp_path / "out")
    assert run(jobs, Inverting()) == 2
    assert np.array_equal(read_picture(tmp_path / "out" / "a.png").pixels, 255 - noise(6, 7, 3))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        f"{tmp_path / 'in' / 'b.png'}: not an image that can be read",
        f"{tmp_path / 'missing.png'}: no such file or directory",
    ]


def test_an_existing_result_is_kept_and_the_others_are_made(tmp_path, caplog):
    make(tmp_path / "in", "a.png", "b.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"mine")
    assert run(plan([tmp_path / "in"], tmp_path / "out"), Inverting()) == 1
    assert (tmp_path / "out" / "a.png").read_bytes() == b"mine"
    assert (tmp_path / "out" / "b.png").exists()
    assert "exists; --overwrite replaces it" in caplog.text
    assert run(plan([tmp_path / "in"], tmp_path / "out"), Inverting(), overwrite=True) == 0
    assert np.array_equal(read_picture(tmp_path / "out" / "a.png").pixels, 255 - noise(6, 7, 3))


def test_an_interruption_leaves_no_half_a_file(tmp_path):
    make(tmp_path / "in", "a.png", "b.png")

    def interrupted(picture, job):
        if job.source.name == "b.png":
            raise KeyboardInterrupt
        return Inverting()(picture, job)

    with pytest.raises(KeyboardInterrupt):
        run(plan([tmp_path / "in"], tmp_path / "out"), interrupted)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]


def test_a_format_that_cannot_hold_the_result_is_refused_before_the_work(tmp_path, caplog):
    write_picture(Picture(noise(6, 7, dtype=np.uint16)), tmp_path / "deep.png")
    calls = []

    def restore(picture, job):
        calls.append(job)
        return picture

    assert run(plan([tmp_path / "deep.png"], tmp_path / "a.jpg"), restore) == 1
    assert "JPEG cannot hold 16 bits" in caplog.text
    assert not calls


def test_what_needs_no_restoration_is_copied_byte_for_byte(tmp_path):
    Image.fromarray(noise(16, 16, 3)).save(tmp_path / "a.jpg", quality=60)
    assert run(plan([tmp_path / "a.jpg"], tmp_path / "out"), lambda picture, job: picture) == 0
    assert (tmp_path / "out" / "a.jpg").read_bytes() == (tmp_path / "a.jpg").read_bytes()


def test_a_file_of_the_same_format_by_another_name_is_copied_too(tmp_path):
    Image.fromarray(noise(16, 16, 3)).save(tmp_path / "a.jpg", quality=60)
    assert run(plan([tmp_path / "a.jpg"], tmp_path / "b.JPEG"), lambda picture, job: picture) == 0
    assert (tmp_path / "b.JPEG").read_bytes() == (tmp_path / "a.jpg").read_bytes()


def test_a_full_memory_fails_one_file_and_names_the_way_out(tmp_path, caplog):
    make(tmp_path / "in", "a.png", "b.png")

    def restore(picture, job):
        if job.source.name == "a.png":
            with full_memory_is_a_memory_error():
                torch.empty(2**50)
        return picture

    assert run(plan([tmp_path / "in"], tmp_path / "out"), restore) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == f"{tmp_path / 'in' / 'a.png'}: not enough memory; a smaller --tile needs less"


def test_no_conversion_is_said_of_a_file_that_is_copied(tmp_path, caplog):
    Image.new("CMYK", (8, 8)).save(tmp_path / "a.jpg")
    run(plan([tmp_path / "a.jpg"], tmp_path / "out"), lambda picture, job: picture)
    assert (tmp_path / "out" / "a.jpg").read_bytes() == (tmp_path / "a.jpg").read_bytes()
    assert caplog.text == ""


def test_a_conversion_is_said(tmp_path, caplog):
    Image.new("CMYK", (8, 8)).save(tmp_path / "a.jpg")
    run(plan([tmp_path / "a.jpg"], tmp_path / "out"), Inverting())
    assert f"{tmp_path / 'a.jpg'}: CMYK is converted" in caplog.text


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(24, 20), (24, 20, 3), (10, 3000, 3)])
def test_known_pixels_come_back_bit_identical(tmp_path, suffix, dtype, shape):
    write_picture(Picture(noise(*shape, dtype=dtype)), tmp_path / f"a{suffix}")
    hole = np.zeros(shape[:2], bool)
    hole[4:9, 6:12] = True
    jobs = plan([tmp_path / f"a{suffix}"], tmp_path / "out")
    assert run(jobs, lambda picture, job: inpaint_picture(picture, hole, MeanRestorer())) == 0
    restored = read_picture(tmp_path / "out" / f"a{suffix}").pixels
    assert restored.dtype == dtype
    assert np.array_equal(restored[~hole], noise(*shape, dtype=dtype)[~hole])
    assert not np.array_equal(restored[hole], noise(*shape, dtype=dtype)[hole])


def test_a_hole_over_everything_is_refused_and_none_changes_nothing():
    picture = Picture(noise(1, 1, 3))
    with pytest.raises(ValueError, match="covers everything"):
        inpaint_picture(picture, np.ones((1, 1), bool), MeanRestorer())
    assert inpaint_picture(picture, np.zeros((1, 1), bool), MeanRestorer()) is picture


def test_colours_under_transparency_do_not_bleed_into_the_hole():
    alpha = np.full((8, 8), 255, np.uint8)
    alpha[:, 6:] = 0
    hole = np.zeros((8, 8), bool)
    hole[2:4, 2:7] = True
    results = []
    for unseen in (0, 255):
        pixels = noise(8, 8, 3)
        pixels[:, 6:] = unseen
        results.append(inpaint_picture(Picture(pixels, alpha), hole, MeanRestorer()))
    assert np.array_equal(results[0].pixels[:, :6], results[1].pixels[:, :6])
    assert np.array_equal(results[0].pixels[~hole], np.where(alpha[..., None] == 0, 0, noise(8, 8, 3))[~hole])


def test_what_is_filled_becomes_opaque_and_the_rest_of_alpha_stays():
    alpha, hole = noise(8, 8), noise(8, 8)[::-1] < 60
    restored = inpaint_picture(Picture(noise(8, 8, 3), alpha), hole, MeanRestorer())
    assert (restored.alpha[hole] == 255).all()
    assert np.array_equal(restored.alpha[~hole], alpha[~hole])


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
def test_denoising_keeps_alpha_and_does_not_look_at_what_is_transparent(shape):
    alpha = noise(8, 8)
    alpha[:, 5:] = 0
    alpha[:, :5] |= 1
    results = []
    for unseen in (0, 255):
        pixels = noise(*shape)
        pixels[:, 5:] = unseen
        results.append(denoise_picture(Picture(pixels, alpha), MeanRestorer(), None, 1.0))
        assert (results[-1].pixels[:, 5:] == unseen).all()
    assert np.array_equal(results[0].pixels[:, :5], results[1].pixels[:, :5])
    assert np.array_equal(results[0].alpha, alpha)


@pytest.mark.parametrize("alpha", [None, np.eye(8, dtype=np.uint8) * 255])
def test_denoising_that_changes_nothing_gives_back_the_same_picture(alpha):
    flat = Picture(np.full((8, 8, 3), 90, np.uint8), alpha)
    assert denoise_picture(flat, MeanRestorer(), None, 1.0) is flat
    noisy = Picture(noise(8, 8, 3), alpha)
    assert denoise_picture(noisy, MeanRestorer(), 0.0, 1.0) is noisy
    assert denoise_picture(noisy, MeanRestorer(), None, 0.0) is noisy
    assert denoise_picture(noisy, MeanRestorer(), None, 1.0) is not noisy


def test_an_image_that_is_wholly_transparent_is_left_alone():
    picture = Picture(noise(4, 4, 3), np.zeros((4, 4), np.uint8))
    assert denoise_picture(picture, MeanRestorer(), None, 1.0) is picture


def test_a_missing_folder_is_an_error_of_the_plan(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="no images here"):
        plan([tmp_path / "empty"], Path("out"))
