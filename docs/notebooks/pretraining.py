# %% [markdown]
# # Pre-training and fine-tuning
#
# - You will see what BERT hides in a line, watch it learn to fill the gaps, and ask it for words
#   that are missing.
# - Then the same weights learn a task with labels: was a line a question, once its mark is gone?
# - A network that has read nothing learns the same task beside it, so that you see what the reading
#   was worth.
#
# It goes with stage [9](../course/9-pre-training.md) of the course. The model is that of
# [bert](../../papers/bert/), its pieces of words are made by [bpe](../../papers/bpe/).
#
# The first cell only loads things. Look at `QUICK`: set it to `True` for worse models in less time.

# %%
import copy
import os
import random

import matplotlib.pyplot as plt
import numpy as np
import seaborn
import torch

from common.config import plan
from common.data.text import load_text, split
from common.exams.pairs import padded
from common.exams.wordpieces import learn_pieces
from common.paper import room
from common.reports.style import THEME
from common.run.engine import Masters
from papers.bert.version2 import model
from papers.bert.version2.ask import maps
from papers.bpe.version2.model import Trainer

QUICK = "PAPERS_QUICK" in os.environ
STEPS = 60 if QUICK else 1_000  # of pre-training; more: it fills gaps better
seaborn.set_theme(context="paper", style="whitegrid", palette="colorblind", rc=THEME)

# %% [markdown]
# BERT reads pieces of words. Look at what is cut: "##" begins a piece that goes on with a word.

# %%
parts = split(load_text("tinyshakespeare", report=lambda line: None))
lines = [[line for line in part.split("\n") if len(line.split()) > 3] for part in parts]
pieces = learn_pieces(lines[0], 1_000 if QUICK else 3_000, Trainer)
for line in lines[2][:3]:
    print(line, "→", *(pieces.pieces[i] for i in pieces.encode(line)), sep=" ")
print("pieces", len(pieces), "  lines to read", len(lines[0]))

# %% [markdown]
# Of all pieces 15 % are hidden and have to be foretold. Look at the three columns, the line, what
# the network sees of it and what it is asked: some asked words it sees unchanged, or changed into
# others.

# %%
torch.manual_seed(2)


def encoded_rows(texts, most=30):
    """Tokens (B, T) of texts, [CLS] before and [SEP] behind each."""
    encoded = (pieces.encode(text)[:most] for text in texts)
    return torch.tensor(padded([[pieces.cls, *ids, pieces.sep] for ids in encoded]))


hiding = model.Hiding(pieces.pieces, share=0.15)
reading = encoded_rows(lines[0])
seen, targets = hiding(reading[:400])
row = int((targets >= 0).sum(1).argmax())  # the line of which most is asked
for text, shown, asked in zip(reading[row], seen[row], targets[row]):
    if text != pieces.pad:
        names = (pieces.pieces[i] if i >= 0 else "" for i in (text, shown, asked))
        print("{:14}{:14}{:14}".format(*names))

# %% [markdown]
# Count over 400 lines what became of the pieces that are asked. Look at the three parts: the paper
# wants 80, 10 and 10 per cent.

# %%
asked = targets >= 0
masked, same = (seen == pieces.mask)[asked], (seen == targets)[asked]
shares = {"[MASK]": masked, "another piece": ~masked & ~same, "unchanged": same}
figure, axes = plt.subplots(figsize=(8, 2), layout="constrained")
axes.barh(list(shares), [100 * which.float().mean() for which in shares.values()])
axes.invert_yaxis()
axes.set(title="What stands where a piece is asked", xlabel="% of the asked", ylabel="is seen as")
plt.show()

# %% [markdown]
# Pre-train. The dashed line is what one pays who knows only how often each piece occurs. Look at
# how long the loss stays on that line before it goes below.

# %%
sizes = {"pieces": len(pieces), "context": 32, "pretrain_steps": STEPS, "batch": 48}
config = plan(room("bert"), "version2", "cpu", sizes).config
torch.manual_seed(0)
net = model.BERT(config, len(pieces))
fresh = copy.deepcopy(net)  # will never read
learner = model.Learner(config, net, Masters(net.parameters()), 0, pieces.pieces)
order = torch.randint(len(reading), (STEPS, config.batch))
losses = [learner.pretrain(reading[rows], i).item() for i, rows in enumerate(order)]
share = np.bincount(reading[reading > pieces.mask], minlength=len(pieces)) + 1e-9
share = share / share.sum()
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
axes.plot(range(1, STEPS + 1), losses, lw=0.8)
axes.axhline(-(share * np.log(share)).sum(), ls="--", c="grey", label="single pieces, counted")
axes.set(title="BERT learns to fill gaps", xlabel="step", ylabel="loss, nats per hidden piece")
axes.legend()
plt.show()

