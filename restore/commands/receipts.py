"""The receipts that `restore inpaint` and `restore denoise` write beside their results."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from restore.commands.batch import Job
from restore.errors import UserError
from restore.files import Rewritten
from restore.files.account import Account, backend_of
from restore.files.hashed import Hashed
from restore.files.receipt import HoleMeans, receipt_path
from restore.images.writes import check_free, write_whole
from restore.weights import DEFAULT, weight_files

NOT_TOLD = {
    "images",
    "output",
    "mask",
    "not_from",
    "like",
    "sources",
    "proposals",
    "overwrite",
    "skip_existing",
    "receipt",
}
"""Options that say which files are read and written: a receipt tells these by themselves."""


class Receipts:
    """One for each result of a command.

    Args:
        command: Its name.
        asked: Its options.
        jobs: What it does.
        overwrite: Replace receipts that exist.

    Raises:
        UserError: A result has no name, so that nothing can lie beside it.
    """

    def __init__(
        self, command: Literal["inpaint", "denoise"], asked: Mapping[str, Any], jobs: Sequence[Job], overwrite: bool
    ) -> None:
        if any(job.target is None for job in jobs):
            raise UserError("--receipt is written beside a result, and standard output has no place: name a file")
        self.command: Literal["inpaint", "denoise"] = command
        self.asked = {key: value for key, value in asked.items() if key not in NOT_TOLD}
        self.overwrite = overwrite
        self._current: tuple[Job, Account] | None = None

    def loaded(self, restorer: Any, weights: str, hole: HoleMeans | None = None) -> None:
        """Be told what all results are made with.

        Args:
            restorer: The `Restorer`.
            weights: What it was loaded from.
            hole: How holes are made.
        """
        self._backend = backend_of(restorer)
        name = DEFAULT if weights == DEFAULT else None
        self._weights = [Hashed.of(path, name) for path in weight_files(weights)]
        self._hole = hole

    def account(self, job: Job, **changed: Any) -> Account:
        """What is told of a job.

        Args:
            job: Its pages share one.
            changed: Options that are others for this job.
        """
        if self._current is None or self._current[0] is not job:
            options = {**self.asked, **changed}
            self._current = job, Account(self.command, options, self._backend, self._weights, self._hole)
        return self._current[1]

    def check_free(self, job: Job) -> None:
        """Find out before the work whether a file is in the way.

        Raises:
            WriteError: It is.
        """
        if job.target is not None:
            check_free(receipt_path(job.target), self.overwrite)

    def write(self, job: Job, data: bytes, result: Rewritten) -> None:
        """Write the receipt of a result that is written.

        Args:
            job: What was done.
            data: The input.
            result: What became of it.

        Raises:
            WriteError: The place cannot be written.
        """
        assert job.target is not None
        has_place = job.source is not None and job.source.resolve() != job.target.resolve()
        receipt = self.account(job).receipt(data, job.name, result, job.target, has_place)
        self._current = None
        write_whole(receipt.encode(), receipt_path(job.target), self.overwrite)
