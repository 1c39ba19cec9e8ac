"""Implementations that we did not write: gensim, and the gradients of torch."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F

from common.exams.vectors import Corpus
from papers.word2vec.version2 import model


def gensim_model(corpus: Corpus, config: model.Config, seed: int = 0):
    """gensim's Word2Vec over the same words, with the same settings, untrained."""
    from gensim.models import Word2Vec

    theirs = Word2Vec(
        vector_size=config.size,
        window=config.window,
        min_count=1,
        sg=int(config.architecture == "skipgram"),
        hs=int(config.objective == "hierarchical"),
        negative=config.negatives if config.objective == "negative" else 0,
        ns_exponent=config.power,
        sample=config.subsample,
        alpha=config.rate,
        min_alpha=1e-9,
        epochs=config.epochs,
        seed=seed + 1,
        workers=1,
        sorted_vocab=0,
    )
    theirs.build_vocab_from_freq(dict(zip(corpus.words, corpus.counts.tolist())))
    theirs.init_weights()
    return theirs


def gensim_lines(corpus: Corpus) -> list[list[str]]:
    return [[corpus.words[i] for i in line] for line in corpus.lines()]


def gensim_trained(corpus: Corpus, config: model.Config, seed: int = 0):
    """The same, trained on the corpus."""
    theirs = gensim_model(corpus, config, seed)
    lines = gensim_lines(corpus)
    theirs.train(lines, total_words=len(corpus.tokens), epochs=config.epochs)
    return theirs


def gensim_tree(theirs, corpus: Corpus) -> model.Tree:
    """Our tree with gensim's ways: where counts are equal, several trees are the best."""
    tree = model.Tree(corpus.counts)
    points = [theirs.wv.get_vecattr(word, "point") for word in corpus.words]
    codes = [theirs.wv.get_vecattr(word, "code") for word in corpus.words]
    tree.length = np.array([len(code) for code in codes])
    tree.first = np.cumsum(tree.length) - tree.length
    tree.nodes = np.concatenate([p[: len(c)] for p, c in zip(points, codes)]).astype(np.int32)
    tree.says = 1 - np.concatenate(codes).astype(np.float32)
    return tree


def looked_up(x: np.ndarray) -> np.ndarray:
    """The sigmoid as gensim and word2vec.c have it, from a table of 1,000 places in (-6, 6).

    Both look too far left: they count 1000 / 6 / 2 = 83 places to 1 in whole numbers, not 83 1/3.
    """
    place = ((np.float32(x) + 6) * 83).astype(int)
    grown = np.exp((place / 1_000 * 2 - 1) * 6)
    return (grown / (1 + grown)).astype(np.float32)


def gensim_step(
    corpus: Corpus, sigmoid: Callable = looked_up, size: int = 12, rate: float = 0.2
) -> float:
    """The largest difference after a pass of skip-gram with the tree, window 1 and a fixed rate: in
    this nothing is drawn. gensim's sigmoid comes from a table, and it lets the context guess the
    word, which over a text comes to the same; so do we here.
    """
    config = model.Config(
        "skipgram", "hierarchical", size, window=1, subsample=0.0, rate=rate, epochs=1, steps=1
    )
    theirs, ours = gensim_model(corpus, config), model.Learner(config, corpus, 0)
    ours.vectors *= size  # far enough from 0 that it matters which function the sigmoid is
    theirs.wv.vectors[:] = ours.vectors
    theirs.train(
        gensim_lines(corpus),
        total_words=len(corpus.tokens),
        epochs=1,
        start_alpha=rate,
        end_alpha=rate,
    )
    found = model.pairs(ours.tokens, ours.line, np.ones(len(ours.tokens), dtype=int))
    turned = model.Pairs(found.place, found.context, found.word)
    rng, tree = np.random.default_rng(0), gensim_tree(theirs, corpus)
    batch = model.examples("skipgram", turned, tree, rng)
    with patch.multiple(model, FUSED=None, sigmoid=sigmoid):
        model.learn(ours.vectors, ours.outer, batch, rate)
    return float(abs(theirs.wv.vectors - ours.vectors).max())


def gensim_noise(corpus: Corpus, power: float = 0.75) -> float:
    """The largest difference from the distribution that gensim's table of sums stands for."""
    theirs = gensim_model(corpus, model.Config(size=2, negatives=5, power=power))
    shares = np.diff(theirs.cum_table.astype(float), prepend=0) / theirs.cum_table[-1]
    return float(abs(shares - model.noise(corpus.counts, power)).max())


def huffman_cost(counts: np.ndarray) -> int:
    """What the best code costs in all: the sum of what is put together, two smallest first."""
    heap = [int(count) for count in counts]
    heapq.heapify(heap)
    cost = 0
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        cost += both
        heapq.heappush(heap, both)
    return cost


def torch_step(
    vectors: np.ndarray, outer: np.ndarray, batch: model.Examples, rate: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """The tables after gradient steps by autograd, example after example; the loss in all."""
    tables = [torch.tensor(table.astype(np.float64)) for table in (vectors, outer)]
    loss = 0.0
    for i in range(len(batch.input_starts) - 1):
        inputs = batch.inputs[batch.input_starts[i] : batch.input_starts[i + 1]]
        asked = slice(batch.output_starts[i], batch.output_starts[i + 1])
        kept = batch.labels[asked] >= 0
        rows, labels = batch.outputs[asked][kept], batch.labels[asked][kept]
        leaves = [table.requires_grad_() for table in tables]
        h = leaves[0][torch.as_tensor(inputs).long()].mean(0)
        scores = leaves[1][torch.as_tensor(rows).long()] @ h
        says = torch.as_tensor(labels).double()
        cost = F.binary_cross_entropy_with_logits(scores, says, reduction="sum")
        gradients = torch.autograd.grad(cost, leaves)
        tables = [(t - rate * g).detach() for t, g in zip(leaves, gradients)]
        loss += cost.item()
    return tables[0].numpy(), tables[1].numpy(), loss