# %% [markdown]
# Ask for a missing piece, before the reading and after it. The network sees both sides of the gap.
# Look at whether the answers are at least words of the right kind.

# %%
gap = encoded_rows(["what is the matter, my lord?"])
place = int((gap[0] == pieces.ids["lord"]).nonzero()[0]) if "lord" in pieces.ids else 7
gap[0, place] = pieces.mask
figure, panels = plt.subplots(1, 2, figsize=(8, 2.6), layout="constrained")
for axes, (name, asked_net) in zip(panels, {"before": fresh, "after": net}.items()):
    with torch.no_grad():
        states = asked_net.eval().encode(gap)  # (1, T, D)
        p = asked_net.pieces(states[0, place : place + 1])[0].softmax(-1)
    top = p.topk(6)
    axes.barh([pieces.pieces[i] for i in top.indices], top.values)
    axes.invert_yaxis()
    axes.set(title=f"{name} reading", xlabel="probability", ylabel="piece")
print("states", tuple(states.shape), "  probabilities", tuple(p.shape))
figure.suptitle(pieces.decode(gap[0]))
plt.show()

# %% [markdown]
# Now a task with labels that cost nothing: half of these lines ended in a question mark, half in a
# full stop, and both are cut off. Look at a few: could you tell?

# %%
endings, mix = (".", "?"), random.Random(0)


def task(texts, count):
    """`count` lines without their last sign, questions and statements in turn, with labels."""
    kinds = [[t[:-1] for t in texts if t.endswith(end)][: count // 2] for end in endings]
    labels = [label for label, kind in enumerate(kinds) for _ in kind]
    return [text for kind in kinds for text in kind], torch.tensor(labels)


texts, unread = (mix.sample(part, len(part)) for part in (lines[0], lines[1] + lines[2]))
known, known_labels = task(texts, 100 if QUICK else 1_000)
test, test_labels = task(unread, 600)
for text, label in list(zip(test, test_labels))[:3] + list(zip(test, test_labels))[-3:]:
    print("question " if label else "statement", text)

# %% [markdown]
# Fine-tune both networks, the one that has read and the one that has not, on the same lines. Look
# at the first half: which is steadier? And look at the end: after so little reading not much of the
# lead is left. Lines are those that neither has seen; 50 % is guessing.

# %%
tune_steps = 30 if QUICK else 100
train_rows, test_rows = encoded_rows(known), encoded_rows(test)
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
for name, start in {"from nothing": fresh, "pre-trained": net}.items():
    tuned = copy.deepcopy(start).train()
    tuner = model.Learner(config, tuned, Masters(tuned.parameters()), 0, tuning=tune_steps)
    errors = []
    for i in range(tune_steps):
        chosen = torch.randint(len(known), (32,), generator=torch.Generator().manual_seed(i))
        tuner.tune(train_rows[chosen], known_labels[chosen], i)
        if i % 5 == 4:
            with torch.no_grad():
                scores = tuned.eval()(test_rows)  # (lines, classes)
            tuned.train()
            errors.append(100 * (scores.argmax(1) != test_labels).float().mean().item())
    axes.plot(range(5, tune_steps + 1, 5), errors, label=f"{name}, at the end {errors[-1]:.0f} %")
axes.set(title="Was the line a question?", xlabel="step of fine-tuning", ylabel="% of lines wrong")
axes.legend()
plt.show()

# %% [markdown]
# Where does [CLS], from which the answer is read, look in a line? Each row is a head of the last
# layer. Look at words that open questions.

# %%
line = encoded_rows(["what think you of this fairy tale"])
with torch.no_grad():
    looks = list(maps(tuned.eval(), line))[-1]  # (heads, T, T)
    says = tuned(line).softmax(-1)[0, 1].item()
shown = [pieces.pieces[i] for i in line[0]]
figure, axes = plt.subplots(figsize=(8, 2.4), layout="constrained")
seaborn.heatmap(looks[:, 0], cmap="Blues", vmin=0, xticklabels=shown, yticklabels=range(1, 5),
                ax=axes, cbar_kws={"label": "weight"})  # fmt: skip
axes.set(title=f"Where [CLS] looks; a question with p = {says:.2f}", xlabel="piece", ylabel="head")
plt.show()

# %% [markdown]
# ## Two questions
#
# 1. The plain text that was read has question marks. How can foretelling hidden pieces teach
#    something about questions, without any label?
# 2. Why is a tenth of the asked pieces left unchanged? Think of what the network sees in fine-
#    tuning, where nothing is hidden.
