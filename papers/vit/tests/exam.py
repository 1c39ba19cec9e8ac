"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

import numpy as np

from common.data.images import Images
from papers.adam.version2.model import AdamW
from papers.vit import task
from tests.exams import by_norm, of_groups, watched

CHANGES = {
    "version1": {"steps": 9, "images": 90},
    "version2": {"steps": 9, "images": 90, "warmup": 3},
}
LONGER = {"steps": 60, "images": 90, "learning_rate": 0.01}
OTHER = ("validation_error", "train_error")
CLIPS = {"version2": by_norm}
IMAGES = {"train": 407, "validation": 37, "test": 40}


def part(name, seed):
    """Three patterns in noise: (images, labels)."""
    rng = np.random.default_rng([seed, IMAGES[name]])
    patterns = np.random.default_rng(0).integers(150, size=(3, 28, 28))
    labels = rng.integers(3, size=IMAGES[name])
    noise = rng.integers(100, size=(len(labels), 28, 28))
    return (patterns[labels] + noise).astype(np.uint8), labels


def place(parts, folder, monkeypatch):
    """In the place of Fashion-MNIST: the last twelfth of what precedes the test is validation."""
    (train, labels), (validation, more), test = (parts[name] for name in IMAGES)
    images, labels = np.concatenate([train, validation]), np.concatenate([labels, more])
    made = Images("fashion_mnist", "0" * 64, None, ("a", "b", "c"), images, labels, *test)
    monkeypatch.setattr(task, "load_images", lambda name, report: made)
    return "fashion_mnist"


def scores(version, exam, net, parts):
    """Image by image and token by token, by the paper's equations in float64."""
    nats, wrong, found = 0.0, 0, weights(version, net)
    for image, label in zip(*parts["test"]):
        y = answer(found, net.config, 2 * image.astype(np.float64) / 255 - 1)
        top = max(y)
        nats += math.log(sum(math.exp(s - top) for s in y)) + top - y[label]
        wrong += max(range(3), key=y.__getitem__) != label
    return {"test_loss": nats / IMAGES["test"], "test_error": 100 * wrong / IMAGES["test"]}


def answer(w, config, image):
    """Eq. 1 to 8, with version 1's mistakes where `w` says so."""
    p, heads, d = config.patch, config.heads, config.d_model
    corners = [(i, j) for i in range(0, config.side, p) for j in range(0, config.side, p)]
    x = [image[i : i + p, j : j + p].ravel() @ w["E"] + w["e"] for i, j in corners]
    x = np.stack(w["class"] + x) + w["positions"]
    for b in w["blocks"]:
        q, k, v = (normed(x, *b["norm1"]) @ m + n for m, n in b["qkv"])
        scale, looked = (d if w["first"] else d / heads) ** 0.5, []
        for h in range(heads):
            s = slice(h * d // heads, (h + 1) * d // heads)
            a = np.exp(q[:, s] @ k[:, s].T / scale)
            looked.append(a / a.sum(1, keepdims=True) @ v[:, s])
        x = x + np.concatenate(looked, 1) @ b["out"][0] + b["out"][1]
        y = normed(x, *b["norm2"])
        z = y @ b["mlp1"][0] + b["mlp1"][1]
        z = np.vectorize(lambda t: t * 0.5 * (1 + math.erf(t / 2**0.5)))(z)
        x = (y if w["first"] else x) + z @ b["mlp2"][0] + b["mlp2"][1]
    x = normed(x, *w["norm"])
    return ((x[0] if w["class"] else x.mean(0)) @ w["head"][0] + w["head"][1]).tolist()


def normed(x, gain, bias):
    centred = x - x.mean(1, keepdims=True)
    return gain * centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-6) + bias


def weights(version, net):
    """By the paper's names, float64, matrices as (in, out)."""
    first = version == "version1"

    def of(*tensors):
        return [t.detach().double().numpy() for t in tensors]

    def linear(layer):
        return of(layer.weight.t(), layer.bias)

    blocks = []
    for b in net.blocks:
        a, m = b.attention, b.mlp
        if first:
            norms = [of(n.gain, n.bias) for n in b.norms]
            qkv = [of(a.w_q, a.b_q), of(a.w_k, a.b_k), of(a.w_v, a.b_v)]
            rest = of(a.w_o, a.b_o), of(m.w_1, m.b_1), of(m.w_2, m.b_2)
        else:
            norms = [of(n.weight, n.bias) for n in (b.norm1, b.norm2)]
            qkv = list(zip(*(np.split(t, 3, -1) for t in linear(a.qkv))))
            rest = map(linear, (a.out, m.first, m.second))
        names = ("norm1", "norm2", "qkv", "out", "mlp1", "mlp2")
        blocks.append(dict(zip(names, (*norms, qkv, *rest))))
    if first:
        (token, positions), project = of(net.class_token, net.positions), of(net.project, net.bias)
        positions = np.concatenate([np.zeros((1, len(positions[0]))), positions])
        norm, head = of(net.norm.gain, net.norm.bias), of(net.head, net.head_bias)
        found = {"class": [token[0]], "positions": positions}
    else:
        project, norm = linear(net.project), of(net.norm.weight, net.norm.bias)
        head, found = linear(net.head), {"class": [], "positions": of(net.positions)[0]}
    ends = {"E": project[0], "e": project[1], "norm": norm, "head": head}
    return {**found, **ends, "blocks": blocks, "first": first}


def watch(version, monkeypatch):
    return watched(monkeypatch, AdamW, "step", of_groups)


def rates(version, config):
    """Version 1's stays; version 2's rises along a line and falls along half a cosine to zero."""
    for i in range(config.steps):
        share = 1.0
        if version == "version2":
            done = (i - config.warmup) / (config.steps - config.warmup)
            share = 0.5 + 0.5 * math.cos(math.pi * done)
            share = (i + 1) / config.warmup if i < config.warmup else share
        yield [config.learning_rate * share]
