"""The command `restore attention`: what the transformer looks at."""

import logging

from restore.commands.options import weights_file, whole_numbers
from restore.commands.outputs import picture_output
from restore.errors import UserError, check_at_least
from restore.images.masks import MaskMeans, read_mask
from restore.images.writes import check_folder, check_free

_logger = logging.getLogger(__name__)


def attention(
    image: str,
    *,
    at: str,
    output: str,
    mask: str | None = None,
    mask_means: MaskMeans = "hole",
    mask_values: str | None = None,
    layer: str | None = None,
    seed: int = 0,
    weights: str = "default",
    overwrite: bool = False,
    device: str | None = None,
) -> int:
    """Show what every attention head takes from where for one patch of an image.

    The picture shows the image with the patch in cyan and the hole in magenta; what reaches the patch through all
    layers (attention rollout); and, for each head of a layer, what the patch takes from every other: the image in dark
    gray (next to nothing), then red, yellow and white (most). In a hole, these weights are nearly even. So of a patch
    there it is also shown what `restore inpaint --fill plausible` copies into it: how much from which visible patches,
    and in which pieces, of which the three largest have rims in yellow, green and orange, where they lie and where they
    come from.

    Args:
        image: An image file. Of a large one, the 512 x 512 pixels around the patch are looked at.
        at: A pixel of the patch, X,Y from the left and the top.
        output: The picture to write: PNG, TIFF, WebP, AVIF, BMP or JPEG.
        mask: A mask file, if the image has holes.
        mask_means: What white stands for in the mask file.
        mask_values: For a mask of labels, the stored values that count as white, separated by commas.
        layer: encoder.1, encoder.2 … or decoder.1 …, or "all"; the last of the encoder if not given, or of the
            decoder for a hidden patch.
        seed: Of the fill: another gives another.
        weights: "default" for those that come with the package, a safetensors file, or an artifact of W&B
            (wandb:ENTITY/PROJECT/ARTIFACT:ALIAS).
        overwrite: Replace the output if it exists.
        device: Where to compute, for example "cpu" or "cuda:1"; by default a GPU if there is one.

    Returns:
        Exit status: 0 when done, 2 when something that was given is unusable.
    """
    x, y = _point(at)
    check_at_least(0, **{"--seed": seed})
    picture = picture_output(output)
    check_free(picture, overwrite)
    check_folder(picture.parent)
    import numpy as np

    from restore.apps.attention import attention_at, check_pixel
    from restore.images.codec import read_rgb, write_picture
    from restore.images.picture import Picture
    from restore.inference.restorer import Restorer

    pixels, values = read_rgb(image), whole_numbers("--mask-values", mask_values)
    hole = np.zeros(pixels.shape[:2], dtype=bool) if mask is None else read_mask(mask, mask_means, values)
    height, width = pixels.shape[:2]
    check_pixel((height, width), hole.shape, x, y, image, str(mask))
    restorer = Restorer.load(weights_file(weights), device)
    sheet, rows, columns = attention_at(restorer, pixels, hole, x, y, layer, seed, image)
    if (height, width) != (rows.stop - rows.start, columns.stop - columns.start):
        _logger.info("%s: looked at from %d,%d to %d,%d", image, columns.start, rows.start, columns.stop, rows.stop)
    write_picture(Picture(np.asarray(sheet)), picture, overwrite)
    return 0


def _point(at: str) -> tuple[int, int]:
    try:
        x, y = map(int, at.split(","))
    except ValueError:
        raise UserError(f"--at takes two whole numbers, X,Y, not {at!r}") from None
    return x, y
