"""Where a request waits for its answer."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import anyio
from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from restore.apps.service.copied import Results
from restore.apps.service.limits import Limits
from restore.apps.service.uploads import safe_name
from restore.apps.service.work import Denoising, Inpainting, Stopped, Ticket, listen, work
from restore.errors import UserError
from restore.files import Rewritten
from restore.files.hashed import Hashed
from restore.inference.restorer import Restorer
from restore.inference.shared_batches import SharedBatches

LEFT = 499
"""Status of a request whose answer nobody waits for any more, as nginx has it."""

NAME = "Restore-Request"
"""The header in which a request says what it is called, so that its progress can be asked for."""

LONGEST_NAME = 64
"""Characters of such a name that count."""

LONGEST_RECEIPT = 6000
"""Characters of a receipt, which is told in a header: many proxies and clients take no more than 8 kB of these."""

Made = TypeVar("Made")

LOOK_AFTER = 0.5
"""Seconds after which it is looked whether somebody still waits."""

MEDIA_TYPES = {"JPEG": "jpeg", "PNG": "png", "TIFF": "tiff", "WEBP": "webp", "AVIF": "avif", "BMP": "bmp"}
"""By the names of formats, below `image/`."""


class Desk:
    """Answers requests with what some threads make of them.

    Args:
        restorer: Shared by all threads. If it works on several tiles at once, these may be of several requests.
        limits: How many threads there are, and how large images may be.
        weights: Their files, for receipts.
    """

    def __init__(self, restorer: Restorer, limits: Limits, weights: Sequence[Hashed] = ()) -> None:
        listen()
        at_once = restorer.tiled_network.batch
        self.restorer = restorer
        if at_once > 1 and limits.workers > 1:
            self.restorer = restorer.with_network(SharedBatches(restorer.backend, at_once))
        self.limits = limits
        self.weights = weights
        self.threads = anyio.CapacityLimiter(limits.workers)
        self.views = anyio.CapacityLimiter(1)
        self.results = Results()
        self.tickets: dict[str, Ticket] = {}

    async def answer(
        self,
        request: Request,
        image: UploadFile,
        job: Callable[[Path], Awaitable[Inpainting | Denoising]],
        suffix: str,
        quality: int | None,
        receipt: bool,
    ) -> Response:
        """The image file that a request asks for.

        Args:
            request: Whoever sent it may leave, which ends the work.
            image: The image file that came in.
            job: Told a folder for the files that came beside it, which are gone with the answer.
            suffix: Of the format of the answer; empty for that of the image.
            quality: Of JPEG.
            receipt: Whether to tell the receipt of the result.

        Raises:
            HTTPException: A file cannot be used, the image is too large, or nobody waits.
        """
        name = Path(safe_name(image, "image"))
        with self._ticket(request) as ticket, tempfile.TemporaryDirectory(prefix="restore-") as folder:
            doing, data = await job(Path(folder)), await image.read()
            await image.close()
            if receipt:
                writing = {"format": suffix.lstrip(".") or None, "quality": quality}
                ticket.account = doing.account(self.restorer, self.weights, writing)

            def result() -> Rewritten:
                return work(self.restorer, data, name, doing, suffix, quality, self.limits.pixels, ticket)

            with _refusals(Path(folder)):
                rewritten = await self._result(request, result, ticket)
            lines = [line.replace(f"{folder}/", "") for line in ticket.lines]
        headers = {"Restore-Unchanged": "true" if rewritten.data is data else "false"}
        if lines:
            headers["Restore-Note"] = " | ".join(lines).encode("ascii", "backslashreplace").decode()
        if ticket.error is not None:
            headers["Restore-Expected-Error"] = ticket.error.as_json()
        if ticket.copied is not None:
            headers["Restore-Result"] = self.results.keep(ticket.copied)
        if ticket.receipt is not None:
            headers["Restore-Receipt"] = _short(ticket.receipt)
        kind = MEDIA_TYPES.get(rewritten.format.name)
        media_type = f"image/{kind}" if kind else "application/octet-stream"
        return Response(rewritten.data, media_type=media_type, headers=headers)

    async def view(self, make: Callable[[], Made], folder: Path | None = None) -> Made:
        """What is made to be looked at, one after the other, beside the work.

        Args:
            make: Makes it.
            folder: Where files lie that came with the request; no message tells it.

        Raises:
            HTTPException: A file cannot be used.
        """
        with _refusals(folder):
            return await anyio.to_thread.run_sync(make, limiter=self.views)

    def progress(self, name: str) -> Ticket | None:
        """How far a request is that said what it is called; None where there is none."""
        return self.tickets.get(name)

    @contextmanager
    def _ticket(self, request: Request) -> Iterator[Ticket]:
        ticket, name = Ticket(), request.headers.get(NAME, "")[:LONGEST_NAME]
        if name:
            self.tickets[name] = ticket
        try:
            yield ticket
        finally:
            if self.tickets.get(name) is ticket:
                del self.tickets[name]

    async def _result(self, request: Request, result: Callable[[], Rewritten], ticket: Ticket) -> Rewritten:
        """What a thread makes, as long as somebody waits for it."""
        working = asyncio.ensure_future(anyio.to_thread.run_sync(result, limiter=self.threads, abandon_on_cancel=True))
        try:
            while not working.done():
                await asyncio.wait([working], timeout=LOOK_AFTER)
                if not working.done() and await request.is_disconnected():
                    raise HTTPException(LEFT, "whoever asked has left")
            return working.result()
        except Stopped:
            raise HTTPException(LEFT, "whoever asked has left") from None
        finally:
            ticket.stop.set()
            working.cancel()


def _short(receipt: str) -> str:
    """A receipt, as long as clients and proxies take it in a header."""
    if len(receipt) > LONGEST_RECEIPT:
        longest = f"{len(receipt)} characters are more than {LONGEST_RECEIPT}"
        raise HTTPException(422, f"the receipt is too long for a header, as {longest}; the command writes it to a file")
    return receipt


@contextmanager
def _refusals(folder: Path | None = None) -> Iterator[None]:
    """What cannot be done becomes an answer, in which no folder of ours is told."""
    try:
        yield
    except MemoryError:
        raise HTTPException(507, "not enough memory for an image of this size") from None
    except UserError as error:
        raise HTTPException(422, str(error).replace(f"{folder}/", "")) from None
