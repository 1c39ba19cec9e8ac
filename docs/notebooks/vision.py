# %% [markdown]
# # Vision: an image is a row of words
#
# - You will see an image cut into patches, and follow it through a Transformer with the shape at
#   every part.
# - You will train it on handwritten digits, and see which ones it takes for others.
# - Then you will see where in an image an answer comes from, and what the network has learned of
#   places.
#
# It goes with stage [10](../course/10-vision.md) of the course. The model is that of
# [vit](../../papers/vit/).
#
# The first cell only loads things. Look at `QUICK`: set it to `True` for worse models in less time.

# %%
import os

import matplotlib.pyplot as plt
import seaborn
import torch
import torch.nn.functional as F

from common.config import plan
from common.paper import room
from common.reports.style import THEME
from common.run.engine import Masters
from papers.vit import ask
from papers.vit.evidence.pictures import lit
from papers.vit.task import Exam, moved
from papers.vit.version2 import model

QUICK = "PAPERS_QUICK" in os.environ
STEPS = 150 if QUICK else 900  # more: fewer errors
seaborn.set_theme(context="paper", style="whitegrid", palette="colorblind", rc=THEME)

# %% [markdown]
# The images: digits that people wrote, eight pixels on a side, drawn larger. Those of the test are
# by other people than those of the training. Look at how a 1 and a 7 differ, or do not.

# %%
exam = Exam("digits", seed=0)
images, labels = exam.test
print("to learn from", tuple(exam.train[0].shape), "  test", tuple(images.shape), images.dtype)
figure, panels = plt.subplots(2, 10, figsize=(9, 2.3), layout="constrained")
for axes, image, label in zip(panels.flat, images, labels):
    axes.imshow(image[0], cmap="gray")
    axes.set_title(exam.classes[label], loc="center")
    axes.set(xticks=[], yticks=[])
figure.suptitle("Test images and their classes")
figure.supxlabel("28 pixels")
figure.supylabel("28 pixels")
plt.show()

# %% [markdown]
# Cut one into patches of 7 x 7 pixels, row by row. Look at single patches: this is all that the
# network is given of them, before attention.

# %%
picture = exam.pictures(images[3:4])  # (1, 1, 28, 28), from 0 to 1
words = model.patches(picture, 7)
print("image", tuple(picture.shape), "→ patches", tuple(words.shape))
figure, panels = plt.subplots(4, 4, figsize=(3.6, 3.8), layout="constrained")
for number, (axes, word) in enumerate(zip(panels.flat, words[0]), 1):
    axes.imshow(word.view(7, 7), cmap="gray", vmin=0, vmax=1)
    axes.set_title(number, loc="center", fontsize=7)
    axes.set(xticks=[], yticks=[])
figure.suptitle("Sixteen words of 49 pixels")
figure.supxlabel("column of the patch")
figure.supylabel("row of the patch")
plt.show()

# %% [markdown]
# Follow it through the untrained network. Look at the middle: once patches are mapped to the width
# of 48, nothing is left that is about images.

# %%
config = plan(room("vit"), "version2", "cpu", {"batch": 64, "steps": STEPS}).config
torch.manual_seed(0)
net = model.ViT(config, len(exam.classes))
x = net.embed(picture)
print("pixels  ", tuple(picture.shape))
print("embedded", tuple(x.shape), "= a linear map of each patch, and its position added")
for number, block in enumerate(net.blocks, 1):
    x = block(x)
    print("block", number, tuple(x.shape), "  heads look:", tuple(block.attention.looks(x).shape))
print("pooled  ", tuple(net.pool(x).shape), "  scores", tuple(net.head(net.pool(x)).shape))

# %% [markdown]
# Train on digits that are shifted by a pixel at random. 90 % wrong is guessing. Look at the
# distance between the two lines: images that it learns from, and images by people that it does not
# know.

# %%
learner = model.Learner(config, net, Masters(net.parameters()), 0, moved(1, 0.0))
wrong = {"training images": [], "test images, by other people": []}
every = STEPS // 15
for i in range(STEPS):
    learner.step(*exam.batch(i, config.batch), i)
    if i % every == every - 1:
        for name, part in zip(wrong, (exam.train, exam.test)):
            wrong[name].append(exam.score(net, part, 300)["error"])
