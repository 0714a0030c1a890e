"""Noisy images, each with another image of the same scene to learn from: a clean one, or another noisy one."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from restore.data.alignment import check_aligned
from restore.data.folder import ImageFolder
from restore.data.pairs import NAMED, Pair, paired
from restore.errors import UserError
from restore.images.codec import read_size
from restore.images.picture import ImageFileError

logger = logging.getLogger(__name__)


class Partners(ImageFolder):
    """Images of six channels: a noisy image, RGB in [0, 1], and below it another of the same scene.

    So whatever cuts, turns or mirrors an image does the same to both. `ImageFolder` has the rest.

    Args:
        folder: Where the noisy images are, for messages.
        pairs: Each noisy image with the other one of its scene.
    """

    def __init__(self, folder: str | Path, pairs: Sequence[Pair]) -> None:
        self.pairs = {pair.name.as_posix(): pair for pair in pairs}
        super().__init__(folder, list(self.pairs))

    @staticmethod
    def with_clean(noisy: str | Path, clean: str | Path) -> "Partners":
        """Noisy images and clean ones of the same scenes, by name; as for `restore.data.pairs.paired`."""
        return Partners(noisy, paired(noisy, clean))

    @staticmethod
    def of_shots(folder: str | Path, pattern: str) -> "Partners":
        """Noisy shots, each with the next one of the same scene, that of the last being the first.

        Args:
            folder: Searched recursively.
            pattern: What tells the shots of one scene apart, as for `scene_of`.

        Raises:
            UserError: The pattern is none, no scene has two shots, or shots of one scene differ in size.
        """
        scenes: dict[str, list[str]] = {}
        for name in ImageFolder(folder).names:
            scene = scene_of(name, pattern)
            if scene is not None:
                scenes.setdefault(scene, []).append(name)
        several = [shots for shots in scenes.values() if len(shots) > 1]
        if not several:
            raise UserError(f"{folder}: no two images are shots of one scene by the pattern {pattern}")
        root = Path(folder)
        pairs = []
        for shots in several:
            for name, other in zip(shots, [*shots[1:], shots[0]], strict=True):
                pairs.append(Pair(Path(name), root / name, root / other))
        for pair in pairs:
            sizes = read_size(pair.noisy), read_size(pair.clean)
            if sizes[0] and sizes[1] and sorted(sizes[0]) != sorted(sizes[1]):
                raise ImageFileError(pair.noisy, f"is not as large as {pair.clean}, another shot of the scene")
        return Shots(folder, pairs, pattern)

    def only(self, names: Sequence[str]) -> "Partners":
        """The same with these noisy images alone."""
        return Partners(self.folder, [self.pairs[name] for name in names])

    def read(self, name: str) -> Float[Tensor, "6 h w"]:
        """Read a noisy image and the other one.

        Raises:
            ImageFileError: One of them cannot be read, or they differ in size.
        """
        noisy, other = self.pairs[name].read()
        return torch.cat([torch.from_numpy(noisy), torch.from_numpy(other)], 2).permute(2, 0, 1)

    def aligned(self) -> "Partners":
        """The same without those whose partner does not lie on them pixel by pixel, which one warning names.

        Reads all of them.

        Raises:
            UserError: None is left.
        """
        reasons = {}
        for name, pair in self.pairs.items():
            try:
                both = self.read(name)
                check_aligned(both[:3], both[3:], f"{pair.noisy} and {pair.clean}")
            except ImageFileError:
                continue  # said when it is to be used
            except UserError as error:
                reasons[name] = str(error)
        if not reasons:
            return self
        others = f"; and {len(reasons) - NAMED} others" if len(reasons) > NAMED else ""
        said = "; ".join(list(reasons.values())[:NAMED]) + others
        if len(reasons) == len(self):
            raise UserError(said)
        logger.warning("left out %d of %d pairs: %s", len(reasons), len(self), said)
        return self.only([name for name in self.names if name not in reasons])


class Shots(Partners):
    """Noisy shots, each with another one of its scene; scenes are never parted between training and validation.

    Args:
        folder: As for `Partners`.
        pairs: Each shot with another one.
        pattern: What tells the shots of a scene apart.
    """

    def __init__(self, folder: str | Path, pairs: Sequence[Pair], pattern: str) -> None:
        self.pattern = pattern
        super().__init__(folder, pairs)

    def only(self, names: Sequence[str]) -> "Shots":
        """The same with these shots alone."""
        return Shots(self.folder, [self.pairs[name] for name in names], self.pattern)

    def group(self, name: str) -> str:
        """The scene."""
        return scene_of(name, self.pattern) or name


def scene_of(name: str, pattern: str) -> str | None:
    """The scene of a shot: what is left of its name once all that the pattern means is taken out.

    `_*` takes out what follows the last `_`, so that `hall_1.png` and `hall_2.png` are one scene; `/*` all that
    follows the last `/`, so that each folder is one; `shot*_` the beginning of `shot3_hall.png`.

    Args:
        name: A path below the folder that is searched, with `/`.
        pattern: One `*`, and text before it, after it or both.

    Returns:
        `None` where the pattern does not fit.

    Raises:
        UserError: The pattern does not have one `*` and some text.
    """
    before, star, after = pattern.partition("*")
    if not star or "*" in after or not before + after:
        raise UserError(f"a pattern of shots has one * and some text, such as _*, not {pattern!r}")
    head = "(.*)" if before else "(.*/)"
    tail = f"{re.escape(after)}(.*)" if after else "()"
    found = re.fullmatch(f"{head}{re.escape(before)}[^/]*?{tail}", f"/{name}")
    return found and found[1] + found[2]
