"""The receipt of a result: a small JSON file beside it that says what it was made from, with what, and what it kept."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from restore.errors import FileError
from restore.images.masks import MaskMeans
from restore.plain import as_json

SUFFIX = ".receipt.json"
"""What follows the whole name of a result in the name of its receipt, so that `a.png` and `a.jpg` have one each."""

KIND = "restore receipt"

SCHEMA = 1
"""The version of the file; a newer one is refused."""

MOST_BYTES = 2**24
"""A larger file is none."""

Count = Annotated[int, Field(ge=0)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class UsedFile:
    """A file that a result was made from.

    Args:
        role: What it was to it.
        name: What it is called.
        path: Where it lies, from the folder of the receipt on; None where that is not known.
        size: In bytes.
        sha256: Of its bytes.
    """

    role: Literal["input", "mask", "not from", "like", "noise profile", "weights"]
    name: str
    path: str | None
    size: Count
    sha256: Sha256


@dataclass(frozen=True)
class Output:
    """The result itself.

    Args:
        name: What it was called; None where it had no name yet.
        format: As `restore.images.formats` names it.
        lossless: Whether a file of that format has every bit of its pixels.
        unchanged: Whether it is the input, byte for byte.
        size: In bytes.
        sha256: Of its bytes.
    """

    name: str | None
    format: str
    lossless: bool
    unchanged: bool
    size: Count
    sha256: Sha256


@dataclass(frozen=True)
class HoleMeans:
    """How a hole was made of a mask.

    Args:
        source: Of a mask file, or of the image's own alpha.
        mask_means: What white stands for.
        mask_values: Of masks of labels, the values that count as white.
        grow_mask: Pixels by which it was widened.
    """

    source: Literal["mask", "alpha"]
    mask_means: MaskMeans = "hole"
    mask_values: list[int] | None = None
    grow_mask: Annotated[int, Field(ge=0, le=2**16)] = 0


@dataclass(frozen=True)
class Copies:
    """How many pixels of a plausible fill were copied.

    Args:
        from_itself: From elsewhere in the image.
        from_others: From other images, by their paths, or by their names.
    """

    from_itself: Count
    from_others: dict[str, Count]


@dataclass(frozen=True)
class PageReceipt:
    """A page of a result; files of most formats have one.

    Args:
        width: In pixels, as a viewer shows it.
        height: Likewise.
        hole_pixels: How many were to be filled.
        known_pixels: How many were to stay as they are: those outside the hole; in denoising, the transparent ones.
        known_pixels_that_differ: Of these, in the file that was written.
        largest_difference: Of these, in levels as they are stored.
        sigma: The noise that was found, 0 to 255 for images of any depth; None where none was looked for.
        copied: Where the pixels of a plausible fill come from; None of an expected one.
        adapted: Whether the weights were first adapted to its noise.
    """

    width: Count
    height: Count
    hole_pixels: Count
    known_pixels: Count
    known_pixels_that_differ: Count
    largest_difference: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    sigma: dict[str, float] | None = None
    copied: Copies | None = None
    adapted: bool = False


@dataclass(frozen=True)
class Receipt:
    """What a result was made from, with what, and what it kept.

    No time is noted, so that the same work gives the same receipt.

    Args:
        command: `inpaint` or `denoise`.
        options: What it was asked, by the names of its options; files are among `files`.
        output: The result.
        files: What it was made from, the input first.
        hole: How the hole was made; None where noise was removed.
        backend: What ran the weights, and how.
        versions: Of the code, by name.
        kept: Of each thing that the input says beside its pixels, whether the result says the same, byte for byte.
        notes: What was lost or converted, in a line each.
        known_pixels: `identical` in every bit, `encoded with loss` where the format of the result does so, or `differ`,
            which is an error; `none` where nothing was known.
        pages: Of the result.
    """

    command: Literal["inpaint", "denoise"]
    options: dict[str, Any]
    output: Output
    files: list[UsedFile]
    hole: HoleMeans | None
    backend: dict[str, str | int | bool]
    versions: dict[str, str]
    kept: dict[str, bool]
    notes: list[str]
    known_pixels: Literal["identical", "encoded with loss", "differ", "none"]
    pages: Annotated[list[PageReceipt], Field(min_length=1)]
    kind: str = KIND
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            ValueError: It does.
        """
        for role, count in (("input", 1), ("mask", int(self.hole is not None and self.hole.source == "mask"))):
            if len(self.of_role(role)) != count:
                raise ValueError(f"names {len(self.of_role(role))} files that are its {role}, not {count}")
        if (self.hole is None) != (self.command == "denoise"):
            raise ValueError("a hole belongs to inpaint, and to nothing else")

    def of_role(self, role: str) -> list[UsedFile]:
        """The files that were something to the result."""
        return [one for one in self.files if one.role == role]

    def encode(self) -> bytes:
        """The content of its file."""
        values = asdict(self)
        return as_json({"kind": values.pop("kind"), "schema": values.pop("schema"), **values})

    def compact(self) -> str:
        """The same in one line of ASCII, as the header of an answer has it."""
        return json.dumps(json.loads(self.encode()), separators=(",", ":"))

    @classmethod
    def read(cls, path: Path) -> "Receipt":
        """Read a receipt.

        Raises:
            FileError: There is none, or it is broken, or of a newer version.
        """
        try:
            if path.is_file() and path.stat().st_size > MOST_BYTES:
                raise FileError(path, f"is no receipt, as it has more than {MOST_BYTES} bytes")
            content = json.loads(path.read_bytes())
        except FileNotFoundError as error:
            raise FileError(path, "no such receipt; `restore inpaint` and `denoise` write it with --receipt") from error
        except OSError as error:
            raise FileError.of(path, error) from error
        except (ValueError, RecursionError) as error:
            raise FileError(path, "is no receipt: it is not JSON") from error
        if not isinstance(content, dict) or content.get("kind") != KIND:
            raise FileError(path, "is no receipt of restore")
        if content.get("schema") != SCHEMA:
            raise FileError(path, f"a receipt of version {content.get('schema')!r}; this version reads {SCHEMA}")
        try:
            return TypeAdapter(cls).validate_json(json.dumps(content), strict=True)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            reason = f"{first['msg'][:1].lower()}{first['msg'][1:]}".removeprefix("value error, ")
            raise FileError(path, f"a broken receipt: {f'{place}: ' if place else ''}{reason}") from error


def receipt_path(result: Path) -> Path:
    """Where the receipt of a result lies."""
    return result.with_name(result.name + SUFFIX)
