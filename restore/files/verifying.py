"""Whether a result, and what it was made from, are still what its receipt says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from restore.errors import FileError, UserError
from restore.files.hashed import Hashed
from restore.files.known import Known, compare
from restore.files.receipt import HoleMeans, Receipt, UsedFile
from restore.images.codec import decode_pages, read_bytes
from restore.images.formats import FORMATS
from restore.images.grow import grow
from restore.images.masks import MaskFile, OwnAlpha
from restore.images.picture import Picture
from restore.weights import DEFAULT, weights_path

TOLERANCE = 3.0 / 255
"""By how much two decoders of a format with loss may differ, in [0, 1] units."""


@dataclass
class Verdict:
    """What came out of it.

    Args:
        differs: What is not as the receipt says, in a few words each.
        unchecked: What could not be looked at, and why.
        known: The pixels that were compared, and found to be as they were written; None if they were not compared.
    """

    differs: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    known: int | None = None


def verify_result(result: Path, receipt: Receipt, folder: Path, given: Mapping[str, Path]) -> Verdict:
    """Hash the files again that a receipt names, and compare the known pixels of input and result.

    The hole is made again from the mask: what the receipt says of the pixels is not believed, nor that the format of
    the result loses anything.

    Args:
        result: The file.
        receipt: Of the file.
        folder: Where the receipt lies.
        given: Files by what they are to the result, in the place of those that the receipt leads to.

    Raises:
        FileError: The result, or a file that is given, cannot be read, or is given for what the receipt does not name.
        UserError: The mask has another size than the image.
    """
    verdict = Verdict()
    data = read_bytes(result)
    if Hashed.of_bytes(data, result).sha256 != receipt.output.sha256:
        verdict.differs.append("it is not the file that its receipt was written for")
    for role in given:
        if not receipt.of_role(role):
            raise FileError(result, f"its receipt names no {role}")
    same: dict[str, Path] = {}
    for used in receipt.files:
        path = _place(used, receipt, folder, given)
        if path is not None and _is_same(used, path, used.role in given, verdict):
            same[used.role] = path
        elif path is None:
            verdict.unchecked.append(f"the {used.role} {used.name}, whose place is not known")
    wanted = ["input"] if receipt.hole is None or receipt.hole.source == "alpha" else ["input", "mask"]
    if all(role in same for role in wanted):
        _compare(result, data, receipt, same["input"], same.get("mask"), verdict)
    elif not verdict.differs:
        verdict.unchecked.append("so its pixels were not compared")
    return verdict


def _place(used: UsedFile, receipt: Receipt, folder: Path, given: Mapping[str, Path]) -> Path | None:
    """Where a file is looked for."""
    if used.role in given:
        first = receipt.of_role(used.role)[0]
        return given[used.role] if used == first else given[used.role].with_name(used.name)
    if used.role == "weights" and used.name == DEFAULT:
        return weights_path(DEFAULT)
    return None if used.path is None else folder / used.path


def _is_same(used: UsedFile, path: Path, is_given: bool, verdict: Verdict) -> bool:
    if not is_given and not path.exists():
        verdict.unchecked.append(f"the {used.role} {used.name}, which is not there")
        return False
    if Hashed.of(path).sha256 == used.sha256:
        return True
    if used.name == DEFAULT and not is_given:
        verdict.unchecked.append("the default weights, which are others in this version")
    else:
        verdict.differs.append(f"the {used.role} {path} is another file than the receipt names")
    return False


def _compare(result: Path, data: bytes, receipt: Receipt, source: Path, mask: Path | None, verdict: Verdict) -> None:
    """Compare the pixels of a result with those of its input."""
    before, after = decode_pages(read_bytes(source), source), decode_pages(data, result)
    if not len(before) == len(after) == len(receipt.pages):
        verdict.differs.append(f"it has {len(after)} pages, its input {len(before)}, its receipt {len(receipt.pages)}")
        return
    lossless = next(one.lossless for one in FORMATS if one.codec.reads(data))
    hole_of = None if receipt.hole is None else _hole_of(receipt.hole, mask)
    known = 0
    for number, (one, other, said) in enumerate(zip(before, after, receipt.pages, strict=True), 1):
        where = f" on page {number}" if len(after) > 1 else ""
        hole = None if hole_of is None or receipt.hole is None else grow(hole_of(one, source), receipt.hole.grow_mask)
        if hole is not None and int(hole.sum()) != said.hole_pixels:
            verdict.differs.append(
                f"the hole has {int(hole.sum())} pixels{where}, and {said.hole_pixels} by its receipt"
            )
        try:
            same = compare(one, other, hole)
        except UserError as error:
            verdict.differs.append(f"{error}{where}")
            return
        known += same.pixels
        verdict.differs += [f"{line}{where}" for line in _differences(same, other, said.largest_difference, lossless)]
    verdict.known = known


def _differences(same: Known, after: Picture, said: float, lossless: bool) -> Iterator[str]:
    if same.first is None:
        return
    if lossless:
        count = "1 known pixel differs" if same.differing == 1 else f"{same.differing} known pixels differ"
        first = "at" if same.differing == 1 else "first at"
        yield f"{count} from the input, {first} {same.first[0]},{same.first[1]}"
    elif same.largest > said + TOLERANCE * after.white:
        yield f"known pixels differ from the input by up to {same.largest:g} levels, and by {said:g} as it was written"


def _hole_of(means: HoleMeans, mask: Path | None) -> MaskFile | OwnAlpha:
    return OwnAlpha() if mask is None else MaskFile(mask, means.mask_means, means.mask_values)
