"""Which mask belongs to which picture, by their names."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

ENDINGS = ("_mask", "-mask")
"""What the name of a mask may add to that of its picture."""


class MaskNames:
    """The masks of a folder by what they are called.

    The mask of `deep/name.jpg` is the one of these that there is, the first kind first: `deep/name.jpg`; `deep/name`
    with another suffix; `deep/name_mask` or `deep/name-mask` with any suffix; one that differs from these in case or
    in its Unicode form only.

    Args:
        masks: Paths relative to the folder.
        beside: Whether the pictures lie in the same folder, so that of two files of one name the mask is the one that
            is called so.
    """

    def __init__(self, masks: Iterable[Path], beside: bool = False) -> None:
        self.beside = beside
        self._exact: dict[Path, list[Path]] = defaultdict(list)
        self._folded: dict[str, list[Path]] = defaultdict(list)
        for mask in masks:
            self._exact[mask.with_suffix("")].append(mask)
            self._folded[folded(mask.with_suffix(""))].append(mask)

    def match(self, relative: Path) -> list[Path]:
        """The masks that a picture may mean: one, none, or several between which nothing decides."""
        stem = relative.with_suffix("")
        named = [stem.with_name(stem.name + ending) for ending in ENDINGS]
        same = [] if self.beside else self._exact.get(stem, [])
        if relative in same:
            return [relative]
        return (
            same
            or [mask for name in named for mask in self._exact.get(name, [])]
            or ([] if self.beside else self._folded.get(folded(stem), []))
            or [mask for name in dict.fromkeys(map(folded, named)) for mask in self._folded.get(name, [])]
        )

    def wanted(self, relative: Path) -> str:
        """What the mask of a picture is called, for messages."""
        stem = relative.with_suffix("")
        return f"{stem}{ENDINGS[0] if self.beside else ''}.*"

    def is_mask(self, relative: Path) -> bool:
        """Whether a file is called the mask of another one of these."""
        name = folded(relative.with_suffix(""))
        return any(name.endswith(end) and name.removesuffix(end) in self._folded for end in ENDINGS)


def folded(name: Path) -> str:
    """A name in which neither case nor the Unicode form matters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.as_posix()).casefold())
