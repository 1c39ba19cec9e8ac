"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

import numpy as np
import torch

from papers.irnn.version1 import model as model1
from tests.digits import DIGITS, digits_part, place_digits
from tests.exams import by_norm, of_groups, watched

CHANGES = {"version1": {"steps": 9}, "version2": {"steps": 40}}
OTHER = ("validation_error", "train_error")
CLIPS = {"version2": by_norm}

part, place = digits_part, place_digits


def scores(version, exam, net, parts):
    """Image by image and pixel by pixel, by the equations in float64."""
    nats, wrong = 0.0, 0
    w_xh, w_hh, b_h, w_hy, b_y, centre = weights(version, net)
    for image, label in zip(*parts["test"]):
        h = np.zeros(len(b_h))
        for pixel in image.ravel() / 255:
            h = np.maximum((pixel - centre) * w_xh + h @ w_hh + b_h, 0)
        y = (h @ w_hy + b_y).tolist()
        top = max(y)
        nats += math.log(sum(math.exp(s - top) for s in y)) + top - y[label]
        wrong += max(range(10), key=y.__getitem__) != label
    count = DIGITS["test"]
    return {"test_loss": nats / count, "test_error": 100 * wrong / count}


def weights(version, net):
    """Of the network that was handed in: the closure of version 1 has its learner."""
    if version == "version1":
        (learner,) = (cell.cell_contents for cell in net.__closure__)
        w = learner.weights
        return w["w_xh"], w["w_hh"], w["b_h"], w["w_hy"], w["b_y"], 0.0
    layer = net.layer
    found = (layer.w_xh[0], layer.w_hh, layer.b_h, net.w_hy, net.b_y)
    return *(w.detach().double().numpy() for w in found), net.centre


def watch(version, monkeypatch):
    if version == "version1":

        def read(weights, gradients, memory, rate):
            return [rate], gradients.values(), list(weights.values())

        return watched(monkeypatch, model1, "rmsprop", read)
    return watched(monkeypatch, torch.optim.Adam, "step", of_groups)


def rates(version, config):
    """Keras's stays; version 2's falls along a line that reaches zero after the last step."""
    for i in range(config.steps):
        left = (config.steps - i) / config.steps if version == "version2" else 1.0
        yield [config.learning_rate * left]
