"""Pairs of images, one noisy and one clean, by their names."""

import glob
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from jaxtyping import Float

from restore.errors import FileError, UserError
from restore.images.codec import read_rgb, read_size
from restore.images.folders import find_images
from restore.images.mask_names import folded
from restore.images.picture import ImageFileError

NAMED = 5
"""The most files that one message names."""

_WORD = r"(?P<word>[^-_. /]*[^\W\d_][^-_. /]*)"  # not of digits alone, which number the scenes
_LAST = re.compile(rf"(?P<rest>.*[^-_. /])[-_. ]{_WORD}")
_FIRST = re.compile(rf"(?P<folder>.*/)?{_WORD}[-_. ](?P<rest>[^-_. /][^/]*)")
_WHOLE = re.compile(rf"(?P<rest>.*/){_WORD}")


@dataclass(frozen=True)
class Pair:
    """A noisy image and the clean one of the same scene.

    Args:
        name: The noisy image's path below its folder.
        noisy: Its file.
        clean: The file of the clean one.
    """

    name: Path
    noisy: Path
    clean: Path

    def read(self) -> tuple[Float[np.ndarray, "h w 3"], Float[np.ndarray, "h w 3"]]:
        """Read both, upright, as RGB in [0, 1]: the noisy and the clean one.

        Raises:
            ImageFileError: One of them cannot be read, or they differ in size.
        """
        noisy, clean = read_rgb(self.noisy), read_rgb(self.clean)
        if noisy.shape != clean.shape:
            raise ImageFileError(self.noisy, _sizes(noisy.shape[1::-1], self.clean, clean.shape[1::-1]))
        return noisy, clean


def paired(noisy: str | Path, clean: str | Path) -> list[Pair]:
    """Pair the images of two folders by name.

    Two images belong together if their paths below their folders are the same, the suffix aside; or differ in case or
    Unicode form only; or in a word that all images of their folder begin or end with, as in `chair_noisy.png` and
    `chair_clean.png`, `GT_7.png` and `NOISY_7.png`. Of these ways, the one is taken that pairs the most images.

    Args:
        noisy: A folder, searched recursively, or a pattern such as `scenes/*_real.jpg`.
        clean: Likewise; it may be the same folder by another pattern.

    Returns:
        The pairs, in the order of the noisy images. Sizes are compared by what files begin with; where that does not
        tell, or a file is turned by its metadata, by reading.

    Raises:
        FileError: One of the folders is missing, cannot be read or has no images in it.
        UserError: An image has no partner or may have several, the images of a pair are one file or differ in size.
    """
    sides = [_images(noisy), _images(clean)]
    relatives = [[relative for _, relative in side] for side in sides]
    ways = product(*(_keys(side) for side in relatives))
    keys = max(ways, key=lambda way: len(set(way[0]) & set(way[1])))
    if set(keys[0]).isdisjoint(keys[1]):
        raise UserError(f"no image of {noisy} is called like one of {clean}, a word such as _noisy or _clean aside")
    files = [[file for file, _ in side] for side in sides]
    _refuse_the_ambiguous(keys, files)
    lonely = [file for i in (0, 1) for key, file in zip(keys[i], files[i], strict=True) if key not in keys[1 - i]]
    if lonely:
        raise UserError(f"{_listed(lonely)}: no image of that name in {clean if lonely[0] in files[0] else noisy}")
    partner = dict(zip(keys[1], files[1], strict=True))
    pairs = [Pair(name, file, partner[key]) for (file, name), key in zip(sides[0], keys[0], strict=True)]
    for pair in pairs:
        _check(pair)
    return pairs


def _images(folder: str | Path) -> list[tuple[Path, Path]]:
    if not Path(folder).is_dir() and not glob.has_magic(str(folder)):
        raise FileError(Path(folder), "there is no such folder")
    return find_images([folder])


def _keys(relatives: Sequence[Path]) -> list[list[str]]:
    """All ways to say what the images are called, the strictest first."""
    exact = [relative.as_posix() for relative in relatives]
    stems = [relative.with_suffix("") for relative in relatives]
    names = [folded(stem) for stem in stems]
    ways = [exact, [stem.as_posix() for stem in stems], names]
    for pattern in (_LAST, _FIRST, *([_WHOLE] if len(names) > 1 else [])):
        found = [match for name in names if (match := pattern.fullmatch(name))]
        if len(found) == len(names) and len({match["word"] for match in found}) == 1:
            ways.append([(match.groupdict().get("folder") or "") + match["rest"] for match in found])
    return ways


def _refuse_the_ambiguous(keys: Sequence[Sequence[str]], files: Sequence[Sequence[Path]]) -> None:
    for of_side, its_files in zip(keys, files, strict=True):
        key, count = Counter(of_side).most_common(1)[0]
        if count > 1:
            alike = [file for name, file in zip(of_side, its_files, strict=True) if name == key]
            raise UserError(f"{_listed(alike)}: which of them is meant, their names do not tell")


def _check(pair: Pair) -> None:
    if pair.noisy.exists() and pair.clean.exists() and pair.noisy.samefile(pair.clean):
        raise UserError(f"{pair.noisy}: given both as noisy and as clean")
    noisy, clean = read_size(pair.noisy), read_size(pair.clean)
    if noisy and clean and sorted(noisy) != sorted(clean):
        raise ImageFileError(pair.noisy, _sizes(noisy, pair.clean, clean))


def _sizes(noisy: Sequence[int], path: Path, clean: Sequence[int]) -> str:
    return f"{noisy[0]} x {noisy[1]} pixels, but {path} has {clean[0]} x {clean[1]}"


def _listed(files: Sequence[Path]) -> str:
    others = f" and {len(files) - NAMED} others" if len(files) > NAMED else ""
    return ", ".join(map(str, files[:NAMED])) + others
