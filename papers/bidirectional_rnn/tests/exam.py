# Decide here: what do small parts of the data look like, and what is the metric when plain loops
#   compute it?
"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

import numpy as np
import torch

from common.data.images import Images
from papers.bidirectional_rnn import task
from papers.bidirectional_rnn.version1 import model as model1
from papers.bidirectional_rnn.version2 import model as model2
from tests.exams import of_groups, watched

CHANGES = {"version1": {"steps": 9}, "version2": {"steps": 9, "weight_decay": 0.3}}
OTHER = ("validation_loss", "train_loss")
CLIPS = {}
SIZES = {"train": 1_157, "validation": 258, "test": 297}  # the forms of the digits, as task.py says
BETWEEN = 85  # images of a form that is neither trained on nor tested


def part(name, seed):
    """Ten patterns in noise: (images, labels)."""
    rng = np.random.default_rng([seed, SIZES[name]])
    patterns = np.random.default_rng(0).integers(120, size=(10, 8, 8))
    labels = rng.integers(10, size=SIZES[name])
    return (patterns[labels] + rng.integers(120, size=(len(labels), 8, 8))).astype(np.uint8), labels


def place(parts, folder, monkeypatch):
    """In the place of the digits: training, validation, what is left out, and the test."""
    (train, labels), (validation, more), (test, wanted) = (parts[name] for name in SIZES)
    images = np.concatenate([train, validation, np.full((BETWEEN, 8, 8), 7, dtype=np.uint8)])
    labels = np.concatenate([labels, more, np.zeros(BETWEEN, dtype=np.int64)])
    names = tuple("0123456789")
    made = Images("digits", "0" * 64, None, names, images, labels, test, wanted)
    monkeypatch.setattr(task, "load_images", lambda name, report: made)
    return "digits"


def scores(version, exam, net, parts):
    """Image by image, by the network's equation in float64."""
    nats, wrong = 0.0, 0
    weights = [(w.detach().double(), b.detach().double()) for w, b in zip(net.weights, net.biases)]
    for image, label in zip(*parts["test"]):
        x = torch.tensor(image.astype(np.float64).ravel() / 255)
        for w, b in weights[:-1]:
            x = torch.relu(x @ w + b)
        x = (x @ weights[-1][0] + weights[-1][1]).tolist()
        nats += math.log(sum(math.exp(s) for s in x)) - x[label]
        wrong += max(range(10), key=x.__getitem__) != label
    count = SIZES["test"]
    return {"test_loss": nats / count, "test_error": 100 * wrong / count}


def watch(version, monkeypatch):
    if version == "version1":

        def read(adam, gradients):
            return [adam.config.alpha], gradients, adam.parameters

        return watched(monkeypatch, model1.Adam, "step", read)
    return watched(monkeypatch, model2.AdamW, "step", of_groups)


def rates(version, config):
    """The paper's stays; version 2's is half a cosine (Loshchilov and Hutter 2019, Eq. 15)."""
    for t in range(config.steps):
        falling = 0.5 + 0.5 * math.cos(math.pi * t / config.steps)
        yield [config.alpha * (falling if version == "version2" else 1.0)]
