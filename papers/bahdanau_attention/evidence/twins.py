"""Both versions beside code that we did not write: torch's GRU, GRUCell and linear layers, put
together as the paper and the tutorial say, with our weights copied in."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from papers.bahdanau_attention.version1 import model as model1
from papers.bahdanau_attention.version2 import model as model2
from papers.gru.version2.model import TORCH_NAMES

SYMBOLS, H, E, A, M, PLACES = 23, 10, 7, 9, 5, 8
SOURCE = torch.tensor([[4, 9, 6, 11, 5, 8, 7], [7, 12, 5, 4, 0, 0, 0], [3, 5, 20, 0, 0, 0, 0]])
TARGET = torch.tensor([[1, 5, 8, 9, 14, 2], [1, 13, 4, 6, 2, 0], [1, 3, 2, 0, 0, 0]])
SIZES = {
    model1: {"hidden": H, "width": E, "places": PLACES},
    model2: {"hidden": H, "width": E, "aligned": A, "maxout": M, "dropout": 0.0},
}


def toy(model, **changes):
    """A toy net of either version, all its weights random."""
    torch.manual_seed(0)
    net = model.Search(model.Config(**{**SIZES[model], **changes}), SYMBOLS)
    with torch.no_grad():
        for p in net.parameters():
            p.normal_(std=0.4)
    return net


# -- the encoder of version 2 --------------------------------------------------------------------


def encoders():
    """The encoder of version 2, and torch.nn.GRU in both directions with the same weights."""
    ours, theirs = toy(model2).encoder, nn.GRU(E, H, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for p in theirs.parameters():
            p.normal_(std=0.4)
        weights = theirs.state_dict()
        for layer, end in ((ours.forwards, ""), (ours.backwards, "_reverse")):
            layer.load(*(weights[f"{name}_l0{end}"] for name in TORCH_NAMES))
    return ours, theirs


def packed(gru, embedding, source):
    """Annotations (B, S, 2 H) by packed sentences, and the last state of the second direction."""
    x = pack_padded_sequence(
        F.embedding(source, embedding), (source != 0).sum(1), True, enforce_sorted=False
    )
    outputs, last = gru(x)
    return pad_packed_sequence(outputs, batch_first=True)[0], last[1]


def encoder_pairs():
    """Annotations at words, last states, and gradients of embeddings and matrices."""
    ours, theirs = encoders()
    at_words = (SOURCE != 0)[..., None]
    kinds, found = (lambda: ours(SOURCE), lambda: packed(theirs, ours.embedding, SOURCE)), []
    for run in kinds:
        annotations, last = run()
        upstream = torch.randn(annotations.shape, generator=torch.Generator().manual_seed(1))
        ours.embedding.grad = None
        ((annotations * upstream * at_words).sum() + last.square().sum()).backward()
        found.append([annotations * at_words, last, ours.embedding.grad])
    pairs = list(zip(*found))
    for layer, end in ((ours.forwards, ""), (ours.backwards, "_reverse")):
        slopes = {name: p.grad for name, p in theirs.named_parameters()}
        pairs.append((layer.w.grad, slopes[f"weight_ih_l0{end}"].t()))
        pairs.append((layer.u.grad, slopes[f"weight_hh_l0{end}"].t()))
        pairs.append((layer.b.grad, slopes[f"bias_ih_l0{end}"]))
        pairs.append((layer.b_n.grad, slopes[f"bias_hh_l0{end}"][2 * H :]))
    return pairs


# -- the whole of version 2 ----------------------------------------------------------------------


class RNNsearch(nn.Module):
    """The paper from torch's parts, sentence by sentence, without any padding: nn.GRU reads,
    nn.GRUCell writes, and at every step nn.Linear scores the state before with every word."""

    def __init__(self):
        super().__init__()
        self.x_words, self.y_words = nn.Embedding(SYMBOLS, E), nn.Embedding(SYMBOLS, E)
        self.reader = nn.GRU(E, H, bidirectional=True)
        self.w_a, self.u_a = nn.Linear(H, A, bias=False), nn.Linear(2 * H, A, bias=False)
        self.v_a, self.w_s = nn.Linear(A, 1, bias=False), nn.Linear(H, H)
        self.writer = nn.GRUCell(E + 2 * H, H)
        self.u_o, self.v_o = nn.Linear(H, 2 * M, bias=False), nn.Linear(E, 2 * M, bias=False)
        self.c_o, self.w_o = nn.Linear(2 * H, 2 * M, bias=False), nn.Linear(M, SYMBOLS)

    def forward(self, source, inputs):
        """Scores (T, V) of one pair, `source` (S,) and `inputs` (T,)."""
        h, last = self.reader(self.x_words(source))
        s, found = self.w_s(last[1]).tanh(), []
        for y in self.y_words(inputs):
            e = self.v_a(torch.tanh(self.w_a(s) + self.u_a(h)))[:, 0]
            c = F.softmax(e, 0) @ h
            s = self.writer(torch.cat([y, c]), s)
            t = self.u_o(s) + self.v_o(y) + self.c_o(c)
            found.append(self.w_o(F.max_pool1d(t[None], 2)[0]))
        return torch.stack(found)

    def matrices(self):
        """What version 2 calls its weights, with these weights or their gradients."""
        readout = [layer.weight for layer in (self.u_o, self.v_o, self.c_o)]
        return {
            "encoder.embedding": [self.x_words.weight],
            "embedding": [self.y_words.weight],
            "alignment.w_a": [self.w_a.weight],
            "alignment.u_a": [self.u_a.weight],
            "alignment.v_a": [self.v_a.weight],
            "w_s": [self.w_s.weight],
            "b_s": [self.w_s.bias],
            "gru.w": [self.writer.weight_ih],
            "gru.u": [self.writer.weight_hh],
            "w_t": readout,
            "w_o": [self.w_o.weight],
            "b_o": [self.w_o.bias],
        }


def as_ours(name, parts):
    """torch's matrices in our shape: rows are inputs, and what reads several stands in one."""
    if "embedding" in name or parts[0].dim() == 1:
        return parts[0]
    joined = torch.cat([part.t() for part in parts])
    return joined[:, 0] if name == "alignment.v_a" else joined


