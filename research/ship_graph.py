"""Write the graph of the default network again, which comes with the package; needed once its code changes what it is.

python -m research.ship_graph
"""

import gzip
import sys
from pathlib import Path

import restore.weights
from restore.commands.options import CommandParser, run_command
from restore.errors import UserError
from restore.networks.onnx_file import checked, traced_graph, with_weights_of
from restore.networks.weights import load_network

CLOSE = 1e-4
"""By how much, of 1, what it computes may differ from the network at the most."""


def ship_graph(
    weights: str = "default", *, output: str = str(Path(restore.weights.__file__).with_name("default.onnx.gz"))
) -> int:
    """Trace a network, compare the graph with it over sizes and holes, and write it without the weights: minutes.

    Args:
        weights: Of the network.
        output: The file; what lies beside the default weights and ends so is found there.

    Returns:
        Exit status: 0 when written.
    """
    network = load_network(weights)
    graph = traced_graph(network)
    checks = list(checked(network, with_weights_of(network, graph)))
    for check in checks:
        sys.stdout.write(f"{check.size}, {check.damage}: differs by {check.difference:.1e} at most\n")
    if not max(check.difference for check in checks) <= CLOSE:
        raise UserError("the graph is not what the network computes")
    packed = gzip.compress(graph, mtime=0)
    Path(output).write_bytes(packed)
    sys.stdout.write(f"{output}: {len(packed) / 1e3:.0f} kB\n")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the program with these arguments, or those of this process."""
    return run_command(ship_graph, vars(CommandParser(ship_graph).parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
