"""How the claims of claims.py are measured."""

from __future__ import annotations

import torch

from common.evidence import measuring
from common.evidence.claims import Equal, Exact, Pair, View
from common.exams.lexicon import word_for_word_bleu
from papers.seq2seq import PAPER
from papers.seq2seq.evidence import twins
from papers.seq2seq.task import BEAMS
from papers.seq2seq.version1 import model as model1
from papers.seq2seq.version2 import model as model2

SOURCE_WORDS, TARGET_WORDS = 160_000, 80_000  # Sec. 3.1

# -- exact ---------------------------------------------------------------------------------------


def papers_net():
    """Version 2 at the paper's sizes, on no device."""
    with torch.device("meta"):
        return model2.Seq2Seq(model2.Config(), SOURCE_WORDS, TARGET_WORDS)


def matrices(net) -> dict[str, int]:
    """How many numbers each matrix of the net has: all of its parameters but the biases."""
    return {name: p.numel() for name, p in net.named_parameters() if p.dim() == 2}


def all_parameters() -> Exact:
    net = papers_net()
    biases = sum(p.numel() for p in net.parameters() if p.dim() == 1)
    return Exact(sum(matrices(net).values()), 384_000_000, note=f"and {biases:,} biases")


def recurrent_parameters() -> Exact:
    sizes = matrices(papers_net())
    return Exact(sum(n for name, n in sizes.items() if ".layers." in name), 64_000_000)


def sentence_state() -> Exact:
    """What the decoder is given of one sentence of five words, at the paper's sizes."""
    with torch.device("meta"):
        cache = papers_net().start(torch.zeros(1, 5, dtype=torch.long))
    return Exact(sum(value[0].numel() for value in cache.values()), 8_000)


def steps_are_teacher_forcing() -> Exact:
    """log p of whole targets, at once and token by token."""
    net, inputs = twins.toy(model2), twins.TARGET[:, :-1]
    cache = net.start(twins.SOURCE)
    steps = [net.step(cache, inputs[:, :t]) for t in range(1, inputs.shape[1] + 1)]
    log_p = [x.log_softmax(-1) for x in (torch.stack(steps, 1), net.scores(twins.SOURCE, inputs))]
    return Exact(measuring.worst([tuple(log_p)]), 0.0, tolerance=1e-5)


def padding_is_nothing() -> Exact:
    """States of sentences alone and beside a longer one, and the gradient of padding."""
    net = twins.toy(model2)
    together = net.start(twins.SOURCE)["state"]
    alone = [net.start(row[None, row != model2.PAD])["state"][0] for row in twins.SOURCE]
    net.scores(twins.SOURCE, twins.TARGET).square().sum().backward()
    left = net.encoder.embedding.grad[model2.PAD]
    pairs = [(together, torch.stack(alone)), (left, torch.zeros_like(left))]
    return Exact(measuring.worst(pairs), 0.0, tolerance=1e-6)


def lags(order, length: int = 9) -> list[int]:
    """Steps from the reading of each source word to the writing of the target word in the same
    place. The first target word is written at the step after the last source word."""
    words = torch.arange(3, 3 + length)
    read = order(words[None])[0].tolist()
    return [length + i - read.index(word) for i, word in enumerate(words.tolist())]


def reversing_keeps_the_mean_lag() -> Exact:
    found, straight = lags(model2.reading_order), lags(lambda source: source)
    mean = sum(found) / len(found)
    note = f"the least is {min(found)} against {min(straight)}, nine words a sentence"
    return Exact(mean, sum(straight) / len(straight), note=note)


def last_rate() -> Exact:
    """What is left of version 1's rate at the end of 7.5 passes."""
    config = model1.Config()
    return Exact(model1.learning_rate(config.steps, config), 0.7 / 2**5, tolerance=1e-9)


# -- equivalence ---------------------------------------------------------------------------------


def version2_is_torchs() -> Equal:
    return Equal(twins.worst(), 1e-5)


def versions_agree() -> Equal:
    return Equal(twins.worst_of_versions(), 1e-5)


# -- directions ----------------------------------------------------------------------------------


def beats_word_for_word(view: View) -> Pair:
    """The lexicon is counted on the data of the record."""
    ours, dataset = view.values(PAPER.newest, "bleu"), view.record(PAPER.newest).dataset.name
    score = word_for_word_bleu(dataset)
    return Pair(ours, view.constant(score, ours), sign=+1, note=f"word for word: {score:.2f} BLEU")


def two_are_most_of_twelve(view: View) -> Pair:
    """What a beam of 2 gains over greedy search, against half of what a beam of 12 gains."""
    greedy, two, twelve = (view.values(PAPER.newest, f"bleu_beam{n}") for n in BEAMS)
    gains = {seed: two[seed] - greedy[seed] for seed in greedy}
    half = {seed: (twelve[seed] - greedy[seed]) / 2 for seed in greedy}
    return Pair(gains, half, sign=+1, note="half of what a beam of 12 gains on the other side")
