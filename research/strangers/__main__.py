"""Thousands of files of strangers, drawn and broken, through the command and the service.

    python -m research.strangers --images 10000 --weights 1000 --seed 0

Each case is an image file (or a mask, or another image to copy from) or a weights file that is not right. Processes
with a bound on their memory ask for it to be restored, by the command and by the service. Right is a result, or one
clear line; wrong are tracebacks, processes that end or do not, files half written or left, known pixels that change,
other files read, anything asked of a network, and where command and service do not agree.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from research.strangers.judging import Outcome
from research.strangers.processes import WAYS, Processes
from research.strangers.tensors import safetensors_of, small_network

FINE = ("restored", "refused", "no memory")
"""What may come of a case."""


def main(arguments: list[str] | None = None) -> int:
    """Carry out cases; the exit status is 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=int, default=10000, help="cases of image files")
    parser.add_argument("--weights", type=int, default=1000, help="cases of weights files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case, of either kind")
    parser.add_argument("--case", help="one case, as it was reported: images:17")
    parser.add_argument("--seconds", type=float, default=60.0, help="of computing that a case may take each way")
    options = parser.parse_args(arguments)
    counts = {"images": options.images, "weights": options.weights}
    cases = [(kind, options.first + index) for kind, count in counts.items() for index in range(count)]
    if options.case:
        kind, _, number = options.case.partition(":")
        cases = [(kind, int(number))]
    table: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory(prefix="strangers-") as name:
        weights = Path(name) / "small.safetensors"
        weights.write_bytes(safetensors_of(small_network()))
        with Processes(weights, options.seed, options.seconds, Path(name)) as processes:
            for kind, number in tqdm(cases, disable=not sys.stderr.isatty()):
                done, outcomes = processes.carry_out(kind, number)
                row = table.setdefault(done, Counter())
                for line in _judged(row, outcomes):
                    sys.stdout.write(f"{kind}:{number}, {done}, {line}\n")
                    sys.stdout.flush()
    sys.stdout.write(as_table(table))
    return int(any(row["wrong"] for row in table.values()))


def _judged(row: Counter[str], outcomes: dict[str, Outcome]) -> list[str]:
    """Count what came of a case; what is wrong with it."""
    row["cases"] += 1
    faults = [f"by the {way}: {one.name}: {one.fault}" for way, one in outcomes.items() if one.name not in FINE]
    row.update(f"{way}: {one.name}" for way, one in outcomes.items() if one.name in FINE)
    one, other = outcomes.values()
    agree = (one.name, one.result) == (other.name, other.result) or not (one.result or other.result)
    # The service has limits of its own; the command leaves out other images that cannot be read, and says so.
    of_limits = "no memory" in {one.name, other.name} or "pixels are more than" in one.said + other.said
    if not (faults or agree or of_limits or "like-" in other.said):
        faults.append(f"they do not agree: {one.name} {one.said}, {other.name} {other.said}")
    row["wrong"] += bool(faults)
    return faults


def as_table(table: dict[str, Counter[str]]) -> str:
    """How many cases of each kind came to what, in Markdown."""
    columns = ["cases", *(f"{way}: {name}" for way in WAYS for name in FINE), "wrong"]
    rows = {**dict(sorted(table.items())), "all": sum(table.values(), Counter())}
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {done} | {' | '.join(str(row[column]) for column in columns)} |" for done, row in rows.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
