"""What is said about input that cannot be used, in one line each."""

from pathlib import Path


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
