"""The work of a request: files that came in, what is made of them, and what is said about it."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from restore.apps.service.copied import Copied
from restore.errors import NO_HOLE
from restore.files import Rewritten, noted, rewrite
from restore.files.account import Account, backend_of
from restore.files.hashed import Hashed
from restore.files.receipt import HoleMeans
from restore.images.codec import MAX_PIXELS, read_picture
from restore.images.grow import grow
from restore.images.masks import MaskFile, MaskMeans, OwnAlpha
from restore.images.picture import Picture
from restore.inference.expected_error import ExpectedError, expected_error
from restore.inference.restorer import Restorer

Hole = Callable[[Picture, Path], Any]


class Stopped(BaseException):
    """Nobody waits for the answer any more; it passes whatever catches errors on the way."""


@dataclass
class Ticket:
    """What a request's work is asked and told while it lasts.

    Args:
        stop: Set when nobody waits for the answer any more.
        done: Steps of the work that are done.
        total: Steps in all; 0 before it has begun.
        lines: What is said about it, in a line each.
        copied: Where the pixels of a plausible fill came from, of the first page.
        account: What is told of it for its receipt, if one is wanted.
        receipt: That, as one line of JSON.
        error: What error of its fill is expected, if that is asked for.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    done: int = 0
    total: int = 0
    lines: list[str] = field(default_factory=list)
    copied: Copied | None = None
    account: Account | None = None
    receipt: str | None = None
    error: ExpectedError | None = None

    def progress(self, done: int, total: int) -> None:
        """Note how far the work is.

        Raises:
            Stopped: It is not wanted any more.
        """
        self.done, self.total = done, total
        if self.stop.is_set():
            raise Stopped


@dataclass(frozen=True)
class Inpainting:
    """What the options of `restore inpaint` say, with the files that came with them.

    Args:
        mask: A mask file; None where the transparent part of the image is the hole.
        mask_means: What white stands for in it.
        mask_values: For a mask of labels, the values that count as white.
        grow_mask: Pixels by which the hole is widened.
        fill: Which of the two answers.
        seed: Of a plausible fill.
        not_from: A mask file of what must not be copied.
        like: Files of other images that may be copied from.
        no_note: Whether to leave out what the result says of copied pixels.
        expect_error: Whether to say how far the fill is expected to lie from what was there.
        max_pixels: Of each of these files.
    """

    mask: Path | None = None
    mask_means: MaskMeans = "hole"
    mask_values: list[int] | None = None
    grow_mask: int = 0
    fill: Literal["expected", "plausible"] = "expected"
    seed: int = 0
    not_from: Path | None = None
    like: tuple[Path, ...] = ()
    no_note: bool = False
    expect_error: bool = False
    max_pixels: int = MAX_PIXELS

    def __call__(self, restorer: Restorer, picture: Picture, name: Path, ticket: Ticket) -> Picture:
        """Fill the hole of a picture."""
        source: Hole = OwnAlpha()
        if self.mask is not None:
            source = MaskFile(self.mask, self.mask_means, self.mask_values, self.max_pixels)
        hole = grow(source(picture, name), self.grow_mask)
        if not hole.any():
            ticket.lines.append(f"{NO_HOLE}: nothing is filled")
        barred = None
        if self.not_from is not None:
            barred = MaskFile(self.not_from, max_pixels=self.max_pixels)(picture, name)
        others = [read_picture(path, self.max_pixels) for path in self.like]
        arrays = [other.array for other in others]
        filled, copied = restorer.inpaint(
            picture.array, hole, self.fill, self.seed, barred, return_sources=True, like=arrays
        )
        if self.expect_error and ticket.error is None:
            ticket.error = expected_error(restorer, picture.array, hole, self.fill, self.seed, barred, arrays)
        if self.fill == "plausible" and ticket.copied is None:
            ticket.copied = Copied.of(copied, hole, [picture, *others])
        if ticket.account is not None:
            ticket.account.use("mask", self.mask)
            ticket.account.use("not from", self.not_from)
            ticket.account.filled(hole, copied if self.fill == "plausible" else None, self.like)
        result = picture.with_array(filled)
        return result if self.fill == "expected" or self.no_note else noted(result, name, hole, copied)

    def account(self, restorer: Restorer, weights: Sequence[Hashed], writing: Mapping[str, Any]) -> Account:
        """To be told what is used and made.

        Args:
            restorer: Fills.
            weights: Its files.
            writing: Options about the format of the result.
        """
        means = HoleMeans("alpha" if self.mask is None else "mask", self.mask_means, self.mask_values, self.grow_mask)
        names = ("mask_means", "mask_values", "grow_mask", "fill", "seed", "no_note")
        options = {**{name: getattr(self, name) for name in names}, **writing}
        return Account("inpaint", options, backend_of(restorer), weights, means)


