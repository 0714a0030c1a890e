import pytest
import torch

from restore.networks.patches import SizeRule, VisibleTokens, unpatchify, visible_patches
from restore.observation import Observation

VISIBLE = torch.tensor(
    [
        [True, False, True, False, False, True],
        [False, False, False, False, True, False],
        [False, False, False, False, False, False],
        [True, True, True, False, True, True],
    ]
)


def draw(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("channels", "patch_size", "rows", "columns"), [(3, 4, 3, 5), (1, 1, 3, 2), (5, 8, 1, 1)])
def test_patches_are_put_together_row_by_row(channels, patch_size, rows, columns):
    patches = draw(2, rows * columns, patch_size**2 * channels)
    image = unpatchify(patches, patch_size, rows * patch_size, columns * patch_size)
    assert image.shape == (2, channels, rows * patch_size, columns * patch_size)
    for number, patch in enumerate(patches.unbind(1)):
        top, left = (patch_size * place for place in divmod(number, columns))
        part = image[..., top : top + patch_size, left : left + patch_size]
        assert torch.equal(part.permute(0, 2, 3, 1).flatten(1), patch)


def test_a_patch_is_visible_if_any_of_its_pixels_is():
    hole = torch.ones(1, 1, 8, 12, dtype=torch.bool)
    hole[..., 7, 4] = False
    assert visible_patches(hole, 4).tolist() == [[False, False, False, False, True, False]]


def test_gather_takes_the_visible_tokens_in_order_and_flags_the_padding():
    tokens = draw(4, 6, 2)
    visible = VisibleTokens.of(VISIBLE)
    gathered = visible.gather(tokens)
    assert gathered.shape == (4, 5, 2)
    for i in (0, 1, 3):
        assert torch.equal(gathered[i, visible.valid[i]], tokens[i, VISIBLE[i]])


def test_an_image_without_visible_tokens_gets_its_first():
    visible = VisibleTokens.of(VISIBLE)
    assert visible.indices[2, visible.valid[2]].tolist() == [0]
    alone = VisibleTokens.of(VISIBLE[2:3])
    assert alone.indices.tolist() == [[0]]


def test_scatter_changes_the_visible_positions_and_no_other():
    tokens, background = draw(4, 6, 2), draw(4, 6, 2, seed=1)
    visible = VisibleTokens.of(VISIBLE)
    scattered = visible.scatter(visible.gather(tokens), background)
    expected = torch.where(VISIBLE[..., None], tokens, background)
    expected[2, 0] = tokens[2, 0]
    assert torch.equal(scattered, expected)


def test_padding_tokens_never_reach_the_result_not_even_as_nan():
    background = draw(4, 6, 2)
    visible = VisibleTokens.of(VISIBLE)
    padded = visible.gather(draw(4, 6, 2, seed=1)).where(visible.valid[..., None], torch.nan)
    assert visible.scatter(padded, background).isfinite().all()


def test_every_position_kept_gives_what_the_visible_ones_give():
    visible, padded = VisibleTokens.of(VISIBLE), VisibleTokens.padded(VISIBLE)
    tokens, background = draw(4, 6, 2), draw(4, 6, 2, seed=1)
    assert torch.equal(padded.gather(tokens), tokens)
    assert torch.equal(padded.valid.sum(1), visible.valid.sum(1))
    expected = visible.scatter(visible.gather(tokens), background)
    assert torch.equal(padded.scatter(tokens, background), expected)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 9), (8, 8), (5, 16)])
def test_networks_see_allowed_sizes_and_users_their_own(size):
    rule, observation = SizeRule(8), Observation(draw(2, 3, *size), draw(2, 1, *size, seed=1))
    padded = rule.pad(observation)
    assert all(side % 8 == 0 and side - own < 8 for side, own in zip(padded.degraded.shape[-2:], size, strict=True))
    assert padded.sigma.shape[-2:] == padded.degraded.shape[-2:]
    assert torch.equal(rule.crop(padded.degraded, *size), observation.degraded)
    assert torch.equal(rule.crop(padded.sigma, *size), observation.sigma)


def test_padding_mirrors_pixels_and_sigma_without_repeating_the_border():
    columns = torch.arange(3.0).expand(1, 1, 4, 3)
    padded = SizeRule(8).pad(Observation(columns.expand(-1, 3, -1, -1), columns))
    mirrored = [0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0, 1.0]
    assert padded.degraded[0, 0, 0].tolist() == mirrored
    assert padded.sigma[0, 0, 0].tolist() == mirrored
