"""What is told of a result while it is made, for its receipt."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Int

from restore.files.hashed import Hashed
from restore.files.known import Known, compare, kept
from restore.files.receipt import Copies, HoleMeans, Output, PageReceipt, Receipt, UsedFile
from restore.files.rewriting import Rewritten
from restore.images.codec import MAX_PIXELS, decode_pages
from restore.images.picture import Picture, upright
from restore.plain import shown
from restore.versions import versions

CODE = ("restore", "commit", "python", "numpy", "pillow", "pyvips")
"""Of the versions that are told, those that every result depends on."""

LEVELS = 255
"""What a level of noise of 1 is told as."""


@dataclass
class _Page:
    hole: Bool[np.ndarray, "h w"] | None
    sigma: dict[str, float] | None = None
    copied: Counter[int] | None = None
    others: Sequence[Path] = ()
    adapted: bool = False


@dataclass
class Account:
    """Told the files and the pages of a result as they are used, it makes the receipt.

    Args:
        command: `inpaint` or `denoise`.
        options: What was asked, as plain values.
        backend: What runs the weights, and how.
        weights: Their files.
        hole: How holes are made.
    """

    command: Literal["inpaint", "denoise"]
    options: Mapping[str, Any]
    backend: Mapping[str, str | int | bool]
    weights: Sequence[Hashed]
    hole: HoleMeans | None = None
    _used: dict[tuple[str, Path | None], Hashed] = field(default_factory=dict)
    _pages: list[_Page] = field(default_factory=list)

    def use(self, role: str, file: Path | Hashed | None) -> None:
        """Note that a file is used, if it is one; it is read once.

        Args:
            role: As `UsedFile` has them.
            file: If it is hashed already, it is not read again.
        """
        if file is None:
            return
        key = role, file if isinstance(file, Path) else file.path
        if key not in self._used:
            self._used[key] = Hashed.of(file) if isinstance(file, Path) else file

    def filled(
        self, hole: Bool[np.ndarray, "h w"], sources: Int[np.ndarray, "h w 3"] | None, others: Sequence[Path] = ()
    ) -> None:
        """Note a page that was filled.

        Args:
            hole: In its stored layout.
            sources: Where the pixels of a plausible fill were copied from, as `Restorer.inpaint` tells it.
            others: The other images that these speak of.
        """
        for path in others:
            self.use("like", path)
        copied = None if sources is None else Counter(sources[hole][:, 0].tolist())
        self._pages.append(_Page(hole, copied=copied, others=others))

    def denoised(self, found: Any = None, adapted: bool = False) -> None:
        """Note a page that was denoised.

        Args:
            found: The `restore.inference.noise.Noise` that was found, if it was looked for.
            adapted: Whether the weights were first adapted to it.
        """
        names = ("level", "shadows", "lights")
        sigma = None if found is None else {name: round(LEVELS * getattr(found, name), 3) for name in names}
        self._pages.append(_Page(None, sigma, adapted=adapted))

    def receipt(
        self,
        data: bytes,
        source: Path,
        result: Rewritten,
        target: Path | None = None,
        has_place: bool = True,
        max_pixels: int = MAX_PIXELS,
    ) -> Receipt:
        """The receipt of a result, for which its bytes are read and compared with those of the input.

        Args:
            data: The input.
            source: What it is called.
            result: What became of it.
            target: Where that was written, if it was; files are then told by the way that leads to them from there.
            has_place: Whether the input still lies where its name says.
            max_pixels: Of an image.
        """
        before, after = (decode_pages(one, source, max_pixels) for one in (data, result.data))
        assert len(before) == len(after) == len(self._pages)
        known = [compare(one, other, page.hole) for one, other, page in zip(before, after, self._pages, strict=True)]
        pages = [self._page(*one, target) for one in zip(after, self._pages, known, strict=True)]
        used = [
            ("input", Hashed.of_bytes(data, source, has_place)),
            *((key[0], one) for key, one in self._used.items()),
        ]
        output = Hashed.of_bytes(result.data, target or Path("result"))
        return Receipt(
            self.command,
            {key: shown(value) if isinstance(value, str) else value for key, value in self.options.items()},
            Output(
                None if target is None else shown(output.name),
                result.format.name,
                result.format.lossless,
                result.data == data,
                output.size,
                output.sha256,
            ),
            [_told(role, one, target) for role, one in [*used, *(("weights", one) for one in self.weights)]],
            self.hole,
            dict(self.backend),
            _versions(str(self.backend.get("library", ""))),
            kept(before[0], after[0]),
            list(result.notes),
            _summary(known, result.format.lossless),
            pages,
        )

    def _page(self, after: Picture, page: _Page, known: Known, target: Path | None) -> PageReceipt:
        height, width = upright(after.pixels, after.orientation).shape[:2]
        return PageReceipt(
            width,
            height,
            0 if page.hole is None else int(page.hole.sum()),
            known.pixels,
            known.differing,
            known.largest,
            page.sigma,
            None if page.copied is None else self._copies(page.copied, page.others, target),
            page.adapted,
        )

    def _copies(self, copied: Counter[int], others: Sequence[Path], target: Path | None) -> Copies:
        named: Counter[str] = Counter()
        for number, count in copied.items():
            if number > 0:
                file = _told("like", self._used["like", others[number - 1]], target)
                named[file.path or file.name] += count
        return Copies(copied[0], dict(named))


def backend_of(restorer: Any) -> dict[str, str | int | bool]:
    """What runs the weights of a `Restorer`, and how, as a receipt tells it."""
    library = getattr(restorer.backend, "library", None)
    return {
        "name": type(restorer.backend).__name__,
        **({"library": library} if library else {}),
        "device": str(restorer.device),
        "tile": restorer.tiling.tile,
        "self_ensemble": restorer.tiled_network.self_ensemble,
    }


@cache
def _versions(library: str) -> dict[str, str]:
    found = versions()
    own = {library: version(library)} if library else {}
    return {**{name: found[name] for name in CODE if name in found}, **own}


def _summary(known: Sequence[Known], lossless: bool) -> Literal["identical", "encoded with loss", "differ", "none"]:
    if any(page.differing for page in known):
        return "differ" if lossless else "encoded with loss"
    return "identical" if any(page.pixels for page in known) else "none"


def _told(role: Any, file: Hashed, target: Path | None) -> UsedFile:
    """A file as a receipt tells it, by the way that leads to it from the folder of the receipt."""
    path = None if file.path is None else file.path.name if target is None else _way(file.path, target.parent)
    name = shown(file.name)
    # A name that is no UTF-8 cannot stand in JSON, nor the way to it.
    return UsedFile(role, name, None if path is None or shown(path) != path else path, file.size, file.sha256)


def _way(path: Path, folder: Path) -> str:
    place = path.parent.resolve() / path.name
    try:
        return Path(os.path.relpath(place, folder.resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        return place.as_posix()
