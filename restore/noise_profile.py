"""What noise a camera or a scanner makes, measured on its images and kept in a file."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from restore.errors import FileError
from restore.plain import as_json

SCHEMA = 1
"""The version of the file; a newer one is refused."""

KIND = "noise profile"

UNITS = "variance of noise at x is a * x + b, where x and noise are in [0, 1] units; sigma 25 of 255 is b = 0.00961"

CHANNELS = ("red", "green", "blue")


@dataclass(frozen=True)
class NoiseProfile:
    """Noise of a device, for a file: its variance is a line over brightness, and neighbours and channels may share it.

    What networks are told in denoising, and what `restore.degradations.ProfileNoise` draws. What flat patches tell at
    least (`restore.inference.noise_floor`) is nearer to the noise of cameras, and to white noise, than what
    `restore.data.noise_covariance.NoiseCovariance` comes from, which says why training without clean images goes by
    that one, with figures.

    Args:
        slope: `a` of each channel's variance `a * x + b`, in squared [0, 1] units.
        offset: `b` of each channel. No variance is negative anywhere in [0, 1].
        across: Autocorrelation along a row, at distances of 1 pixel, 2 pixels and so on; 0 beyond.
        down: The same along a column.
        between: Correlation between two channels, in [0, 1].
        images: How many images it was measured on.
        jpeg_quality: Of these, 1 to 100; None if they are not known to come from JPEG files.
    """

    slope: tuple[float, float, float]
    offset: tuple[float, float, float]
    across: tuple[float, ...] = ()
    down: tuple[float, ...] = ()
    between: float = 0.0
    images: int = 0
    jpeg_quality: int | None = None

    def sigma(self, brightness: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
        """The level, root mean square over the channels, at the brightness of pixels."""
        variance = np.mean(self.slope) * np.clip(brightness, 0, 1) + np.mean(self.offset)
        sigma: Float32[np.ndarray, "h w"] = np.sqrt(np.maximum(variance, 0)).astype(np.float32)
        return sigma

    def encode(self) -> bytes:
        """The content of its file."""
        lines = {name: {"a": a, "b": b} for name, a, b in zip(CHANNELS, self.slope, self.offset, strict=True)}
        correlation = {"across": self.across, "down": self.down, "between_channels": self.between}
        content = {
            "kind": KIND,
            "schema": SCHEMA,
            "units": UNITS,
            "images": self.images,
            "channels": lines,
            "correlation": correlation,
            "jpeg_quality": self.jpeg_quality,
        }
        return as_json(content)

    @classmethod
    def read(cls, path: str | Path) -> "NoiseProfile":
        """Read a file that `restore noise` wrote.

        Raises:
            FileError: It is missing, no such file, of a newer version, or says what no noise can be.
        """
        path = Path(path)
        try:
            content = json.loads(path.read_bytes())
        except OSError as error:
            raise FileError.of(path, error) from error
        except ValueError as error:
            raise FileError(path, "no noise profile: it is not JSON") from error
        if not isinstance(content, dict) or content.get("kind") != KIND:
            raise FileError(path, "no noise profile; restore noise IMAGES -o FILE.json writes one")
        if content.get("schema") != SCHEMA:
            raise FileError(path, f"a noise profile of version {content.get('schema')!r}; this version reads {SCHEMA}")
        try:
            return cls._of(content)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileError(path, f"a broken noise profile: {_reason(error)}") from error

    @classmethod
    def _of(cls, content: Mapping[str, Any]) -> "NoiseProfile":
        lines = [content["channels"][name] for name in CHANNELS]
        slope, offset = (_finite([line[key] for line in lines], key) for key in "ab")
        if min(*offset, *(a + b for a, b in zip(slope, offset, strict=True))) < -1e-12:
            raise ValueError("a variance is negative")
        correlation = content["correlation"]
        across, down = (_finite(correlation[key], key) for key in ("across", "down"))
        between = _finite([correlation["between_channels"]], "between_channels")[0]
        if not (0 <= between <= 1 and all(abs(one) <= 1 for one in (*across, *down))):
            raise ValueError("a correlation leaves [-1, 1], or [0, 1] between channels")
        quality = content["jpeg_quality"]
        if not (quality is None or (isinstance(quality, int) and 1 <= quality <= 100)):
            raise ValueError("jpeg_quality is no whole number from 1 to 100")
        (red, green, blue), (red_b, green_b, blue_b) = slope, offset
        images = int(content["images"])
        return cls((red, green, blue), (red_b, green_b, blue_b), across, down, between, images, quality)


def _finite(values: Sequence[Any], name: str) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"{name} is not finite")
    return numbers


def _reason(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
