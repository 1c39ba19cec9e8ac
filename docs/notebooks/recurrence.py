# %% [markdown]
# # Recurrence: a state, and gates
#
# - You will see what goes into a recurrent network and what comes out, with shapes, and watch two
#   of them learn.
# - You will see the gates of an LSTM open and close over a sentence, and units that follow
#   something in a text.
# - And you will measure how far back a mistake can be felt: the gradient fades.
#
# It goes with stage [3](../course/3-recurrence.md) of the course. The models are those of
# [rnn](../../papers/rnn/) and [lstm](../../papers/lstm/).
#
# The first cell only loads things. Look at `QUICK`: set it to `True` for worse models in less time.

# %%
import os
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import seaborn
import torch

from common.ask.text import text_units
from common.ask.units import find
from common.ask.visualize import label
from common.config import plan
from common.exams.text import predictor
from common.paper import room
from common.reports.style import THEME
from common.run.engine import Masters
from papers.lstm.task import Exam
from papers.lstm.version2 import ask
from papers.lstm.version2 import model as lstm
from papers.rnn.version2 import model as rnn

QUICK = "PAPERS_QUICK" in os.environ
STEPS = 60 if QUICK else 800  # more: better models
LOOK = THEME | {"text.parse_math": True}  # powers of ten on axes
seaborn.set_theme(context="paper", style="whitegrid", palette="colorblind", rc=LOOK)

# %% [markdown]
# Tokens are characters. The text is cut into streams that are read side by side, a chunk at a time.
# Look at the targets: they are the inputs, one place later.

# %%
exam = Exam("tinyshakespeare")
config = plan(room("lstm"), "version2", "cpu", {"hidden": 96, "steps": STEPS}).config
rows = rnn.streams(exam.train_on("cpu"), config.batch)
inputs, targets, _ = rnn.chunk(rows, 0, config.sequence)
print("streams", tuple(rows.shape), "  a chunk", tuple(inputs.shape), "  symbols", exam.symbols)
print("inputs ", inputs[0].tolist(), repr(exam.vocabulary.decode(inputs[0])))
print("targets", targets[0].tolist(), repr(exam.vocabulary.decode(targets[0])))

# %% [markdown]
# Two networks before any training. Look at the shapes: scores for each symbol at each place, and a
# state at the end. The LSTM's state is twice as large, for it holds outputs and cells.

# %%
torch.manual_seed(0)
sizes = {"hidden": 96, "steps": STEPS}
nets = {
    "rnn": rnn.RNN(plan(room("rnn"), "version2", "cpu", sizes).config, exam.symbols),
    "lstm": lstm.LSTM(config, exam.symbols),
}
for name, net in nets.items():
    scores, state = net(inputs)
    count = sum(p.numel() for p in net.parameters())
    print(f"{name:5} scores {tuple(scores.shape)}, state {tuple(state.shape)}, {count:,} weights")

# %% [markdown]
# Train both on the same chunks. Guessing costs ln 65 = 4.17 nats. Look at which line falls faster
# at first, and which is lower at the end.

# %%
learners = {
    "rnn": rnn.Learner(config, nets["rnn"], Masters(nets["rnn"].parameters())),
    "lstm": lstm.Learner(config, nets["lstm"], Masters(nets["lstm"].parameters())),
}
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
for name, learner in learners.items():
    losses = [learner.step(rows, i).item() for i in range(STEPS)]
    smooth = np.convolve(losses, np.ones(10) / 10, "valid")
    axes.plot(range(10, STEPS + 1), smooth, label=f"{name}, at the end {smooth[-1]:.2f}")
axes.axhline(np.log(exam.symbols), ls="--", c="grey", label="guessing")
axes.set(title="Two recurrent networks learn", xlabel="step", ylabel="loss, nats per character")
axes.legend()
plt.show()

# %% [markdown]
# Read a sentence with the LSTM and keep its gates at each character. Below are the sixteen units
# whose forget gate changes most. Look along the rows: some units hold on for a whole word and drop
# what they have at its end, others change with each letter.

# %%
predict = predictor(nets["lstm"])
gates = partial(ask.gates, nets["lstm"])
units = text_units(exam, predict, ask.inside, lambda x, state: gates(torch.tensor(x), state))
with torch.no_grad():
    inside = units.read("\nROMEO:\nBut, soft! what light through yonder window breaks?\n")
forget = inside.gates["forget"]  # (characters, units)
moving = np.argsort(-forget.std(0))[:16]
figure, axes = plt.subplots(figsize=(9, 3.8), layout="constrained")
seaborn.heatmap(forget[:, moving].T, cmap="Blues", vmin=0, vmax=1, ax=axes,
                cbar_kws={"label": "1 keeps, 0 forgets"})  # fmt: skip
axes.set_xticks(np.arange(len(forget)) + 0.5, [label(c) for c in inside.tokens], rotation=0)
axes.set_yticks(np.arange(16) + 0.5, moving, rotation=0)
axes.set(title="The forget gate over a sentence", xlabel="character that is read", ylabel="unit")
plt.show()

# %% [markdown]
# Some units follow something that one can name. Each is chosen on one half of a held-out text and
# judged on the other. Look at the correlation there: 1 or -1 is a unit that does nothing else.

# %%
with torch.no_grad():
    read = units.read(units.held_out[: 2_000 if QUICK else 8_000])
found = find(read)
for unit in found:
    print(f"{unit.property:26}{unit.name:14}{unit.correlation:6.2f}")

# %% [markdown]
# Draw the one with the highest correlation over a piece of text. Look at what makes it rise, and
# what makes it fall.

# %%
best = max(found, key=lambda unit: abs(unit.correlation))
figure, axes = plt.subplots(figsize=(9, 2.6), layout="constrained")
axes.bar(range(70), best.lit(read)[:70])
axes.set_xticks(range(70), [label(c) for c in read.tokens[:70]])
axes.set(title=f"A unit that follows: {best.property}", xlabel="character that is read")
axes.set(ylabel="standard deviations\nfrom its mean")
plt.show()

# %% [markdown]
# How far back does learning reach? Take the score of the last character and its gradient in the
# state some characters earlier. The axis is logarithmic. Look at the slopes: which network feels
# more of what was long ago?

# %%
line = torch.as_tensor(exam.encode("But, soft! what light through yonder window breaks?"))[None]
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
for name, net in nets.items():
    norms = []
    for back in range(1, 41):
        _, state = net(line[:, :-back])
        state = state.detach().requires_grad_()
        net(line[:, -back:], state)[0][0, -1].max().backward()
        norms.append(state.grad.norm().item())
    axes.semilogy(range(1, 41), norms, label=name)
axes.set(title="How much the last score depends on an earlier state", ylabel="norm of the gradient")
axes.set(xlabel="characters between the two")
axes.legend()
plt.show()

# %% [markdown]
# Let the LSTM write. Look at what it got right first: lengths of lines and words, names in
# capitals; sense comes last.

# %%
print(exam.sample(predict, seed=0))

# %% [markdown]
# ## Two questions
#
# 1. A forget gate of 0.9 at each step: how much of a cell is left after 16 characters? Which gate
#    would keep half of it over a line of 40?
# 2. A chunk is 16 characters long and no gradient goes beyond it. How can the network still follow
#    the place in a line of 40 characters?
