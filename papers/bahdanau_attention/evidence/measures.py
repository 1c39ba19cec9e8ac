"""How the claims of claims.py are measured."""

from __future__ import annotations

import math

import torch

from common.evidence import measuring
from common.evidence.claims import Equal, Exact, Pair, View
from common.exams.lexicon import word_for_word_bleu
from papers.bahdanau_attention import PAPER
from papers.bahdanau_attention.evidence import twins
from papers.bahdanau_attention.version2 import model

# -- exact ---------------------------------------------------------------------------------------


def worst(pairs) -> Exact:
    """That two sides are the same, given as pairs of tensors."""
    pairs = [tuple(side.detach() for side in pair) for pair in pairs]
    return Exact(measuring.worst(pairs), 0.0, tolerance=1e-5)


@torch.no_grad()
def equations_by_loops() -> Exact:
    """c_i and alpha_ij of the first step, number by number: Eq. 5, 6 and App. A.1.2."""
    net = twins.toy(model)
    part, cache, pairs = net.alignment, net.start(twins.SOURCE), []
    state, annotations = cache["state"], cache["annotations"]
    _, contexts, weights = net.advance(cache, torch.zeros(3, 3 * twins.H), net.matrices())
    for b, source in enumerate(twins.SOURCE):
        e = []
        for h in annotations[b, : int((source != model.PAD).sum())]:
            inner = [
                sum(float(state[b, k] * part.w_a[k, unit]) for k in range(twins.H))
                + sum(float(h[k] * part.u_a[k, unit]) for k in range(2 * twins.H))
                for unit in range(twins.A)
            ]
            e.append(sum(float(v) * math.tanh(x) for v, x in zip(part.v_a, inner)))
        total = sum(map(math.exp, e))
        alpha = [math.exp(score) / total for score in e]
        context = sum(a * h for a, h in zip(alpha, annotations[b]))
        pairs += [(weights[b, : len(e)], torch.tensor(alpha)), (contexts[b], context)]
    return worst(pairs)


@torch.no_grad()
def uniform_at_zero() -> Exact:
    """The weights of a new net, whose v_a is zero, against one over the number of words."""
    torch.manual_seed(0)
    net = model.Search(model.Config(**twins.SIZES[model]), twins.SYMBOLS)
    weights = net.write(twins.SOURCE, twins.TARGET)[1]
    there = (twins.SOURCE != model.PAD)[:, None].float()
    return worst([(weights, (there / there.sum(2, keepdim=True)).expand_as(weights))])


def padding_is_nothing() -> Exact:
    """The weight of padding, scores of sentences alone and in a batch, and the gradient of the
    embedding of padding."""
    net = twins.toy(model)
    scores, weights = net.write(twins.SOURCE, twins.TARGET)
    pairs = [(weights.transpose(1, 2)[twins.SOURCE == model.PAD], torch.zeros(()))]
    for b, (source, target) in enumerate(zip(twins.SOURCE, twins.TARGET)):
        pairs.append((scores[b], net.scores(source[None, source != model.PAD], target[None])[0]))
    scores.square().sum().backward()
    left = net.encoder.embedding.grad[model.PAD]
    pairs.append((left, torch.zeros_like(left)))
    return worst([(a, b.expand_as(a)) for a, b in pairs])


@torch.no_grad()
def keys_once_or_in_every_step() -> Exact:
    """Scores with U_a h_j from before the loop, and computed anew in each step."""
    net = twins.toy(model)
    cache, scores = net.start(twins.SOURCE), net.scores(twins.SOURCE, twins.TARGET)
    pairs = []
    for t in range(twins.TARGET.shape[1]):
        cache["keys"] = net.alignment.keys(cache["annotations"])
        pairs.append((net.step(cache, twins.TARGET[:, : t + 1]), scores[:, t]))
    return worst(pairs)


@torch.no_grad()
def halves_know_their_sides() -> Exact:
    """What changes in annotations when the fourth word is another: the forward half before it and
    the backward half behind it must not."""
    net, other = twins.toy(model), twins.SOURCE[:1].clone()
    other[0, 3] = 13
    one, two = (net.encoder(source)[0][0] for source in (twins.SOURCE[:1], other))
    changed = (one != two).unflatten(1, (2, -1)).any(2)
    wanted = torch.tensor([[j >= 3, j <= 3] for j in range(7)])
    return Exact(int((changed != wanted).sum()), 0, note="halves of seven annotations")


def comparisons(source: int = 7, target: int = 5) -> Exact:
    """How often a state is compared with a word while a sentence is translated."""
    net, seen = twins.toy(model), []
    real = net.alignment.forward
    net.alignment.forward = lambda asked, keys, masked: (
        seen.append(len(asked) * keys.shape[1]) or real(asked, keys, masked)
    )
    net.scores(torch.full((1, source), 5), torch.full((1, target), 6))
    return Exact(sum(seen), source * target, note=f"{source} and {target} words")


# -- equivalence ---------------------------------------------------------------------------------


def encoder_is_torchs() -> Equal:
    return measuring.equal(twins.encoder_pairs())


def net_is_of_torchs_parts() -> Equal:
    return measuring.equal(twins.search_pairs())


def version1_is_the_tutorial() -> Equal:
    return measuring.equal(twins.tutorial_pairs())


# -- directions ----------------------------------------------------------------------------------


def beats_word_for_word(view: View) -> Pair:
    """The lexicon is counted on the data of the record."""
    ours, dataset = view.values(PAPER.newest, "bleu"), view.record(PAPER.newest).dataset.name
    score = word_for_word_bleu(dataset)
    return Pair(ours, view.constant(score, ours), sign=+1, note=f"word for word: {score:.2f} BLEU")
