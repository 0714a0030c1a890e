"""Whether two images show the same scene, pixel on pixel."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from restore.errors import UserError

TOLERANCE = 0.75
"""The largest shift, in pixels, between images that count as aligned: pairs that are measured on in the field, such as
those of PolyU (Xu et al. 2018, arXiv 1804.02603), lie up to half a pixel apart."""

WINDOW = 192
"""Side, in pixels, of the windows that are compared."""

SMOOTHING = 1.5
"""Standard deviation, in pixels, of the smoothing before images are compared, which noise hardly survives."""

DISTINCT = 8.0
"""How far the best shift of a window has to stand above all others, in standard deviations of these, to count."""

ALIKE = 0.25
"""The least correlation of two smoothed images of the same scene, where there is anything to see in both."""

TEXTURE = 0.01
"""The least contrast of smoothed images, in [0, 1] units, by which they can be compared."""

_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Shift:
    """How far the second of two images lies from the first.

    Args:
        right: In pixels.
        down: In pixels.
    """

    right: float
    down: float

    @property
    def length(self) -> float:
        """In pixels."""
        return math.hypot(self.right, self.down)


def check_aligned(first: Float[Tensor, "3 h w"], second: Float[Tensor, "3 h w"], what: str) -> None:
    """Refuse two images of one size that are not of the same scene, pixel on pixel.

    Flat images, and those whose noise hides all else, cannot be compared and pass.

    Args:
        first: RGB in [0, 1].
        second: Likewise.
        what: What to call them in the message.

    Raises:
        UserError: One lies more than `TOLERANCE` beside the other, or they have nothing to do with one another.
    """
    shift = shift_between(first, second)
    if shift is not None and shift.length > TOLERANCE:
        offset = f"{shift.right:+.1f} pixels across and {shift.down:+.1f} down"
        raise UserError(f"{what}: not aligned, one lies {offset} from the other")
    if shift is None and not _are_alike(first, second):
        raise UserError(f"{what}: not of the same scene, nothing in one is where it is in the other")


def shift_between(first: Float[Tensor, "3 h w"], second: Float[Tensor, "3 h w"]) -> Shift | None:
    """Find the shift between two images of one scene, to a fraction of a pixel.

    By phase correlation (Kuglin and Hines 1975) of the lumas, in windows spread over the images; the median of those
    in which one shift stands out counts.

    Returns:
        `None` where no shift stands out anywhere.
    """
    found = []
    for rows, columns in _windows(*first.shape[-2:]):
        shift = _shift(_luma(first[:, rows, columns]), _luma(second[:, rows, columns]))
        found += [] if shift is None else [shift]
    if not found:
        return None
    down, right = torch.tensor(found).median(0).values.tolist()
    return Shift(right, down)


def _shift(first: Float[Tensor, "h w"], second: Float[Tensor, "h w"]) -> tuple[float, float] | None:
    height, width = first.shape
    taper = torch.hann_window(height, periodic=False)[:, None] * torch.hann_window(width, periodic=False)
    spectra = [torch.fft.rfft2((x - x.mean()) * taper) for x in (first, second)]
    cross = spectra[1] * spectra[0].conj()
    phase = cross / cross.abs().clamp_min(1e-12) * _lowpass(height, width)
    surface = torch.fft.irfft2(phase, s=(height, width))
    peak = int(surface.argmax())
    row, column = divmod(peak, width)
    others = surface.flatten()[torch.arange(surface.numel()) != peak]
    if not surface[row, column] > others.mean() + DISTINCT * others.std():
        return None
    down = row + _vertex(surface[[row - 1, row, (row + 1) % height], column])
    right = column + _vertex(surface[row, [column - 1, column, (column + 1) % width]])
    return (down + height / 2) % height - height / 2, (right + width / 2) % width - width / 2


def _vertex(three: Float[Tensor, " 3"]) -> float:
    """Where the Gaussian through three values beside one another has its top, from the middle one."""
    before, here, after = three.clamp_min(1e-9).log().tolist()
    curvature = before - 2 * here + after
    return 0.0 if curvature >= 0 else max(-0.5, min(0.5, 0.5 * (before - after) / curvature))


def _are_alike(first: Float[Tensor, "3 h w"], second: Float[Tensor, "3 h w"]) -> bool:
    """Whether two images correlate once noise is smoothed away; true where there is nothing to compare."""
    height, width = first.shape[-2:]
    smooth = []
    for image in (first, second):
        band = _lowpass(height, width, 2 * SMOOTHING) - _lowpass(height, width, 8 * SMOOTHING)
        spectrum = torch.fft.rfft2(_luma(image)) * band
        smooth.append(torch.fft.irfft2(spectrum, s=(height, width)).flatten())
    if min(float(x.std()) for x in smooth) < TEXTURE:
        return True
    return bool(torch.corrcoef(torch.stack(smooth))[0, 1] > ALIKE)


def _luma(image: Float[Tensor, "3 h w"]) -> Float[Tensor, "h w"]:
    return (image * image.new_tensor(_LUMA)[:, None, None]).sum(0)


def _lowpass(height: int, width: int, smoothing: float = SMOOTHING) -> Float[Tensor, "h ww"]:
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)
    frequency = rows**2 + columns**2
    return torch.exp(-2 * (math.pi * smoothing) ** 2 * frequency)


def _windows(height: int, width: int) -> list[tuple[slice, slice]]:
    """At most nine windows, evenly spread."""
    tops, lefts = (sorted({round(i * max(size - WINDOW, 0) / 2) for i in range(3)}) for size in (height, width))
    return [(slice(top, top + WINDOW), slice(left, left + WINDOW)) for top in tops for left in lefts]
