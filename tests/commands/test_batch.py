from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from restore.commands.batch import Job, plan, run
from restore.commands.outputs import Writing
from restore.errors import FileError, UserError
from restore.images.codec import read_pages, read_picture, write_picture
from restore.images.picture import Picture
from restore.inference.memory import full_memory_is_a_memory_error


def inverting(picture: Picture, job: Job):
    return picture.with_array(picture.white - picture.array)


def unchanged(picture: Picture, job: Job):
    return picture.with_array(picture.array.copy())


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
    with pytest.raises(UserError, match="2 images cannot all be written"):
        plan([tmp_path], tmp_path / "out.png")


def test_two_results_of_one_name_are_refused(tmp_path):
    make(tmp_path, "one/a.png", "two/a.png")
    with pytest.raises(UserError, match=r"one/a\.png and .*two/a\.png would both be written"):
        plan([tmp_path / "one" / "a.png", tmp_path / "two" / "a.png"], tmp_path / "out")


def test_an_input_is_replaced_only_on_demand(tmp_path):
    make(tmp_path, "a.png")
    with pytest.raises(UserError, match="replaced by its own result"):
        plan([tmp_path], tmp_path)
    assert plan([tmp_path], tmp_path, Writing(overwrite=True))[0].target == tmp_path / "a.png"


def test_results_inside_the_input_folder_are_not_inputs_the_next_time(tmp_path):
    make(tmp_path, "a.png", "out/a.png")
    assert [job.source for job in plan([tmp_path], tmp_path / "out")] == [tmp_path / "a.png"]


def test_an_output_that_is_another_kind_of_file_is_refused(tmp_path):
    make(tmp_path, "a.png")
    (tmp_path / "notes").touch()
    with pytest.raises(UserError, match="notes: not a folder"):
        plan([tmp_path / "a.png"], tmp_path / "notes")


def test_one_bad_file_does_not_stop_the_others(tmp_path, caplog):
    make(tmp_path / "in", "a.png", "c.png")
    (tmp_path / "in" / "b.png").write_text("text")
    jobs = plan([tmp_path / "in", tmp_path / "missing.png"], tmp_path / "out")
    assert run(jobs, inverting) == 2
    assert np.array_equal(read_picture(tmp_path / "out" / "a.png").pixels, 255 - noise(6, 7, 3))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        f"{tmp_path / 'in' / 'b.png'}: text, not an image",
        f"{tmp_path / 'missing.png'}: no such file or directory",
    ]


def test_an_existing_result_is_kept_and_the_others_are_made(tmp_path, caplog):
    make(tmp_path / "in", "a.png", "b.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"mine")
    assert run(plan([tmp_path / "in"], tmp_path / "out"), inverting) == 1
    assert (tmp_path / "out" / "a.png").read_bytes() == b"mine"
    assert (tmp_path / "out" / "b.png").exists()
    assert "exists; --overwrite replaces it" in caplog.text
    assert run(plan([tmp_path / "in"], tmp_path / "out"), inverting, Writing(overwrite=True)) == 0
    assert np.array_equal(read_picture(tmp_path / "out" / "a.png").pixels, 255 - noise(6, 7, 3))


def test_an_interruption_leaves_no_half_a_file(tmp_path):
    make(tmp_path / "in", "a.png", "b.png")

    def interrupted(picture, job):
        if job.source.name == "b.png":
            raise KeyboardInterrupt
        return inverting(picture, job)

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
    assert run(plan([tmp_path / "a.jpg"], tmp_path / "out"), unchanged) == 0
    assert (tmp_path / "out" / "a.jpg").read_bytes() == (tmp_path / "a.jpg").read_bytes()


def test_a_file_of_the_same_format_by_another_name_is_copied_too(tmp_path):
    Image.fromarray(noise(16, 16, 3)).save(tmp_path / "a.jpg", quality=60)
    assert run(plan([tmp_path / "a.jpg"], tmp_path / "b.JPEG"), unchanged) == 0
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
    run(plan([tmp_path / "a.jpg"], tmp_path / "out"), unchanged)
    assert (tmp_path / "out" / "a.jpg").read_bytes() == (tmp_path / "a.jpg").read_bytes()
    assert caplog.text == ""


def test_a_conversion_is_said(tmp_path, caplog):
    Image.new("CMYK", (8, 8)).save(tmp_path / "a.jpg")
    run(plan([tmp_path / "a.jpg"], tmp_path / "out"), inverting)
    assert f"{tmp_path / 'a.jpg'}: CMYK is converted" in caplog.text


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(24, 20), (24, 20, 3), (24, 20, 2), (10, 3000, 4)])
def test_what_is_written_is_what_was_restored(tmp_path, suffix, dtype, shape):
    values = noise(*shape, dtype=dtype)
    colours = values if len(shape) == 2 or shape[2] == 3 else values[..., :-1].squeeze()
    alpha = None if colours is values else values[..., -1]
    write_picture(Picture(colours, alpha), tmp_path / f"a{suffix}")
    assert run(plan([tmp_path / f"a{suffix}"], tmp_path / "out"), inverting) == 0
    restored = read_picture(tmp_path / "out" / f"a{suffix}").array
    assert restored.dtype == dtype
    assert np.array_equal(restored, np.iinfo(dtype).max - values)


