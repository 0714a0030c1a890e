import torch

from restore.degradations import Blobs, Boxes, OverDetail
from restore.observation import Observation


def beside_noise():
    """Images of which the left half is flat and the right one is not."""
    image = torch.full((16, 3, 32, 64), 0.5)
    image[..., 32:] = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return image


def test_holes_lie_where_pixels_differ():
    image, generator = beside_noise(), torch.Generator().manual_seed(1)
    anywhere, over_detail = (
        degradation(image, generator).hole[..., 32:].sum() / degradation(image, generator).hole.sum()
        for degradation in (Blobs(1, 0.3, 0.5), OverDetail(Blobs(1, 0.3, 0.5), 6))
    )
    assert over_detail > 0.9 > 0.7 > anywhere


def test_of_one_hole_there_is_no_choice():
    image, boxes = beside_noise(), Boxes()
    own, theirs = (one(image, torch.Generator().manual_seed(2)) for one in (OverDetail(boxes, 1), boxes))
    assert torch.equal(own.hole, theirs.hole)


def test_what_is_hidden_already_is_no_detail():
    image = beside_noise()
    observation = Observation.hide(image, (torch.arange(64) >= 30).expand(16, 1, 32, 64))
    degradation = OverDetail(Blobs(1, 0.3, 0.3), 2)
    choices = degradation.draw(16, 32, 64, torch.Generator().manual_seed(3))
    hole = degradation.degrade(observation, choices).hole
    assert torch.equal(hole[:, 0, :, :30], choices[:, 0, :, :30])  # flat everywhere: the first
