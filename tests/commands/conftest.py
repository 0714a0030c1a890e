import pytest

from restore.cli import main
from tests.small import write_small_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A small network that changes whatever it may change."""
    return str(write_small_weights(tmp_path_factory.mktemp("weights")))


@pytest.fixture
def command(weights):
    """Runs a command line as the program does: parse, then call with the parsed arguments."""

    def run(name, *arguments, device="cpu"):
        options = () if "--weights" in arguments else ("--weights", weights)
        return main([name, "--device", device, *map(str, arguments), *options])

    return run
