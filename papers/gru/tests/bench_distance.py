"""How far gradients reach, and from which distance on gates pay: tanh, IRNN, LSTM and GRU.

    python -m papers.gru.tests.bench_distance

measures (some minutes on one core) and writes docs/pictures/distance.json; with `--draw` it leaves
that as it is. Both draw docs/pictures/distance.svg, from it and from committed curves.

All kinds have as many parameters as the gated units. The tanh and the rectified network are
torch.nn.RNN, which papers/rnn and papers/irnn are shown to be, begun as those rooms begin theirs.

B is the number of streams, T that of steps, V of symbols, S of numbers in a state.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from torch import Tensor
from torch.nn import Linear, Module

from common.evidence.measuring import parameters
from common.exams.adding import Reader, adding, examine, learn
from common.exams.text import predictor
from common.reports import style
from papers.gru import PAPER
from papers.gru.evidence.experiments import ADDERS, ADDING, ADDING_RATES, UNITS, nearest
from papers.gru.task import Exam
from papers.gru.version2 import model as gru
from papers.lstm.version2 import model as lstm
from papers.rnn.version2 import model as rnn

KINDS = ("tanh", "irnn", "lstm", "gru")
TEXT = {"batch": 64, "sequence": 16, "steps": 600, "clip": 1.0}
# First input weights and rates on text are those of experiments.py; those of rectified units, and
# of tanh units that add, were chosen with seed 100, as there.
INPUT_STD = {"tanh": 2.0, "irnn": 1.0, "lstm": 2.0, "gru": 1.0}
RATES = {"tanh": 0.02, "irnn": 0.008, "lstm": 0.03, "gru": 0.02}
ADDED_STD = {"tanh": 0.5, "irnn": 0.1, "lstm": 0.5, "gru": 0.5}
ADDED_RATES = {**ADDING_RATES, "tanh": 0.003, "irnn": 0.002}
LENGTHS = (10, 20, 40, 80)  # of the adding problem
SEEDS = (0, 1)
DISTANCE, WARM, STREAMS = 100, 100, 64  # steps back, steps read before, streams
ROOT = Path(__file__).resolve().parents[3]
FILE, PICTURE = (ROOT / "docs/pictures" / f"distance.{kind}" for kind in ("json", "svg"))
NAMES = {"tanh": "tanh", "irnn": "IRNN", "lstm": "LSTM", "gru": "GRU"}
COLOURS = dict(zip(KINDS, (style.PALETTE[i] for i in (7, 1, 0, 2))))
ROOMS = {"tanh": "rnn", "lstm": "lstm", "gru": "gru"}  # whose version 2 reads this text
LEAST = 1e-8  # of a gradient that is drawn


class Simple(Module):
    """torch.nn.RNN with a state (B, H); begins with the identity and rectified units, or with
    tanh and an orthogonal recurrence."""

    def __init__(self, inputs: int, units: int, rectified: bool, input_std: float | None):
        super().__init__()
        kind = "relu" if rectified else "tanh"
        self.rnn = torch.nn.RNN(inputs, units, batch_first=True, nonlinearity=kind)
        begin = torch.nn.init.eye_ if rectified else torch.nn.init.orthogonal_
        begin(self.rnn.weight_hh_l0)
        if input_std is not None:
            torch.nn.init.normal_(self.rnn.weight_ih_l0, std=input_std)
            torch.nn.init.zeros_(self.rnn.bias_ih_l0), torch.nn.init.zeros_(self.rnn.bias_hh_l0)

    def forward(self, x: Tensor, h: Tensor | None = None) -> tuple[Tensor, Tensor]:
        outputs, last = self.rnn(x, None if h is None else h[None].contiguous())
        return outputs, last[0]


def layer(kind: str, inputs: int, units: int, input_std: float | None) -> Module:
    """x (B, T, I), state -> outputs (B, T, H), the new state, whose first dimension is B."""
    if kind == "gru":
        return gru.Layer(inputs, units, input_std or 0.01)
    if kind == "lstm":
        return lstm.Layer(inputs, units, input_std=input_std)
    return Simple(inputs, units, kind == "irnn", input_std)


def units(make: Callable[[int], Module], wanted: int) -> int:
    return nearest(lambda count: parameters(lambda: make(count)), wanted)


# -- gradients over distance --------------------------------------------------------------------


class Net(Module):
    """One layer over one-hot characters, and a linear readout."""

    def __init__(self, kind: str, units: int, symbols: int):
        super().__init__()
        self.layer = layer(kind, symbols, units, INPUT_STD[kind])
        self.readout = Linear(units, symbols)

    def forward(self, tokens: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Scores (B, T, V) after `tokens` (B, T) from `state`; the new one."""
        x = F.one_hot(tokens, self.readout.out_features).float()
        outputs, state = self.layer(x, state)
        return self.readout(outputs), state


