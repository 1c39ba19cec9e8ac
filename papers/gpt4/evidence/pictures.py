"""Pictures of the forecast, of losses over compute, and of how far confidence can be believed.

`python -m papers.gpt4.evidence.pictures WEIGHTS docs/pictures` takes the folder with the weights of
a version 2, as a training leaves it, and the committed records.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from common.ask.checkpoint import Checkpoint, read_checkpoint
from common.errors import UserError
from common.exams.text import predictor
from common.paper import room
from common.records.record import Record
from common.reports import style
from common.reports.drawing import run_main
from papers.gpt4 import ask, task
from papers.gpt4.evidence.predicted import PREDICTED
from papers.gpt4.version2 import model

METRIC = "bits_per_character"
X = "compute of the training, FLOPs"


def forecast(axes, record: Callable[[str], Record]) -> None:
    """Each seed of the ladder, the law with a floor and without, what was foretold, what came."""
    compute, losses = ask.runs(record, METRIC)
    for spent, values in zip(compute, losses):
        axes.plot([spent] * len(values), values, "o", ms=3, color=style.INK, zorder=3)
    means, told = [np.mean(values) for values in losses], PREDICTED.get(METRIC)
    over = np.geomspace(min(compute), 4 * max(compute), 100)
    for floor, name in ((True, "a C^b + c"), (False, "a C^b")):
        law = model.fit(compute, means, floor)
        axes.plot(over, law.at(over), label=name, color=style.PALETTE[0 if floor else 3])
    try:
        (at,), (given,) = ask.runs(record, METRIC, (ask.HELD_OUT,))
        axes.plot([at] * len(given), given, "o", ms=4, color=style.PALETTE[2], label="what it gave")
    except UserError:
        at = 3 * max(compute)
    if told:
        ends = [[told.value - told.low], [told.high - told.value]]
        bar = {"fmt": "D", "ms": 4, "capsize": 4, "color": style.PALETTE[1], "zorder": 2}
        axes.errorbar([at], [told.value], yerr=ends, label="foretold, 90 %", **bar)
    axes.set(xscale="log", yscale="log")
    axes.yaxis.set_major_formatter("{x:.1f}"), axes.yaxis.set_minor_formatter("{x:.1f}")
    axes.xaxis.set_major_formatter("{x:.0e}")
    axes.legend(fontsize=8)
    style.finish(axes, "Foretold from the small ones", X, "bits per character (test)")


def curves(axes, record: Callable[[str], Record]) -> None:
    """The loss of each size while it is trained, seed by seed the mean."""
    for place, size in enumerate((*ask.LADDER, ask.HELD_OUT)):
        try:
            one = record(ask.variant(size))
        except UserError:
            continue
        found = [run.earlier[0] for run in one.seeds]
        shown = np.mean([curve.validation for curve in found], axis=0)
        spent = np.array(found[0].step) / found[0].step[-1] * one.seeds[0].metrics["compute"]
        label = one.variant.removeprefix("version2-")
        axes.plot(spent, shown, label=label, color=style.PALETTE[place], lw=1.3)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:.0e}")
    axes.legend(fontsize=8, ncol=2)
    style.finish(axes, "Losses on the way there", X, "bits per character (validation)")


def reliability(axes, p: np.ndarray, title: str, colour: str) -> None:
    """Confidence and accuracy of each bin; a dot is as large as the share of questions in it."""
    share, said, true = model.reliability(p, task.TRUTH, task.OFTEN)
    error = model.calibration_error(p, task.TRUTH, task.OFTEN)
    axes.plot([0, 1], [0, 1], color=style.FAINT, lw=1, zorder=1)
    axes.scatter(said, true, s=400 * share, color=colour, zorder=2)
    axes.set(xlim=(0, 1.06), ylim=(0, 1.06))
    style.finish(axes, f"{title}: off by {error:.3f}", "confidence", "share that is right")


def answers(checkpoint: Checkpoint) -> list[np.ndarray]:
    """What the model answers before tuning and after, each (Q, A)."""
    exam, found = task.Exam(checkpoint.data, checkpoint.config), []
    for part in ("before", "tuned"):
        make = lambda: model.GPT2(checkpoint.config, exam.symbols)  # noqa: E731
        net = checkpoint.fill(make, f"{part}.model.")
        found.append(exam.known(predictor(net, net.read)))
    return found


def main(weights: str, folder: str) -> None:
    record, (before, after) = ask.committed(), answers(read_checkpoint(room("gpt4"), Path(weights)))
    with style.theme():
        figure, (left, right) = style.canvas([3.2], columns=2, gap=0.8)
        forecast(left, record), curves(right, record)
        style.keep(figure, Path(folder) / "gpt4-forecast.svg")
        figure, (left, right) = style.canvas([3.2], columns=2, gap=0.8)
        reliability(left, before, "Before tuning", style.PALETTE[0])
        reliability(right, after, "After tuning by reward", style.PALETTE[3])
        style.keep(figure, Path(folder) / "gpt4-reliability.svg")


if __name__ == "__main__":
    run_main(main)
