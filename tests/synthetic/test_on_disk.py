import pickle

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from restore.errors import UserError
from restore.synthetic import Leaves, OnDisk, Parts


class Counted(Dataset):
    """Says how often it draws."""

    def __init__(self, value=0.3):
        self.value = value
        self.draws = []

    def __repr__(self):
        return f"Counted({self.value})"

    def __len__(self):
        return 3

    def __getitem__(self, index):
        self.draws.append(index)
        return torch.full((3, 4, 5), (index + self.value) / 10)


def test_each_image_is_drawn_once_and_kept_to_eight_bits(tmp_path):
    images = Counted()
    drawn = OnDisk(images, str(tmp_path))
    for _ in range(2):
        for i in range(len(drawn)):
            assert (drawn[i] - (i + 0.3) / 10).abs().max() <= 0.5 / 255 + 1e-6
    assert sorted(images.draws) == [0, 1, 2]


def test_a_later_run_reads_what_an_earlier_one_drew(tmp_path):
    kept = [OnDisk(Counted(), str(tmp_path))[i] for i in range(3)]
    later = Counted()
    assert all(torch.equal(OnDisk(later, str(tmp_path))[i], kept[i]) for i in range(3))
    assert set(later.draws) == {0}, "the first tells which file it is"


def test_another_generator_never_reads_the_file(tmp_path):
    one, other = OnDisk(Counted(), str(tmp_path)), OnDisk(Counted(0.7), str(tmp_path))
    assert one.path != other.path
    assert not torch.equal(one[1], other[1])


def test_an_image_that_was_half_written_is_drawn_again(tmp_path):
    drawn = OnDisk(Counted(), str(tmp_path))
    whole = drawn[2]
    with drawn.path.open("r+b") as file:
        file.truncate(drawn.path.stat().st_size - 7)
    again = Counted()
    assert torch.equal(OnDisk(again, str(tmp_path))[2], whole)
    assert 2 in again.draws


def test_worker_processes_share_the_file(tmp_path):
    drawn = OnDisk(Leaves(6, size=16), str(tmp_path))
    batches = list(DataLoader(drawn, 1, num_workers=2))
    assert all(torch.equal(batch[0], pickle.loads(pickle.dumps(drawn))[i]) for i, batch in enumerate(batches))
    assert drawn.path.stat().st_size == 6 * (1 + 3 * 16 * 16)


def test_where_nothing_can_be_kept_images_are_drawn_each_time_and_one_line_says_so(tmp_path, caplog):
    (tmp_path / "file").touch()
    images = Counted()
    drawn = OnDisk(images, str(tmp_path / "file" / "below"))
    assert torch.equal(drawn[1], drawn[1])
    assert images.draws == [1, 0, 1] or images.draws == [0, 1, 1]
    assert caplog.text.count("not a directory; images are drawn anew each time") == 1


def test_the_name_tells_the_arguments_and_the_first_image_apart(tmp_path):
    class Other(Counted):
        def __repr__(self):
            return "Counted(0.3)"

    same, other = OnDisk(Counted(), str(tmp_path)), OnDisk(Counted(0.30001), str(tmp_path))
    assert torch.equal((same.images[0] * 255).round(), (other.images[0] * 255).round())
    assert same.path != other.path
    assert OnDisk(Other(0.7), str(tmp_path)).path.name.partition("-")[2] != same.path.name.partition("-")[2]


def test_a_generator_that_does_not_tell_its_arguments_is_refused():
    class Silent(Dataset):
        pass

    with pytest.raises(UserError, match="Silent has no __repr__"):
        OnDisk(Silent())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Leaves(9), Leaves(9, seed=1)),
        (Leaves(9), Leaves(9, size=32)),
        (Leaves(9), Leaves(9, colours=False)),
        (Leaves(9), Leaves(9, textures=False)),
        (Parts(9), Parts(9, parts=2)),
        (Parts(9), Parts(9, aligned=True)),
        (Parts(9), Parts(9, families=("coin",))),
    ],
)
def test_generators_tell_their_arguments(one, other):
    assert repr(one) != repr(other)
    assert repr(one) == repr(pickle.loads(pickle.dumps(one)))
