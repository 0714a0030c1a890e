"""The curves of a run, read from its event files, and drawn for a page that needs nothing else."""

import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

POINTS = 500
"""The most points of a curve; of more, some are drawn, by TensorBoard's own choice, the last always."""

Curve = list[tuple[int, float]]
"""Steps and values."""


def read_curves(run: Path) -> dict[str, Curve]:
    """All curves of a run's folder, by metric; none where it has no event files.

    Of a step that was made twice, as by a run that was resumed, the later value counts.
    """
    if not any(run.glob("events.out.tfevents.*")):
        return {}
    events = EventAccumulator(str(run), size_guidance={SCALARS: POINTS}).Reload()
    curves = {}
    for name in events.Tags()["scalars"]:
        found = sorted(events.Scalars(name), key=lambda event: event.wall_time)
        curves[name] = sorted({event.step: event.value for event in found}.items())
    return curves


def draw_curves(curves: Sequence[tuple[str, Curve]]) -> str:
    """One small diagram of curves that share an axis, as SVG to be put into a page.

    Args:
        curves: With their names.
    """
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "restore", "font.size": 9}):
        figure = Figure((4.6, 2.6), layout="constrained")
        axes = figure.add_subplot()
        for name, curve in curves:
            axes.plot(*zip(*curve, strict=True), label=name, linewidth=1.2, marker="." if len(curve) < 30 else "")
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    drawn = buffer.getvalue()
    return drawn[drawn.index("<svg") :]
