"""Short trainings on the spot: version 2 as in params.yaml, and on a made language."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from common.exams.grid import grid_corpus, grid_questions
from common.exams.vectors import mean, results
from common.run.engine import Masters
from papers.glove.evidence import baseline
from papers.glove.version2 import model

GRID = model.Config(size=12, x_max=10.0, learning_rate=0.2, groups=2, steps=400)


def trained(config: model.Config, x: np.ndarray, seed: int) -> model.GloVe:
    torch.manual_seed(seed)
    net = model.GloVe(config, len(x))
    learner = model.Learner(config, net, Masters(net.parameters()), x, seed)
    for i in range(config.steps):
        learner.step(i)
    return net


@cache
def on_wikipedia() -> model.GloVe:
    """As the first seed of the records."""
    return trained(baseline.settings(), baseline.table(), seed=0)


@cache
def on_grid(seed: int) -> dict[str, float]:
    """The share of the made language's analogies that are right, by what is a word's vector."""
    corpus = grid_corpus(seed)
    words = len(corpus.words)
    x = model.count(corpus.tokens, corpus.starts, words, GRID.window)
    net = trained(GRID, x, seed)
    sides = {"sum": model.vectors(net), "alone": net.w.detach().numpy()}
    sides["drawn"] = np.random.default_rng(seed).normal(size=(words, GRID.size))
    return {name: mean(results(corpus, v, grid_questions()).right) for name, v in sides.items()}
