# %% [markdown]
# # Counting, and vectors of words
#
# - You will see how few words make up most of a text, and what a table of counts expects after two
#   words.
# - You will see why an unseen word must not be impossible, and read what such a table writes.
# - Then each word gets a vector, and words that are used alike come to lie together.
#
# It goes with stages [1](../course/1-counting.md) and [2](../course/2-word-vectors.md) of the
# course. The models are those of [ngram](../../papers/ngram/) and
# [word2vec](../../papers/word2vec/).
#
# The first cell only loads things. Look at `QUICK`: set it to `True` for worse models in less time.

# %%
import os

import matplotlib.pyplot as plt
import numpy as np
import seaborn

from common.ask.abilities import Neighbours
from common.config import plan
from common.exams.vectors import read_corpus
from common.paper import room
from common.reports.style import THEME
from common.run.compiled import compiled
from papers.ngram.task import Exam
from papers.ngram.version2 import model as ngram
from papers.word2vec.version2 import kernel
from papers.word2vec.version2 import model as word2vec

QUICK = "PAPERS_QUICK" in os.environ
LOOK = THEME | {"text.parse_math": True}  # powers of ten on axes
seaborn.set_theme(context="paper", style="whitegrid", palette="colorblind", rc=LOOK)

# %% [markdown]
# A model reads numbers. Look at how a line becomes a row of them: `<s>` stands before it, `</s>`
# after it.

# %%
exam = Exam("tinyshakespeare")
text = exam.part(np.arange(len(exam.lines)))  # all training lines, one after the other
print("lines", len(exam.lines), "  tokens", text.shape, "  different words", exam.symbols)
for number in text[:12]:
    print(f"{number:6}  {exam.words[number]}")

# %% [markdown]
# Count how often each word occurs, each pair, each triple. Both axes are powers of ten. Look at
# where the lines end: most pairs and nearly all triples occur once.

# %%
levels = ngram.count(text, 3, exam.symbols)
figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
for level, name in zip(levels, ("single words", "pairs", "triples")):
    counts = np.sort(level.counts[level.counts > 0])[::-1]
    axes.loglog(np.arange(1, len(counts) + 1), counts, label=name)
    print(f"{name:14}{len(counts):8} different, {100 * np.mean(counts == 1):.0f} % of them once")
axes.set(title="Few n-grams occur often", xlabel="rank, the most frequent first", ylabel="count")
axes.legend()
plt.show()

# %% [markdown]
# Ask for the next word after "I pray". Look at how the same words get sharper chances as the model
# sees one, then two words of the past.

# %%
models = {n: ngram.Model(text, exam.symbols, ngram.Config(order=n)) for n in (1, 2, 3)}
context = np.array([ngram.START, *(exam.numbers[word] for word in ("I", "pray"))])
figure, panels = plt.subplots(1, 3, figsize=(8, 2.8), layout="constrained")
for axes, (order, model) in zip(panels, models.items()):
    p = model.distribution(context)
    best = np.argsort(-p)[:8]
    axes.barh([exam.words[i] for i in best], p[best])
    axes.invert_yaxis()
    axes.locator_params(axis="x", nbins=3)
    axes.set(title=f"it sees {order - 1} words", xlabel="probability", ylabel="next word")
    print(f"order {order}: shape {p.shape}, sum {p.sum():.6f}")
figure.suptitle("What comes after “I pray”?")
plt.show()

# %% [markdown]
# A held-out text has pairs that the training text lacks. Each way of smoothing keeps some
# probability for them. Look at "add-one": with more context it gets worse.

# %%
figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
for smoothing in ("add-one", "witten-bell", "kneser-ney", "modified"):
    tried = [ngram.Config(order=n, smoothing=smoothing) for n in range(1, 5)]
    bits = [exam.bits(ngram.Model(text, exam.symbols, c), exam.validation) for c in tried]
    axes.plot(range(1, 5), bits, marker="o", label=smoothing)
    print(f"{smoothing:12}", *(f"{b:6.2f}" for b in bits))
axes.set(title="How well a held-out text is foretold", ylabel="bits per word, less is better")
axes.set(xlabel="order: words that are counted together", xticks=range(1, 5))
axes.legend()
plt.show()

# %% [markdown]
# Let the table of triples write. Look at where the sense breaks: never inside three words.

# %%
print(exam.sample(models[3], seed=0))

# %% [markdown]
# Now word2vec. A text is read once more, in lower case; from a word the words around it are
# guessed. Look at the pairs of the first line that it learns from.

# %%
corpus = read_corpus("tinyshakespeare", least=5, most=200_000 if QUICK else None)
first = corpus.lines()[1]
found = word2vec.pairs(first, np.zeros_like(first), np.full(len(first), 2))
print("words", len(corpus.words), "  tokens", corpus.tokens.shape)
print("a line:", *(corpus.words[i] for i in first))
for word, context in list(zip(found.word, found.context))[:10]:
    print(f"{corpus.words[word]} → {corpus.words[context]}")

# %% [markdown]
# Train. Each step reads a part of the text. Look at the loss: it falls fast where the first common
# words are learned, then slowly.

# %%
built = compiled(kernel.CPP, *kernel.FLAGS)  # the inner loop in C++, where there is a compiler
word2vec.FUSED = built and kernel.learn(built)
sizes = {"size": 50, "window": 3, "rate": 0.1, "epochs": 2 if QUICK else 20}
learner = word2vec.Learner(plan(room("word2vec"), "version2", "cpu", sizes).config, corpus, 0)
losses = [learner.step(i) for i in range(learner.config.steps)]
figure, axes = plt.subplots(figsize=(8, 2.6), layout="constrained")
axes.plot(range(1, len(losses) + 1), losses)
axes.set(title="word2vec learns", xlabel="step", ylabel="loss, nats per example")
plt.show()

# %% [markdown]
# What is near a word? Look for kings among kings, and for what is merely near by chance in so short
# a text.

# %%
near = Neighbours(corpus.words, learner.vectors)
for word in ("king", "rome", "thee", "sword", "mother"):
    print(f"{word:8}", ", ".join(f"{w} {cosine:.2f}" for w, cosine in near.near(word, 5)))

# %% [markdown]
# The same as a map: dark is a cosine near 1. Look for blocks: names of kings, what belongs to a
# family, small words.

# %%
wanted = "richard, edward, henry, king, duke, father, mother, brother, son, thee, thou, me, him"
shown = [word for word in wanted.split(", ") if word in corpus.words]
rows = learner.vectors[[corpus.words.index(word) for word in shown]]
unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)  # (words, size)
figure, axes = plt.subplots(figsize=(5.4, 4.6), layout="constrained")
seaborn.heatmap(unit @ unit.T, cmap="Blues", vmin=0, vmax=1, xticklabels=shown, yticklabels=shown,
                ax=axes, cbar_kws={"label": "cosine"})  # fmt: skip
axes.set(title="Which words are used alike", xlabel="word", ylabel="word")
plt.show()

# %% [markdown]
# ## Two questions
#
# 1. With one word more of the past, Kneser-Ney gains much from order 1 to 2 and little from 3 to 4.
#    Which of the numbers that you have seen above says why?
# 2. Opposites such as "father" and "mother" lie near each other. Why must they, when a word is
#    known by the words around it?
