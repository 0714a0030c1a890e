"""What is said about input that cannot be used, in one line each."""

from collections.abc import Collection, Iterable
from importlib.util import find_spec
from pathlib import Path

COVERED = "the hole covers everything that can be seen"
"""What is said where nothing is left to fill from."""

NO_HOLE = "the hole is empty"
"""What is said where nothing is to be filled."""


NO_NUMBERS = "hold or give values that are no numbers (NaN or infinite)"
"""What is said of weights that nothing can be restored with."""


class UserError(ValueError):
    """One line about something that a user gave, raised on purpose where it is judged; all other errors are bugs."""


class FileError(UserError):
    """One line that names a file and says what is wrong with it.

    Args:
        path: The file or folder.
        reason: What is wrong, starting in lower case and without a full stop.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type["FileError"], tuple[Path, str]]:
        """Errors travel from a loader's workers in pickles."""
        return type(self), (self.path, self.reason)

    @classmethod
    def of(cls, path: Path, error: OSError) -> "FileError":
        """What the system says about a file."""
        return cls(path, str(error.strerror or error).lower())


def check_known(what: str, names: Iterable[str], known: Collection[str]) -> None:
    """Refuse names that nothing has, and say which there are.

    Raises:
        UserError: Some of the names are not known.
    """
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UserError(f"no such {what}: {', '.join(unknown)}; there are {', '.join(known)}")


def check_at_least(least: float | int, **values: float | int) -> None:
    """Refuse values, given by the names that the user knows them by, that are too small.

    Raises:
        UserError: One of them is.
    """
    for name, value in values.items():
        if not value >= least:
            raise UserError(f"{name} is at least {least}, not {value}")


def check_share(**shares: float) -> None:
    """Refuse shares, given by the names that the user knows them by, that are less than none or more than all.

    Raises:
        UserError: One of them is.
    """
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise UserError(f"{name} must lie in [0, 1], got {share}")


def is_installed(package: str) -> bool:
    """Whether a package can be imported, as far as can be told without doing so."""
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):  # the latter where a module of that name was put into the place of the package
        return False