@dataclass(frozen=True)
class Denoising:
    """What the options of `restore denoise` say.

    Args:
        sigma: In [0, 1] units; None looks for it.
        strength: How much of the noise that is found to remove, 0 to 1.
    """

    sigma: float | None = None
    strength: float = 1.0

    def __call__(self, restorer: Restorer, picture: Picture, name: Path, ticket: Ticket) -> Picture:  # noqa: ARG002
        """Denoise a picture."""
        noise: Any = self.sigma
        if noise is None:
            noise = restorer.noise(picture.array, jpeg_quality=picture.jpeg_quality)
            ticket.lines.append(str(noise))
        if ticket.account is not None:
            ticket.account.denoised(noise if self.sigma is None else None)
        return picture.with_array(restorer.denoise(picture.array, noise, self.strength))

    def account(self, restorer: Restorer, weights: Sequence[Hashed], writing: Mapping[str, Any]) -> Account:
        """As that of `Inpainting`."""
        sigma = "auto" if self.sigma is None else round(255 * self.sigma, 6)
        options = {"sigma": sigma, "strength": self.strength, **writing}
        return Account("denoise", options, backend_of(restorer), weights)


def work(
    restorer: Restorer,
    data: bytes,
    name: Path,
    job: Inpainting | Denoising,
    suffix: str,
    quality: int | None,
    max_pixels: int,
    ticket: Ticket,
) -> Rewritten:
    """Do what a request asks for, in the thread that calls it.

    Args:
        restorer: Shared by all requests.
        data: The image file.
        name: What messages call it.
        job: What to do with each of its pages.
        suffix: Of the format of the result; empty for that of the image.
        quality: Of JPEG, 1 to 100.
        max_pixels: Of an image.
        ticket: Told how far it is, and what is to be said.

    Raises:
        UserError: The files or the options cannot be used.
        Stopped: It is not wanted any more.
    """
    watched = restorer.with_progress(ticket.progress)
    with _heard(ticket):
        into = Path(f"result{suffix}") if suffix else None
        result = rewrite(data, name, lambda page: job(watched, page, name, ticket), into, quality, max_pixels)
        if ticket.account is not None:
            ticket.receipt = ticket.account.receipt(data, name, result, max_pixels=max_pixels).compact()
    ticket.lines += result.notes
    return result


_listening: ContextVar[Ticket | None] = ContextVar("listening", default=None)


class _ToTicket(logging.Handler):
    """What the package says in a thread goes to the ticket that is worked on there."""

    def emit(self, record: logging.LogRecord) -> None:
        ticket = _listening.get()
        if ticket is not None and record.levelno >= logging.INFO:
            ticket.lines.append(record.getMessage())


def listen() -> None:
    """Begin to hear what the package says."""
    logger = logging.getLogger("restore")
    if not any(isinstance(one, _ToTicket) for one in logger.handlers):
        logger.addHandler(_ToTicket())


@contextmanager
def _heard(ticket: Ticket) -> Iterator[None]:
    token = _listening.set(ticket)
    try:
        yield
    finally:
        _listening.reset(token)
