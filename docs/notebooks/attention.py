# %% [markdown]
# # Subwords and attention
#
# - You will see byte pairs merge one after the other, and how a longer list of merges makes a text
#   shorter.
# - You will train a network that translates number words, "seventy six" into "sechs und siebzig".
# - And you will see its attention learn where to look, from grey fog to a map of the words that
#   change places.
#
# It goes with stages [5](../course/5-subwords.md) and [6](../course/6-translation.md) of the
# course. The models are those of [bpe](../../papers/bpe/) and
# [bahdanau_attention](../../papers/bahdanau_attention/).
#
# The first cell only loads things. Look at `QUICK`: set it to `True` for worse models in less time.

# %%
import os

import matplotlib.pyplot as plt
import seaborn
import torch

from common.config import plan
from common.data.text import load_text, split
from common.exams.search import translate
from common.exams.translation import Evaluated
from common.paper import room
from common.reports.style import THEME
from common.run.engine import Masters
from papers.bahdanau_attention.task import Exam
from papers.bahdanau_attention.version2 import model
from papers.bpe.version2 import model as bpe

QUICK = "PAPERS_QUICK" in os.environ
STEPS = 45 if QUICK else 300  # more: a better translator
LOOK = THEME | {"text.parse_math": True}  # powers of ten on axes
seaborn.set_theme(context="paper", style="whitegrid", palette="colorblind", rc=LOOK)

# %% [markdown]
# Learn merges from the words of the paper's example; numbers say how often each word occurs. Look
# at what is merged first, and at words that become one symbol.

# %%
trainer = bpe.Trainer({"low·": 5, "lower·": 2, "newest·": 6, "widest·": 3})
for number in range(1, 9):
    merge = trainer.step()
    words = [" ".join(trainer.spelling.get(symbol, symbol) for symbol in w) for w in trainer.words]
    print(f"{number}. {merge.times:2} times  ", "   ".join(words))

# %% [markdown]
# Now bytes of Shakespeare. A sentence that was not learned from is cut with more and more merges.
# Look at which words stay whole first, and where a rare word is cut.

# %%
parts = split(load_text("tinyshakespeare", report=lambda line: None))
merges = bpe.train([parts.train], 256 + (400 if QUICK else 2_000)).merges
sentence = "The unquiet merchant will not be content with his dagger."
for count in (0, 30, 100, len(merges)):
    tokenizer = bpe.Tokenizer.trained(merges[:count])
    ids = tokenizer.encode(sentence)
    print(f"{count:5} merges, {len(ids):2} tokens: ", "|".join(tokenizer.decode([i]) for i in ids))

# %% [markdown]
# Each merge makes the held-out text shorter. Look at the bend: the first hundred merges do more
# than all that follow.

# %%
held_out = parts.validation[:20_000]
counts = [n for n in (0, 10, 25, 50, 100, 200, 400, 800, 1_400, 2_000) if n <= len(merges)]
lengths = [len(held_out) / len(bpe.Tokenizer.trained(merges[:n]).encode(held_out)) for n in counts]
figure, axes = plt.subplots(figsize=(8, 2.8), layout="constrained")
axes.plot(counts, lengths, marker="o")
axes.set(title="Merges make tokens longer", xlabel="merges", ylabel="characters per token")
plt.show()

# %% [markdown]
# Pairs to translate: number words in English and German, written by a program. Here byte pairs are
# whole words. Look at the order of the last two numerals.

# %%
exam = Exam("number_words")
batches = exam.batches(500, seed=0)
source, target = batches(0)
for english, german in exam.text["test"][:3]:
    print(f"{english}  →  {german}")
print("sources", source.shape, "  targets", target.shape, "  tokens in all", exam.symbols)
print("the first target:", target[0].tolist())

# %% [markdown]
# Before it learns: what the network makes of one pair, with shapes. Look at the weights: of each
# German token, a part of 1 for each English one.

# %%
sizes = {"steps": STEPS, "batch": 500, "warmup": 20}
config = plan(room("bahdanau_attention"), "version2", "cpu", sizes).config
torch.manual_seed(0)
net = model.Search(config, exam.symbols)
pair = "five thousand four hundred and seventy six", "fünf tausend vier hundert sechs und siebzig"
english, german = (torch.tensor(side)[None] for side in exam.encode(pair))
annotations = net.start(english)["annotations"]
scores, weights = net.write(english, german[:, :-1])
print("source", tuple(english.shape), "  annotations", tuple(annotations.shape))
print("scores", tuple(scores.shape), "  weights", tuple(weights.shape))
print("weights of the first token:", weights[0, 0].detach().numpy().round(2))

# %% [markdown]
# Train, and stop on the way to keep the weights of this one pair. Look at the axis, where
# each line is a tenth of the one above, and at the spikes: batches with something rare in them.

# %%
learner = model.Learner(config, net, Masters(net.parameters()), 0)
losses, maps = [], {0: weights.detach()[0]}
for i in range(STEPS):
    losses.append(learner.step(*map(torch.as_tensor, batches(i)), i).item())
    if i + 1 in (STEPS // 6, STEPS):
        with torch.no_grad():
            maps[i + 1] = net.write(english, german[:, :-1])[1][0]
figure, axes = plt.subplots(figsize=(8, 2.8), layout="constrained")
axes.semilogy(range(1, STEPS + 1), losses)
axes.set(title="Learning to translate number words", xlabel="step", ylabel="loss, nats per token")
plt.show()

# %% [markdown]
# Where it looked, at three moments. A row is a German token that is being written. Look at the last
# rows: to write "sechs" it has to look at the end, and for "siebzig" one back.

# %%
columns, rows = (
    [exam.tokenizer.decode([i - 3]).strip() if i > 2 else "(end)" for i in side]
    for side in (english[0].tolist(), german[0, 1:].tolist())
)
figure, panels = plt.subplots(1, 3, figsize=(9, 3.6), layout="constrained", sharey=True)
for axes, (step, looked) in zip(panels, maps.items()):
    drawn = axes.imshow(looked, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=90)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(title=f"after {step} steps", xlabel="English token")
    axes.grid(False)
panels[0].set_ylabel("German token")
figure.colorbar(drawn, ax=panels, label="weight")
plt.show()

# %% [markdown]
# How sharply does it look? The effective number of tokens is 1 where all weight is on one, and as
# many as there are where all weigh alike. Look at how it shrinks.

# %%
for step, looked in maps.items():
    entropy = -(looked * looked.clamp(min=1e-9).log()).sum(1)
    print(f"after {step:4} steps it looks at {entropy.exp().mean():.1f} of {len(columns)} tokens")

# %% [markdown]
# Let it translate numbers that it has not seen, by beam search. Look at what is wrong where
# something is wrong.

# %%
found = translate(Evaluated(net), exam.pairs["test"][0][:8], beam=2)
for (english_text, german_text), tokens in zip(exam.text["test"], found):
    ours = exam.decode(tokens)
    print("right" if ours == german_text else "WRONG", f" {english_text}  →  {ours}")

# %% [markdown]
# ## Two questions
#
# 1. Why are the words of this small language whole tokens after few merges, while Shakespeare's are
#    not?
# 2. The map looks at "six" or next to it when "sechs" is written. The annotations come from
#    networks that read in both directions. Why may the weight lie one word beside the right one,
#    and the translation be right?
