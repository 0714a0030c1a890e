"""The scores of a restored image, and their means.

Scores are a data frame, each row what one method came to on one damaged image:

- `family`, `damage`: the row of the battery;
- `image`: the sample's name; `method`: `restore`, a peer and so on;
- `hole_ratio`: share of the image that is hole;
- `psnr_damaged`: PSNR of what was damaged, in dB: all that is not known exactly. By it methods are ranked;
- `psnr`, `ssim`: of the whole image; `psnr_hole`: over the hole; `ssim_hole`: over the windows centred in it;
- `seam`: `restore.metrics.seam`, 0 is best; `liveliness`: `restore.metrics.liveliness` of the hole, 1 is best;
- `perceptual`: mean of `restore.evaluation.perceptual` over the hole, 0 is best, where its weights are installed;
- `seconds`: how long the restoration took.

NaN stands where there is no such score: without a hole, or where a method failed. In the means, `images` (how many)
takes the place of `image`.
"""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from jaxtyping import Float
from torch import Tensor

from restore.evaluation.perceptual import LEAST, perceptual_distance, weights_file
from restore.metrics import liveliness, psnr, seam, structural_similarity
from restore.observation import Observation

METRICS = ["hole_ratio", "psnr_damaged", "psnr", "ssim", "psnr_hole", "ssim_hole", "seam", "liveliness", "perceptual"]

COLUMNS = ["family", "damage", "image", "method", *METRICS, "seconds"]

RANKING = "psnr_damaged"
"""The score by which methods are ranked."""


def as_frame(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a data frame whose texts may be names of files in any encoding.

    Where pyarrow is installed, pandas would store texts in it, which takes UTF-8 alone.
    """
    with pd.option_context("mode.string_storage", "python"):
        return pd.DataFrame(rows, columns=list(columns))


def measure(
    restored: Float[Tensor, "1 3 h w"], image: Float[Tensor, "1 3 h w"], observation: Observation
) -> dict[str, float]:
    """The scores of what was made of an observation of an image, by the names of `METRICS`."""
    hole = observation.hole
    scores = {
        "hole_ratio": hole.double().mean(),
        "psnr_damaged": psnr(restored, image, observation.sigma != 0),
        "psnr": psnr(restored, image),
        "ssim": structural_similarity(restored, image),
    }
    if hole.any():
        scores["psnr_hole"] = psnr(restored, image, hole)
        scores["ssim_hole"] = structural_similarity(restored, image, hole)
        scores["seam"] = seam(restored, image, hole)
        scores["liveliness"] = liveliness(restored, image, hole)
        if weights_file() and min(image.shape[-2:]) >= LEAST:
            scores["perceptual"] = perceptual_distance(restored, image, hole)
    return {name: float(scores.get(name, math.nan)) for name in METRICS}


def average(scores: pd.DataFrame) -> pd.DataFrame:
    """Average over the images, for each damage and method in the order of their first scores.

    The mean of the images' PSNRs is not the PSNR of their mean error. Scores that an image has not are left out of the
    mean; where a method failed at an image, it has none. Seconds are medians. The rows of a family stand together, and
    the mean of their means follows.
    """
    groups = scores.groupby(["family", "damage", "method"], sort=False)
    means = _means(groups).assign(images=groups.size(), seconds=groups["seconds"].median()).reset_index()
    parts = []
    for family, rows in means.groupby("family", sort=False):
        parts.append(rows)
        if rows["damage"].nunique() > 1:
            groups = rows.groupby("method", sort=False)
            of_family = _means(groups).assign(images=groups["images"].max(), seconds=groups["seconds"].mean())
            parts.append(of_family.reset_index().assign(family=family, damage=f"{family} mean"))
    return pd.concat(parts, ignore_index=True)[["family", "damage", "method", "images", *METRICS, "seconds"]]


def _means(groups: pd.api.typing.DataFrameGroupBy) -> pd.DataFrame:
    has_failed = groups["psnr"].count() < groups.size()
    return groups[METRICS].mean().where(~has_failed, axis=0)
