"""Damage by JPEG files as they are: the codec itself, where training has its arithmetic alone."""

import io

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from restore.degradations import JpegCompression
from restore.degradations.compression import Compression

CHROMA_HALVED = 2
"""Pillow's number of 4:2:0."""


class JpegFile(JpegCompression):
    """As `JpegCompression`, but written and read by libjpeg-turbo, through Pillow; on the CPU, at whole qualities."""

    def __init__(self, quality_min: float, quality_max: float) -> None:
        super().__init__(quality_min, quality_max)

    def compress(self, image: Float[Tensor, "n 3 h w"], parameters: Compression) -> Float[Tensor, "n 3 h w"]:
        """What comes back of images in [0, 1], as multiples of 1 / 255."""
        pixels = (image * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        decoded = []
        for one, level in zip(pixels, parameters.quality.round().int().tolist(), strict=True):
            file = io.BytesIO()
            Image.fromarray(one).save(file, "JPEG", quality=level, subsampling=CHROMA_HALVED)
            decoded.append(torch.from_numpy(np.array(Image.open(file))))
        return torch.stack(decoded).permute(0, 3, 1, 2).to(image) / 255
