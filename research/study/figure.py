"""The picture of a study that varies something step by step: a curve for each variant."""

from collections.abc import Sequence
from statistics import fmean

from matplotlib.figure import Figure

from research.study.results import Result
from restore.evaluation.robustness.figure import WIDTH, png_of


def draw_curves(results: Sequence[Result], variants: Sequence[str], along: str) -> bytes:
    """Draw each figure at each place, as a PNG file: the mean over the seeds as a line, each seed as a dot.

    Args:
        results: At least one.
        variants: The curves, in order.
        along: What is varied; the axis is logarithmic.
    """
    names = list(results[0].figures)
    figure = Figure(figsize=(WIDTH, 4), layout="constrained")
    for axis, name in zip(figure.subplots(1, len(names), squeeze=False).flat, names, strict=True):
        places = sorted({one.at for one in results if one.at is not None})
        for variant in variants:
            own = [one for one in results if one.variant == variant]
            by_place = {at: [one.figures[name] for one in own if one.at == at] for at in places}
            shown = [at for at in places if by_place[at]]
            (line,) = axis.plot(shown, [fmean(by_place[at]) for at in shown], label=variant)
            for at in shown:
                axis.plot([at] * len(by_place[at]), by_place[at], ".", color=line.get_color())
        axis.set_xscale("log")
        axis.set_xticks(places, [f"{place:g}" for place in places])
        axis.minorticks_off()
        axis.set(xlabel=along, ylabel=f"{name}, dB")
        axis.grid(alpha=0.3)
        axis.legend()
    return png_of(figure)
