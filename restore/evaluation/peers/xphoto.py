"""Peers that fill holes with OpenCV's module xphoto, which only its contributed packages have."""

from importlib import import_module
from importlib.util import find_spec

import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray

from restore.evaluation.peers.peer import Fill

INSTALL = "pip install opencv-contrib-python-headless (in place of opencv-python-headless)"


class XPhoto(Fill):
    """One of `cv2.xphoto.inpaint`'s methods, which computes at 8 bits and may change what is known."""

    method: str
    to_space: str
    from_space: str

    def unavailable(self) -> str | None:
        """Why it cannot be used here; OpenCV is imported, as nothing else can tell whether it has the module."""
        if find_spec("cv2") is not None and hasattr(import_module("cv2"), "xphoto"):
            return None
        return f"{self.name} needs cv2.xphoto, which is not installed here: {INSTALL}"

    def fill(self, degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
        """Fill a hole; of an image without one, `shiftmap` would end the process."""
        return self._filled(degraded, hole) if hole.any() else degraded

    def _filled(self, degraded: Float[ndarray, "h w 3"], hole: Bool[ndarray, "h w"]) -> Float[ndarray, "h w 3"]:
        cv2 = import_module("cv2")  # of whose types, where it is installed without the module, that is none
        pixels = (degraded * 255).round().clip(0, 255).astype(np.uint8)
        source = cv2.cvtColor(pixels, getattr(cv2, self.to_space))
        visible = np.where(hole, 0, 255).astype(np.uint8)  # here 0 is what is to be filled
        filled: UInt8[ndarray, "h w 3"] = np.zeros_like(source)
        cv2.xphoto.inpaint(source, visible, filled, getattr(cv2.xphoto, self.method))
        return np.asarray(cv2.cvtColor(filled, getattr(cv2, self.from_space)), np.float32) / 255


class FrequencySelective(XPhoto):
    """Frequency selective reconstruction: blocks as sums of a few waves, fitted to what surrounds them.

    Seiler et al. (2015, DOI 10.1109/TIP.2015.2463084); the order of the blocks after Genser et al., "Signal and loss
    geometry aware frequency selective extrapolation for error concealment" (PCS 2018).

    Args:
        quality: `fast`, or `best`, which takes twenty times as long.
    """

    to_space, from_space = "COLOR_RGB2BGR", "COLOR_BGR2RGB"

    def __init__(self, quality: str) -> None:
        self.name = f"fsr-{quality}"
        self.method = f"INPAINT_FSR_{quality.upper()}"


class ShiftMap(XPhoto):
    """Copies of large parts, each shifted by one of a few frequent offsets.

    He and Sun, "Statistics of patch offsets for image completion" (ECCV 2012, DOI 10.1007/978-3-642-33709-3_2), as
    OpenCV's documentation has it. Colours are in CIELAB, which that asks for.
    """

    name = "shiftmap"
    method = "INPAINT_SHIFTMAP"
    to_space, from_space = "COLOR_RGB2Lab", "COLOR_Lab2RGB"