def train(net: Net, text: Tensor, rate: float, steps: int = TEXT["steps"]) -> None:
    """On contiguous streams with a carried state, as the rooms do."""
    config = rnn.Config(**{**TEXT, "steps": steps}, learning_rate=rate)
    optimizer, rows, state = rnn.optimizer(net.parameters(), config), None, None
    rows = rnn.streams(text, config.batch)
    for i in range(steps):
        inputs, targets, anew = rnn.chunk(rows, i, config.sequence)
        scores, state = net(inputs, rnn.carry(state, anew))
        rnn.loss(scores, targets).backward()
        rnn.clip_gradients(net.parameters(), config.clip)
        for group in optimizer.param_groups:
            group["lr"] = rnn.learning_rate(i, config)
        optimizer.step()
        optimizer.zero_grad()


def reach(net: Net, text: Tensor, distance: int = DISTANCE) -> list[float]:
    """|v ds_T / ds_(T-d)| for d = 0 ... `distance`: what is left of a gradient of length 1 at the
    state s_T after d steps back. Each stream has a direction v of its own, drawn at random; the
    median over the streams. The state before has read WARM characters."""
    rows = rnn.streams(text[: STREAMS * (WARM + distance)], STREAMS)
    with torch.no_grad():
        _, state = net(rows[:, :WARM])
    states = [state.requires_grad_()]
    for t in range(WARM, WARM + distance):
        _, state = net(rows[:, t : t + 1], states[-1])
        states.append(state)
    v = torch.randn(state.shape, generator=torch.Generator().manual_seed(0)).flatten(1)
    v = F.normalize(v, dim=1).view_as(state)
    found = torch.autograd.grad((states[-1] * v).sum(), states)
    return [float(g.flatten(1).norm(dim=1).median()) for g in reversed(found)]


def gradients(kind: str, seed: int, exam: Exam) -> dict:
    """How far gradients reach at the start and after training, and the bits by then."""
    wanted = parameters(lambda: Net("gru", UNITS, exam.symbols))
    count = units(lambda n: Net(kind, n, exam.symbols), wanted)
    torch.manual_seed(seed)
    net, text = Net(kind, count, exam.symbols), torch.as_tensor(exam.train)
    held_out = torch.as_tensor(exam.encode(exam.parts.validation))
    start = reach(net, held_out)
    train(net, text, RATES[kind])
    told = {"units": count, "start": start, "trained": reach(net, held_out)}
    return told | {"bits": exam.validate(predictor(net))}


# -- adding over distance -----------------------------------------------------------------------


def added(kind: str, length: int, seed: int, rate: float = 0.0, **changes: int) -> float:
    """Mean squared error on fresh sequences; always answering 1 has 1 / 6."""
    task, std = adding(length), ADDED_STD[kind]
    wanted = parameters(lambda: layer("gru", 2, ADDERS, ADDED_STD["gru"]))
    count = units(lambda n: layer(kind, 2, n, std), wanted)
    torch.manual_seed(seed)
    net = Reader(layer(kind, 2, count, std), count, task)
    learn(net, task, seed=seed, rate=rate or ADDED_RATES[kind], **{**ADDING, **changes})
    return examine(net, task).loss


