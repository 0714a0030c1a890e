"""What a result says of itself: that pixels were copied into it."""

import logging
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int

from restore.images.history import with_event
from restore.images.picture import Picture

_logger = logging.getLogger(__name__)


def noted(picture: Picture, name: Path, hole: Bool[np.ndarray, "h w"], sources: Int[np.ndarray, "h w 3"]) -> Picture:
    """The picture with an event in the history of its XMP packet, if any of its pixels were copied.

    Args:
        picture: A result.
        name: What messages call it.
        hole: What was filled.
        sources: Where its pixels were copied from, as `Restorer.inpaint` tells it.
    """
    numbers = sources[hole][:, 0]
    copied = numbers >= 0
    if not copied.any():
        return picture
    places = ["elsewhere in this image"] if (numbers == 0).any() else []
    places += ["other images"] if (numbers > 0).any() else []
    share = f"{100 * copied.sum() / hole.size:.2g} % of the pixels were copied from {' and '.join(places)}"
    packet = with_event(picture.metadata.xmp, f"restore {version('restore')}", f"plausible fill: {share}")
    if packet is None:
        _logger.warning("%s: its XMP cannot be understood: nothing is noted in it", name)
        return picture
    return replace(picture, metadata=picture.metadata.with_xmp(packet))
