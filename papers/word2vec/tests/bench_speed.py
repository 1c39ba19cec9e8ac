"""Speed of version 2 beside gensim's Word2Vec, interleaved on one machine; medians.

`python -m papers.word2vec.tests.bench_speed`: words of the text per second, one thread each, the
same corpus and settings. Time is the processor's, so that what else runs here counts less.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from common.run.compiled import compiled
from papers.word2vec.evidence import experiments, twins
from papers.word2vec.version2 import kernel, model

ROUNDS = 5
KINDS = {
    "skip-gram, 5 negatives": {},
    "skip-gram, tree": {"objective": "hierarchical"},
    "CBOW, 5 negatives": {"architecture": "cbow"},
}


def taken(function: Callable[[], object]) -> float:
    """Seconds of the processor."""
    start = time.process_time()
    function()
    return time.process_time() - start


def main(rounds: int = ROUNDS) -> None:
    """Print the median over the rounds of each speed, and of the ratio."""
    built = compiled(kernel.CPP, *kernel.FLAGS)
    model.FUSED = built and kernel.learn(built)
    corpus = experiments.exam().corpus
    lines, words = twins.gensim_lines(corpus), len(corpus.tokens)
    for kind, changes in KINDS.items():
        config = replace(experiments.settings(), epochs=1, steps=20, **changes)
        theirs, ours = twins.gensim_model(corpus, config), model.Learner(config, corpus, 0)

        def own_pass(ours: model.Learner = ours) -> None:
            for i in range(ours.config.steps):
                ours.step(i)

        def their_pass(theirs=theirs) -> None:
            theirs.train(lines, total_words=words, epochs=1)

        pairs = [(words / taken(their_pass), words / taken(own_pass)) for _ in range(rounds)]
        ratios = sorted(own / other for other, own in pairs)
        print(
            f"{kind:24} gensim {median(p[0] for p in pairs):10,.0f}"
            f"   version 2 {median(p[1] for p in pairs):10,.0f} words/s"
            f"   ratio {median(ratios):.2f} [{ratios[0]:.2f}, {ratios[-1]:.2f}]"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
