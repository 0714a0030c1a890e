"""The command `restore verify`, which looks whether results are what their receipts say."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from restore.errors import FileError, UserError
from restore.files.receipt import SUFFIX, Receipt, receipt_path
from restore.files.verifying import Verdict, verify_result
from restore.plain import shown

_logger = logging.getLogger(__name__)


def verify(
    outputs: list[str],
    *,
    input: str | None = None,  # noqa: A002  the option's name
    mask: str | None = None,
    weights: str | None = None,
    receipt: str | None = None,
    strict: bool = False,
) -> int:
    """Look whether results are still what their receipts say, which `--receipt` wrote beside them.

    All files that a receipt names are hashed again, and the pixels outside the hole, which is made again from the mask,
    are compared with those of the input. What is not there any more is told as not checked. What differs is said in
    one line for each result.

    Args:
        outputs: Results of `restore inpaint` and `restore denoise`, or folders: all that have a receipt in there.
        input: The input of a single result, if it lies elsewhere than its receipt says, or that is not to be believed.
        mask: Its mask, likewise.
        weights: The weights that it was made with, likewise.
        receipt: Its receipt, if it does not lie beside it under the name of the result and ".receipt.json".
        strict: Whether what cannot be checked counts as what differs.

    Returns:
        Exit status: 0 nothing differs, 1 something does or a receipt is missing or broken (or, strictly, something
        could not be checked), 2 the arguments allow no work.
    """
    given = {role: Path(path) for role, path in (("input", input), ("mask", mask), ("weights", weights)) if path}
    results = [path for name in outputs for path in _results(Path(name))]
    if len(results) > 1 and (given or receipt):
        raise UserError("--input, --mask, --weights and --receipt belong to one result, and there are several")
    for path in given.values():
        if not path.is_file():
            raise FileError(path, "no such file")
    failed = 0
    for result in results:
        place = receipt_path(result) if receipt is None else Path(receipt)
        try:
            with _quiet():
                if not result.is_file():
                    raise FileError(result, "no such file")
                told = Receipt.read(place)
                verdict = verify_result(result, told, place.parent, given)
        except UserError as error:
            _logger.error("%s", error if isinstance(error, FileError) else f"{result}: {error}")  # noqa: TRY400
            failed += 1
            continue
        wrong = [*verdict.differs, *([_unchecked(verdict)] if strict and verdict.unchecked else [])]
        if wrong:
            _logger.error("%s: %s", result, "; ".join(wrong))
            failed += 1
        else:
            sys.stdout.write(f"{shown(str(result))}: {shown(_agrees(told, verdict))}\n")
    return int(failed > 0)


def _results(path: Path) -> list[Path]:
    """A result, or those of a folder.

    Raises:
        FileError: No receipt lies in the folder.
    """
    if not path.is_dir():
        return [path]
    found = sorted(one.with_name(one.name.removesuffix(SUFFIX)) for one in path.rglob(f"*{SUFFIX}"))
    if not found:
        raise FileError(path, "no receipts here")
    return found


def _agrees(receipt: Receipt, verdict: Verdict) -> str:
    """What is said where nothing differs."""
    parts = ["nothing differs"]
    if verdict.known:
        filled = sum(page.hole_pixels for page in receipt.pages)
        same = "are those of the input"
        if receipt.known_pixels == "encoded with loss":
            most = max(page.largest_difference for page in receipt.pages)
            same = f"are within {most:g} levels of the input, as {receipt.output.format} encodes with loss"
        parts.append(f"{verdict.known} known pixels {same}" + (f", {filled} were filled" if receipt.hole else ""))
    if verdict.unchecked:
        parts.append(_unchecked(verdict))
    return "; ".join(parts)


def _unchecked(verdict: Verdict) -> str:
    return f"not checked: {', '.join(verdict.unchecked)}"


@contextmanager
def _quiet() -> Iterator[None]:
    """What there is to say of reading a mask was said when it was used."""
    reading = logging.getLogger("restore.images")
    level = reading.level
    reading.setLevel(logging.ERROR)
    try:
        yield
    finally:
        reading.setLevel(level)