# -- all of it ----------------------------------------------------------------------------------


def measure(seeds=SEEDS, lengths=LENGTHS) -> dict:
    exam = Exam(PAPER.dataset)
    found: dict = {"torch": torch.__version__, "seeds": list(seeds), "lengths": list(lengths)}
    found["adding"] = {
        kind: [[short(added(kind, length, seed)) for seed in seeds] for length in lengths]
        for kind in KINDS
    }
    found["gradients"] = {}
    for kind in KINDS:
        each = [gradients(kind, seed, exam) for seed in seeds]
        middle = {
            name: [short(fmean(values)) for values in zip(*(one[name] for one in each))]
            for name in ("start", "trained")
        }
        told = {"units": each[0]["units"], "bits": [short(one["bits"]) for one in each]}
        found["gradients"][kind] = told | middle
    return found


def short(value: float) -> float:
    return float(f"{value:.4g}")


# -- the picture ----------------------------------------------------------------------------------


def curve(room: str) -> tuple[list[float], list[float]]:
    """Thousands of characters read, and validation bits: of version 2, the mean over its seeds."""
    text = (ROOT / "papers" / room / "curves/version2.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return [float(r["tokens"]) / 1000 for r in rows], [float(r["validation"]) for r in rows]


def draw() -> bytes:
    told = json.loads(FILE.read_text(encoding="utf-8"))
    with style.theme():
        figure, axes = style.canvas([2.3, 2.3], columns=2, gap=0.8, legend=True)
        for place, when in zip(axes, ("start", "trained")):
            for kind in KINDS:
                values = [v for v in told["gradients"][kind][when] if v > LEAST]
                place.plot(range(len(values)), values, "-", lw=1.8, c=COLOURS[kind])
            place.set_xlim(0, DISTANCE)
            _logarithmic(place)
        style.finish(axes[0], "A gradient on its way back: at the start", "steps back", "its norm")
        style.finish(axes[1], "The same after training on text", "steps back")
        _adding(axes[2], told)
        _text(axes[3])
        for kind in KINDS:
            axes[0].plot([], [], "-", lw=1.8, c=COLOURS[kind], label=NAMES[kind])
        figure.legend(*axes[0].get_legend_handles_labels(), loc="lower right", ncols=4)
        return style.svg(figure)


def _adding(axes: Axes, told: dict) -> None:
    for kind in KINDS:
        means = [fmean(errors) for errors in told["adding"][kind]]
        axes.plot(told["lengths"], means, "o-", lw=1.8, ms=4, c=COLOURS[kind])
        for length, errors in zip(told["lengths"], told["adding"][kind]):
            axes.plot([length] * len(errors), errors, ".", ms=3, alpha=0.6, c=COLOURS[kind])
    axes.axhline(1 / 6, ls="--", lw=1, c=style.FAINT)
    axes.set_xscale("log", base=2)
    _logarithmic(axes)
    axes.set_xticks(told["lengths"], map(str, told["lengths"]))
    style.finish(axes, "Adding two numbers far apart", "length of the sequence", "squared error")


def _logarithmic(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")


def _text(axes: Axes) -> None:
    for kind, room in ROOMS.items():
        axes.plot(*curve(room), "-", lw=1.8, c=COLOURS[kind])
    label = "characters read, thousands (log)"
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.xaxis.set_minor_formatter("")
    style.finish(axes, "Text: version 2 of each room", label, "validation bits")


def main(arguments: list[str]) -> None:
    if "--draw" not in arguments:
        torch.set_num_threads(1)
        text = json.dumps(measure(), indent=1)
        FILE.write_text(text + "\n", encoding="utf-8")
    PICTURE.write_bytes(draw())


if __name__ == "__main__":
    main(sys.argv[1:])