def searches():
    """Version 2 and the paper from torch's parts, the same weights in both."""
    torch.manual_seed(0)
    ours, theirs = toy(model2), RNNsearch()
    with torch.no_grad():
        for p in theirs.parameters():
            p.normal_(std=0.4)
        own, weights = dict(ours.named_parameters()), theirs.reader.state_dict()
        for name, parts in theirs.matrices().items():
            own[name].copy_(as_ours(name, parts))
        for layer, end in ((ours.encoder.forwards, ""), (ours.encoder.backwards, "_reverse")):
            layer.load(*(weights[f"{name}_l0{end}"] for name in TORCH_NAMES))
        ours.gru.load(*(theirs.writer.state_dict()[name] for name in TORCH_NAMES))
    return ours, theirs


def search_pairs():
    """Scores and all gradients but those of the reader's matrices, of three pairs in a batch and
    one by one."""
    ours, theirs = searches()
    inputs, targets = TARGET[:, :-1], TARGET[:, 1:]
    scores = ours.scores(SOURCE, inputs)
    model2.loss(scores, targets).backward()
    pairs, total = [], 0.0
    for b, (source, target) in enumerate(zip(SOURCE, TARGET)):
        source, target = source[source != 0], target[target != 0]
        found = theirs(source, target[:-1])
        pairs.append((scores[b, : len(found)], found))
        total = total + F.cross_entropy(found, target[1:], reduction="sum")
    (total / (targets != 0).sum()).backward()
    own = dict(ours.named_parameters())
    for name, parts in theirs.matrices().items():
        pairs.append((own[name].grad, as_ours(name, [part.grad for part in parts])))
    return pairs


# -- version 1 -----------------------------------------------------------------------------------


class Tutorial(nn.Module):
    """The layers of the tutorial's EncoderRNN and AttnDecoderRNN, dropout aside, one sentence and
    one word at a time, as its training loop calls them."""

    def __init__(self):
        super().__init__()
        self.x_words, self.y_words = nn.Embedding(SYMBOLS, E), nn.Embedding(SYMBOLS, E)
        self.encoder, self.gru = nn.GRU(E, H), nn.GRU(H, H)
        self.attn, self.attn_combine = nn.Linear(E + H, PLACES), nn.Linear(E + H, H)
        self.out = nn.Linear(H, SYMBOLS)

    def forward(self, source, inputs):
        """Scores (T, V) of one pair, `source` (S,) and `inputs` (T,)."""
        outputs, hidden = torch.zeros(PLACES, H), torch.zeros(1, 1, H)
        for i, word in enumerate(source):
            output, hidden = self.encoder(self.x_words(word).view(1, 1, -1), hidden)
            outputs[i] = output[0, 0]
        found = []
        for word in inputs:
            embedded = self.y_words(word).view(1, -1)
            weights = F.softmax(self.attn(torch.cat((embedded, hidden[0]), 1)), dim=1)
            applied = torch.bmm(weights[None], outputs[None])[0]
            x = F.relu(self.attn_combine(torch.cat((embedded, applied), 1)))[None]
            _, hidden = self.gru(x, hidden)
            found.append(self.out(hidden[0])[0])
        return torch.stack(found)

    def matrices(self):
        """What version 1 calls its weights."""
        found = {"x_words": self.x_words.weight, "y_words": self.y_words.weight}
        for name, gru in (("reader", self.encoder), ("writer", self.gru)):
            found |= {f"{name}.w": gru.weight_ih_l0.t(), f"{name}.u": gru.weight_hh_l0.t()}
            found |= {f"{name}.b_x": gru.bias_ih_l0, f"{name}.b_h": gru.bias_hh_l0}
        for end, layer in (("a", self.attn), ("c", self.attn_combine), ("o", self.out)):
            found |= {f"w_{end}": layer.weight.t(), f"b_{end}": layer.bias}
        return found


def tutorial_pairs():
    """Scores of version 1 and of the tutorial's layers, for sentences without padding."""
    ours, theirs = toy(model1), Tutorial()
    with torch.no_grad():
        for p in theirs.parameters():
            p.normal_(std=0.4)
        own = dict(ours.named_parameters())
        for name, weight in theirs.matrices().items():
            own[name].copy_(weight)
    assert set(own) == set(theirs.matrices())
    pairs = []
    for source, target in zip(SOURCE, TARGET):
        source, inputs = source[source != 0], target[target != 0][:-1]
        pairs.append((ours.scores(source[None], inputs[None])[0], theirs(source, inputs)))
    return pairs
