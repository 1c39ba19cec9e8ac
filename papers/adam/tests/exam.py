"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

import numpy as np
import torch

from papers.adam.version1 import model as model1
from papers.adam.version2 import model as model2
from tests.digits import DIGITS, digits_part, place_digits
from tests.exams import of_groups, watched

CHANGES = {"version1": {"steps": 9}, "version2": {"steps": 9, "weight_decay": 0.3}}
OTHER = ("validation_loss", "train_loss")
CLIPS = {}

part, place = digits_part, place_digits


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
    count = DIGITS["test"]
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
