# %% [markdown]
# # The Transformer, and a language model
#
# - You will see how a place is told by waves, and follow a batch through a GPT with the shape at
#   every part.
# - You will train it, and ask at each character of a line what it expects and how surprised it is.
# - Then you will draw from its probabilities in several ways, and look at where its heads look.
#
# It goes with stages [7](../course/7-transformer.md) and [8](../course/8-language-models.md) of the
# course. The models are those of [transformer](../../papers/transformer/) and
# [gpt2](../../papers/gpt2/).
#
# The first cell only loads things. Look at `QUICK`: set it to `True` for worse models in less time.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np
import seaborn
import torch

from common.ask.generation import allowed, generate
from common.ask.text import text_writer
from common.ask.visualize import label
from common.ask.writer import Settings
from common.config import plan
from common.exams.text import predictor
from common.paper import room
from common.reports.style import THEME
from common.run.engine import Masters
from papers.gpt2.task import Exam
from papers.gpt2.version2 import model
from papers.gpt2.version2.ask import maps
from papers.transformer.version2.model import positions

QUICK = "PAPERS_QUICK" in os.environ
STEPS = 150 if QUICK else 1_200  # more: a better model
seaborn.set_theme(context="paper", style="whitegrid", palette="colorblind", rc=THEME)

# %% [markdown]
# Attention alone does not know the order of its tokens. The Transformer adds waves to them. Look at
# a row on the left: no two places have the same. On the right, places that are near are alike.