def test_a_bug_is_no_failure_of_a_file(tmp_path):
    make(tmp_path, "a.png")
    with pytest.raises(ZeroDivisionError):
        run(plan([tmp_path / "a.png"], tmp_path / "out"), lambda picture, job: 1 / 0)


def test_a_missing_folder_is_an_error_of_the_plan(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="no images here"):
        plan([tmp_path / "empty"], Path("out"))


def test_every_page_is_restored(tmp_path):
    pages = tuple(Picture(noise(6, 7 + index)) for index in range(3))
    write_picture(pages, tmp_path / "in.tif")
    assert run(plan([tmp_path / "in.tif"], tmp_path / "out.tif"), inverting) == 0
    back = read_pages(tmp_path / "out.tif")
    assert all(np.array_equal(one.pixels, 255 - page.pixels) for one, page in zip(back, pages, strict=True))


def test_an_image_given_twice_is_restored_once(tmp_path):
    make(tmp_path / "in", "a.png")
    assert len(plan([tmp_path / "in", tmp_path / "in" / "a.png"], tmp_path / "out")) == 1


def test_a_folder_is_written_in_one_format(tmp_path):
    make(tmp_path / "in", "a.png", "deep/b.tif")
    Image.fromarray(noise(6, 7, 3)).save(tmp_path / "in" / "c.gif")
    into_png = Writing(format="png")
    jobs = plan([tmp_path / "in"], tmp_path / "out", into_png)
    assert targets(jobs, tmp_path / "out") == ["a.png", "c.png", "deep/b.png"]
    assert run(jobs, unchanged, into_png) == 0
    assert (tmp_path / "out" / "deep" / "b.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UserError, match=r"b\.tif is no \.png file, as --format wants it"):
        plan([tmp_path / "in" / "a.png"], tmp_path / "b.tif", into_png)


def test_a_format_that_is_not_written_names_the_way_out(tmp_path, caplog):
    Image.fromarray(noise(6, 7)).save(tmp_path / "a.gif")
    assert run(plan([tmp_path / "a.gif"], tmp_path / "out"), unchanged) == 1
    assert caplog.messages == [f"{tmp_path / 'a.gif'}: .gif is not written; --format png writes another format"]


@pytest.mark.parametrize(("one", "other"), [("x/a.png", "y/A.png"), ("x/caf\u00e9.png", "y/cafe\u0301.png")])
def test_results_of_names_that_another_system_takes_for_one_are_refused(tmp_path, one, other):
    make(tmp_path, one, other)
    with pytest.raises(UserError, match="would both be written to"):
        plan([tmp_path / one, tmp_path / other], tmp_path / "out")


def test_results_that_become_one_by_their_format_are_refused(tmp_path):
    make(tmp_path, "a.png", "a.tif", "B.png", "b.png")
    assert len(plan([tmp_path], tmp_path / "out")) == 4, "what lies side by side stays so"
    with pytest.raises(UserError, match=r"a\.png and .*a\.tif would both be written to .*out/a\.webp"):
        plan([tmp_path], tmp_path / "out", Writing(format="webp"))


def test_results_that_exist_are_skipped_and_counted(tmp_path, caplog):
    caplog.set_level("INFO", "restore")
    make(tmp_path / "in", "a.png", "b.png", "c.png")
    make(tmp_path / "out", "a.png", "c.png")
    jobs = plan([tmp_path / "in"], tmp_path / "out", Writing(skip_existing=True))
    assert targets(jobs, tmp_path / "out") == ["b.png"]
    assert caplog.messages == ["2 skipped, as they exist"]


def test_quality_needs_a_result_that_loses(tmp_path):
    make(tmp_path, "a.png")
    with pytest.raises(UserError, match="--quality is about formats that lose"):
        plan([tmp_path], tmp_path / "out", Writing(quality=50))
    assert plan([tmp_path], tmp_path / "out", Writing("jpg", quality=50))


def test_an_output_below_a_file_is_refused_before_the_work(tmp_path):
    make(tmp_path, "a.png", "b.png")
    for output in (tmp_path / "b.png" / "out", tmp_path / "b.png" / "c.png"):
        with pytest.raises(FileError, match=r"b\.png: not a folder"):
            plan([tmp_path / "a.png"], output)


def test_a_folder_that_cannot_be_read_is_a_failure_beside_others(tmp_path, caplog):
    make(tmp_path / "in", "a.png")
    fault = FileError(tmp_path / "in" / "b", "permission denied")
    jobs = plan([tmp_path / "in"], tmp_path / "out")
    assert run([*jobs, Job(fault.path, tmp_path / "out" / "b", Path("b"), fault)], unchanged) == 1
    assert caplog.messages == [str(fault)]
    assert (tmp_path / "out" / "a.png").exists()


def test_masks_among_the_images_are_no_images(tmp_path):
    make(tmp_path, "a.png", "a_mask.png", "lone_mask.png", "masks/a.png")
    masks = (".", "masks", "lone_mask.png")
    planned = {mask: plan([tmp_path], tmp_path / "out", mask=tmp_path / mask) for mask in masks}
    assert {mask: targets(jobs, tmp_path / "out") for mask, jobs in planned.items()} == {
        ".": ["a.png", "lone_mask.png", "masks/a.png"],
        "masks": ["a.png", "a_mask.png", "lone_mask.png"],
        "lone_mask.png": ["a.png", "a_mask.png", "masks/a.png"],
    }