figure, axes = plt.subplots(figsize=(8, 2.8), layout="constrained")
for name, errors in wrong.items():
    axes.plot(range(every, STEPS + 1, every), errors, marker="o", label=name)
axes.set(title="A small ViT learns digits", xlabel="step", ylabel="% of images wrong")
axes.legend()
plt.show()

# %% [markdown]
# Which digits does it take for others? A row is the true class. Look off the diagonal, and ask
# whether you would have made the same mistakes.

# %%
with torch.no_grad():
    answers = net.eval()(exam.pictures(images)).argmax(1)
table = torch.zeros(10, 10, dtype=torch.int64)
table.index_put_((labels, answers), torch.ones_like(labels), accumulate=True)
figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
seaborn.heatmap(table.numpy(), annot=True, cmap="Blues", ax=axes, cbar_kws={"label": "images"})
axes.set(title="What digits are read as", xlabel="answer", ylabel="true class")
plt.show()

# %% [markdown]
# Where does an answer come from? Attention of all layers, multiplied through, says how much of it
# is drawn from each patch. Look at whether bright places lie on strokes that tell this digit from
# others.

# %%
figure, panels = plt.subplots(2, 8, figsize=(9, 2.9), layout="constrained")
for column in range(8):
    picture = exam.pictures(images[column : column + 1])
    for axes in panels[:, column]:
        axes.imshow(picture[0, 0], cmap="gray", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
    panels[1, column].imshow(lit(net, picture), cmap="inferno", alpha=0.65)
    panels[1, column].set_xlabel(f"read as {exam.classes[answers[column]]}")
figure.suptitle("Rollout: bright is where the answer is drawn from")
figure.supylabel("with light, and without")
plt.show()

# %% [markdown]
# The same with numbers, for one image: the rollout of its sixteen patches sums to 1. Look at how
# even it is; a sixteenth is 0.06.

# %%
whole = ask.rollout(ask.looks(net, picture))
parts = ask.read_out(whole, ask.has_class(net)).reshape(4, 4)
print("rollout", whole.shape, "  of the answer", parts.shape, f"  sum {parts.sum():.2f}")
print(parts.round(3))

# %% [markdown]
# No one told the network which patches are neighbours. Each small map compares the position of one
# patch with all others. The bright spot is its own place. Look at its neighbours: are they more
# alike than the rest? From so few images not much of that is learned.

# %%
unit = F.normalize(net.positions.detach(), dim=1)
alike = (unit @ unit.T).view(4, 4, 4, 4)
figure, panels = plt.subplots(4, 4, figsize=(4.6, 4), layout="constrained")
for row in range(4):
    for column in range(4):
        drawn = panels[row, column].imshow(alike[row, column], cmap="viridis", vmin=-1, vmax=1)
        panels[row, column].set(xticks=[], yticks=[])
figure.suptitle("How alike learned positions are")
figure.supxlabel("column of the patch")
figure.supylabel("row of the patch")
figure.colorbar(drawn, ax=panels, label="cosine")
plt.show()

# %% [markdown]
# Does it need the places? Shuffle the patches of all test images in the same way. Look at how much
# is lost; guessing has 90 % wrong.

# %%
order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
cut = model.patches(exam.pictures(images), 7)[:, order].view(-1, 4, 4, 7, 7)
shuffled = cut.permute(0, 1, 3, 2, 4).reshape(-1, 1, 28, 28)
with torch.no_grad():
    read = {"in their places": answers, "shuffled": net(shuffled).argmax(1)}
errors = {name: 100 * (found != labels).float().mean().item() for name, found in read.items()}
figure, axes = plt.subplots(figsize=(8, 1.8), layout="constrained")
axes.bar_label(axes.barh(list(errors), list(errors.values())), fmt="%.1f")
axes.set(title="The same patches", xlabel="% of test images wrong", ylabel="patches", xlim=(0, 100))
plt.show()

# %% [markdown]
# ## Two questions
#
# 1. If positions were left out of the network, what would shuffled patches cost? Which line of
#    `embed` decides it?
# 2. With patches of 14 pixels there are four words. Which of the pictures above would change most,
#    and how much less would attention cost?
