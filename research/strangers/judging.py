"""What came of a case by way of the command or of the service, and what is wrong with it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from research.strangers.cases import Case
from restore.images.codec import decode_pages
from restore.images.formats import FORMATS
from restore.images.picture import upright


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Args:
        name: `restored`, `refused`, `no memory`, or what is wrong.
        fault: All about what is wrong; empty if nothing is.
        said: What was said.
        result: A file.
    """

    name: str
    fault: str = ""
    said: str = ""
    result: bytes = b""


def by_command(case: Case, status: int, lines: Sequence[str], results: Sequence[Path]) -> Outcome:
    """Judge a command by its exit status, what it said, and the files that it left where results go."""
    wrong = [line for line in lines if not line.startswith("restore")]
    if status not in (0, 1, 2) or wrong:
        return Outcome("odd lines", f"status {status}, {wrong[:9] or lines[-9:]}")
    if status:
        said = lines[-1] if lines else ""
        if results or not lines:
            return Outcome("half done", f"status {status}, {lines}, {results}")
        return Outcome("no memory" if "not enough memory" in said else "refused", said=said)
    if len(results) != 1:
        return Outcome("half done", f"status 0, {len(results)} results")
    if case.task == "export":
        return Outcome("restored")
    data = results[0].read_bytes()
    return Outcome("restored", difference(case, data), result=data)


def by_service(case: Case, status: int, media_type: str, body: bytes) -> Outcome:
    """Judge an answer of the service."""
    if status == 200:
        return Outcome("restored", difference(case, body), result=body)
    try:
        said = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        return Outcome("odd answer", f"{status} {media_type} {body[:200]!r}")
    if not (400 <= status < 500 or status in {504, 507}) or "\n" in said or not said:
        return Outcome("odd answer", f"{status} {said}")
    return Outcome("no memory" if status == 507 else "refused", said=said)


def difference(case: Case, result: bytes) -> str:
    """What is not right in a result, by its size and by what is known; empty if all is."""
    data = case.files["image"].read_bytes()
    before, after = decode_pages(data, max_pixels=2**30), decode_pages(result, max_pixels=2**30)
    if len(before) != len(after):
        return f"{len(before)} pages became {len(after)}"
    for one, other in zip(before, after, strict=True):
        was, became = (upright(page.array, page.orientation) for page in (one, other))
        if was.shape[:2] != became.shape[:2]:
            return f"{was.shape} became {became.shape}"
        is_same = "format" not in case.options and one.metadata.source != "PPM"  # whose gray may become colour
        if is_same and (was.shape, was.dtype) != (became.shape, became.dtype):
            return f"{was.shape} {was.dtype} became {became.shape} {became.dtype}"
        has_hole = case.files.get("mask", Path()).name == "hole.png"
        if not has_hole or not is_same or not _is_lossless(data):
            continue
        with Image.open(case.files["mask"]) as mask:
            known = np.asarray(mask.convert("L")) == 0
        if not np.array_equal(was[known], became[known]):
            return "known pixels differ"
    return ""


def _is_lossless(data: bytes) -> bool:
    return next(one for one in FORMATS if one.codec.reads(data)).lossless
