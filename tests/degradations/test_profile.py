import dataclasses
import json
import re

import numpy as np
import pytest
import torch

from restore.degradations import ProfileNoise
from restore.errors import FileError
from restore.noise_profile import NoiseProfile


@pytest.fixture
def path(tmp_path, profile):
    (tmp_path / "profile.json").write_bytes(profile.encode())
    return tmp_path / "profile.json"


def all_channels(a, b):
    return {name: {"a": a, "b": b} for name in ("red", "green", "blue")}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_profile_survives_its_file(path, profile):
    assert NoiseProfile.read(path) == profile
    assert "variance of noise at x is a * x + b" in json.loads(path.read_bytes())["units"]


@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_the_variance_of_each_channel_is_that_of_the_profile(path, profile, value):
    image = torch.full((4, 3, 128, 128), value)
    noise = ProfileNoise(path)(image, seeded()).degraded - image
    expected = value * torch.tensor(profile.slope) + torch.tensor(profile.offset)
    torch.testing.assert_close(noise.var((0, 2, 3)), expected, rtol=0.06, atol=0)


def test_noise_is_correlated_as_measured(path, profile):
    noise = ProfileNoise(path).draw(8, 128, 128, seeded())
    for lag, expected in enumerate(profile.across, 1):
        assert (noise[..., lag:] * noise[..., :-lag]).mean() == pytest.approx(expected, abs=0.03)
    for lag, expected in enumerate(profile.down, 1):
        assert (noise[..., lag:, :] * noise[..., :-lag, :]).mean() == pytest.approx(expected, abs=0.03)
    assert (noise[:, 0] * noise[:, 1]).mean() == pytest.approx(profile.between, abs=0.03)


def test_sigma_comes_from_the_noisy_values_alone(path, profile):
    observation = ProfileNoise(path)(torch.rand((2, 3, 16, 16), generator=seeded()), seeded())
    gray = observation.degraded.mean(1, keepdim=True).clamp(0, 1)
    expected = (gray * np.mean(profile.slope) + np.mean(profile.offset)).sqrt()
    torch.testing.assert_close(observation.sigma, expected)


def test_noise_is_not_clipped(path):
    assert ProfileNoise(path)(torch.zeros(1, 3, 64, 64), seeded()).degraded.min() < 0
    assert ProfileNoise(path)(torch.ones(1, 3, 64, 64), seeded()).degraded.max() > 1


def test_white_noise_is_white(path, profile):
    path.write_bytes(dataclasses.replace(profile, across=(), down=(), between=0.0).encode())
    noise = ProfileNoise(path).draw(4, 128, 128, seeded())
    assert (noise[..., 1:] * noise[..., :-1]).mean() == pytest.approx(0, abs=0.02)
    assert (noise[:, 0] * noise[:, 1]).mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file or directory"),
        ("no JSON", "no noise profile: it is not JSON"),
        ("[1]", "no noise profile; restore noise IMAGES -o FILE.json writes one"),
        ({"kind": "x"}, "no noise profile; restore noise"),
        ({"schema": 2}, "a noise profile of version 2; this version reads 1"),
        ({"channels": {}}, "a broken noise profile: red is missing"),
        ({"channels": all_channels(-0.1, 0.05)}, "a variance is negative"),
        ({"channels": all_channels(None, 0.05)}, "a broken noise profile"),
        ({"correlation": {"across": [2], "down": [], "between_channels": 0}}, "a correlation leaves"),
        ({"jpeg_quality": 101}, "jpeg_quality is no whole number from 1 to 100"),
    ],
)
def test_a_file_that_is_no_profile_is_named_with_the_reason(tmp_path, profile, content, reason):
    path = tmp_path / "profile.json"
    if isinstance(content, dict):
        content = json.dumps({**json.loads(profile.encode()), **content})
    if content is not None:
        path.write_text(content)
    with pytest.raises(FileError, match=f"^{re.escape(str(path))}: .*{re.escape(reason)}"):
        ProfileNoise(path)
