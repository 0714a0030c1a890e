import pytest
import torch
from torch.nn import functional
from torch.utils.data import Dataset

from research.looking import lessons, measures
from research.looking.network import Looking, to_nearest, unlikeness
from restore.synthetic import Tilings


@pytest.fixture
def pupil():
    torch.manual_seed(0)
    return Looking("none").eval()


class Same(Dataset):
    def __init__(self, image):
        self.image = image

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.image


def square(size=256, start=96, stop=160):
    hole = torch.zeros(1, 1, size, size, dtype=torch.bool)
    hole[..., start:stop, start:stop] = True
    return hole


def test_attention_goes_to_visible_patches_and_begins_with_the_nearest(pupil):
    image, hole = Tilings(1, 256)[0][None], square()
    with torch.no_grad():
        attention = pupil(image, hole).exp()
        assert torch.allclose(attention, pupil(1 - image, hole).exp())
    hidden = functional.max_pool2d(hole.float(), 16).flatten() > 0
    assert (attention[0, :, hidden] == 0).all()
    torch.testing.assert_close(attention.sum(2), torch.ones(1, 256))
    near = to_nearest(hole, 16).exp()
    assert (near * attention).sum(2)[0, hidden].mean() > 3 * attention[0, hidden].mean()


def test_what_is_hidden_is_not_looked_at(pupil):
    image, hole = Tilings(1, 256)[0][None], square()
    torch.nn.init.normal_(pupil.query.weight)
    with torch.no_grad():
        assert torch.equal(pupil(image, hole), pupil(image.where(~hole, 0.3), hole))


def test_like_patches_are_those_that_look_the_same():
    images = torch.rand((1, 3, 64, 64), generator=torch.Generator().manual_seed(0))
    images[..., 32:48, 16:32] = images[..., :16, 48:]
    closest = unlikeness(images, 16)[0].fill_diagonal_(torch.inf).argmin(1)
    assert closest[2 * 4 + 1] == 3
    assert closest[3] == 2 * 4 + 1


def test_teaching_leads_to_what_is_like_what_is_hidden(pupil, tmp_path):
    # Two kinds of patches: those in the hole are like the ones that lie farther away.
    image = torch.zeros(3, 256, 256)
    image[:, :, 128:] = 1
    image[:, 96:160, 64:128] = 1
    hole = square(start=64, stop=128)

    def loss():
        with torch.no_grad():
            return float(lessons.missed(pupil(image[None], hole), image[None], hole, 16))

    before = loss()
    lessons.teach(pupil, Same(image), 0.08, 0, tmp_path / "looking.safetensors")
    assert (tmp_path / "looking.safetensors").exists()
    assert loss() < before


def test_riddles_have_repeats_where_they_are(pupil):
    riddle = next(measures.riddles(1, 16))
    even, near = (way(16)(riddle) for way in (measures.evenly, measures.nearest))
    learned = measures.taught(pupil)(riddle)
    for attention in (even, near, learned):
        torch.testing.assert_close(attention.sum(1), torch.ones(len(riddle.asking)))
    assert 0 < float((even * riddle.repeats).sum(1).mean()) < 1