# %%
waves = positions(48, 64)  # (places, width)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
drawn = left.imshow(waves, cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
left.set(title="Sinusoids", xlabel="component", ylabel="place")
figure.colorbar(drawn, ax=left, label="value")
drawn = right.imshow(waves @ waves.T, cmap="Blues", aspect="auto")
right.set(title="How alike two places are", xlabel="place", ylabel="place")
figure.colorbar(drawn, ax=right, label="product")
[axes.grid(False) for axes in (left, right)]
plt.show()

# %% [markdown]
# Send one batch through an untrained GPT-2 and note the shape that leaves each part. Look at what
# changes the last number: three times the width for queries, keys and values, four times in the
# middle of the MLP.

# %%
config = plan(room("gpt2"), "version2", "cpu", {"steps": STEPS}).config
exam = Exam("tinyshakespeare", config, model.vocabulary)
tokens = exam.train_on("cpu")
torch.manual_seed(0)
net = model.GPT2(config, exam.symbols)
inputs, targets = model.batch(tokens, config, seed=0, i=0)
names = {module: name or "scores" for name, module in net.named_modules()}
told = [module for module, name in names.items() if not name.startswith("h.1")]
hooks = [
    module.register_forward_hook(lambda m, x, y: print(f"{names[m]:16}{tuple(y.shape)}"))
    for module in told
]
print(f"{'tokens':16}{tuple(inputs.shape)}")
net(inputs)
for hook in hooks:
    hook.remove()

# %% [markdown]
# Where are its parameters? Look at the MLPs: they have twice as many as attention. Characters need
# few; with 50,000 byte pairs the embedding would be the largest part.

# %%
sizes = {}
for name, p in net.named_parameters():
    part = next((k for k in ("attn", "mlp", "ln", "wte", "wpe") if k in name), name)
    sizes[part] = sizes.get(part, 0) + p.numel()
figure, axes = plt.subplots(figsize=(8, 2.2), layout="constrained")
axes.barh(list(sizes), list(sizes.values()))
axes.set(title=f"{sum(sizes.values()):,} parameters", xlabel="parameters", ylabel="part")
plt.show()

# %% [markdown]
# Train. Two dashed lines say what is possible without a network: guessing, and knowing how often
# each character occurs. Look at how soon both are passed.

# %%
learner = model.Learner(config, net, Masters(net.parameters()), seed=0)
losses = [learner.step(tokens, i).item() for i in range(STEPS)]
share = np.bincount(exam.train, minlength=exam.symbols) / len(exam.train)
counted = -(share * np.log(np.maximum(share, 1e-12))).sum()
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
axes.plot(range(1, STEPS + 1), losses, lw=0.8)
for nats, name in ((np.log(exam.symbols), "guessing"), (counted, "single characters, counted")):
    axes.axhline(nats, ls="--", c="grey")
    axes.annotate(f"{name}: {nats:.2f}", (STEPS, nats), ha="right", va="bottom")
axes.set(title="A small GPT-2 learns", xlabel="step", ylabel="loss, nats per character")
plt.show()

# %% [markdown]
# What does it expect at each place of a line? Below, a row for each character that was read, with
# the five likeliest next ones. Look at the rows after ␣, where a word
# begins: there it is in doubt.

# %%
predict = predictor(net, net.read)
line = exam.encode("\nKING RICHARD:\nWhat is it")
log_p, _ = predict(line[None], None)  # (1, characters, symbols)
for token, row in list(zip(line, np.exp(log_p[0])))[-11:]:
    best = np.argsort(-row)[:5]
    told = "  ".join(f"{label(exam.vocabulary.decode([i]))} {row[i]:.2f}" for i in best)
    print(f"after {label(exam.vocabulary.decode([token]))}:  {told}")

# %% [markdown]
# How surprised is it by each character that really comes? A bit is a coin's toss. Look at the first
# letters of words: they are dear, and the letters after them cheap. And look at the colon: the
# Richards of the text mostly have a number.

# %%
bits = -log_p[0, np.arange(len(line) - 1), line[1:]] / np.log(2)
shown = [label(exam.vocabulary.decode([i])) for i in line[1:]]
figure, axes = plt.subplots(figsize=(8, 2.6), layout="constrained")
axes.bar(range(len(bits)), bits)
axes.set_xticks(range(len(bits)), shown)
axes.set(title="What each character costs", xlabel="character that comes", ylabel="bits")
plt.show()

# %% [markdown]
# The row after "What is ", from which to draw in four ways. Look at the tail: temperature bends it,
# top-k and top-p cut it off.

# %%
figure, panels = plt.subplots(1, 4, figsize=(9, 2.6), layout="constrained", sharey=True)
ways = ({"temperature": 0.5}, {"temperature": 1.5}, {"top_k": 3}, {"top_p": 0.8})
for axes, way in zip(panels, ways):
    p, order = allowed(log_p[:, -3], Settings(**way))
    order = np.argsort(-p, kind="stable") if order is None else order
    p = np.sort(p[0])[::-1] / p.sum()
    axes.bar(range(10), p[:10])
    axes.set_xticks(range(10), [label(exam.vocabulary.decode([i])) for i in order[0][:10]])
    axes.set(title=", ".join(f"{k} {v}" for k, v in way.items()), xlabel="next character")
panels[0].set_ylabel("probability")
plt.show()

# %% [markdown]
# The same, as text. Look at what is gained and lost between a low temperature and a high one.

# %%
writer = text_writer(exam, predict, attend=lambda row: maps(net, row))
for temperature in (0.3, 0.8, 1.5):
    settings = Settings(max_tokens=120, temperature=temperature)
    print(f"-- temperature {temperature}")
    print(*generate(writer, ["KING RICHARD:\n"], settings))

# %% [markdown]
# Where does each head of the last block look as it reads? A row is the place that looks. Nothing
# lies above the diagonal: no place sees what comes. Look at how the heads differ: some
# spread, others pick single places.

# %%
layer = writer.attend("What is it that you say")[-1]
figure, panels = plt.subplots(1, 4, figsize=(10, 3), layout="constrained", sharey=True)
for head, (axes, weights) in enumerate(zip(panels, layer.weights), 1):
    drawn = axes.imshow(weights, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(layer.keys)), [label(k) for k in layer.keys], fontsize=6)
    axes.set_yticks(range(len(layer.keys)), [label(k) for k in layer.keys], fontsize=6)
    axes.set(title=f"{layer.name}, head {head}", xlabel="looked at")
    axes.grid(False)
panels[0].set_ylabel("looks")
figure.colorbar(drawn, ax=panels, label="weight")
plt.show()

# %% [markdown]
# ## Two questions
#
# 1. The first character of a word costs more bits than the others. Would a model of byte pairs show
#    the same picture? What would its bars stand for?
# 2. At temperature 0 the text is always the same and soon goes in circles. Which of the pictures
#    above shows why a likeliest character can lead into a circle?
