"""Both versions beside two torch.nn.LSTM with the same weights."""

from __future__ import annotations

import torch
from torch.nn.utils.rnn import pack_padded_sequence

from common.evidence import measuring
from papers.lstm.version2.model import from_torch
from papers.seq2seq.version1 import model as model1
from papers.seq2seq.version2 import model as model2

SYMBOLS = 13
SIZES = {"hidden": 9, "layers": 2, "width": 7}
SOURCE = torch.tensor([[5, 6, 7, 4, 3], [8, 9, 0, 0, 0], [4, 12, 10, 0, 0]])
TARGET = torch.tensor([[1, 5, 6, 7, 2], [1, 8, 9, 2, 0], [1, 4, 4, 11, 2]])


def toy(model):
    """A toy net of either version without dropout, all its weights random."""
    more = {"dropout": 0.0} if model is model2 else {}
    torch.manual_seed(0)
    net = model.Seq2Seq(model.Config(**SIZES, **more), SYMBOLS)
    with torch.no_grad():
        for p in net.parameters():
            p.normal_(std=0.4)
    return net


class Theirs(torch.nn.Module):
    """An encoder that reads packed sentences and a decoder, both torch.nn.LSTM."""

    def __init__(self):
        super().__init__()
        sizes = SIZES["width"], SIZES["hidden"], SIZES["layers"]
        for side in ("encoder", "decoder"):
            self.add_module(side, torch.nn.LSTM(*sizes, batch_first=True))
            self.add_module(f"words_{side}", torch.nn.Embedding(SYMBOLS, SIZES["width"]))
        self.readout = torch.nn.Linear(SIZES["hidden"], SYMBOLS)

    def encode(self, sentences):
        """h and c (L, B, H) after each list of tokens."""
        lengths = list(map(len, sentences))
        x = torch.nn.utils.rnn.pad_sequence(list(map(self.words_encoder, sentences)), True)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return self.encoder(packed)[1]

    def forward(self, sentences, inputs):
        """Scores (B, T, V)."""
        outputs, _ = self.decoder(self.words_decoder(inputs), self.encode(sentences))
        return self.readout(outputs)


def backwards(source):
    """Each sentence as a tensor of its own, reversed, without padding."""
    return [row[row != 0].flip(0) for row in source]


def pair():
    """Version 2 and torch's networks with the same weights."""
    ours, theirs = toy(model2), Theirs()
    with torch.no_grad():
        for p in theirs.parameters():
            p.normal_(std=0.4)
        for side in ("encoder", "decoder"):
            mine, weights = getattr(ours, side), getattr(theirs, side).state_dict()
            for n, layer in enumerate(mine.layers):
                layer.load_state_dict(from_torch(weights, n).state_dict())
            mine.embedding.copy_(getattr(theirs, f"words_{side}").weight)
        ours.decoder.w_y.copy_(theirs.readout.weight.t())
        ours.decoder.b_y.copy_(theirs.readout.bias)
    return ours, theirs


def worst() -> float:
    """The largest difference of scores, sentence states and all gradients, padding in the batch."""
    ours, theirs = pair()
    scores, their_scores = (
        ours.scores(SOURCE, TARGET[:, :-1]),
        theirs(backwards(SOURCE), TARGET[:, :-1]),
    )
    state, their_state = ours.start(SOURCE)["state"], theirs.encode(backwards(SOURCE))
    pairs = [(scores, their_scores), (state, torch.stack(their_state, 2).transpose(0, 1))]
    for found in (scores, their_scores):
        model2.loss(found, TARGET[:, 1:]).backward()
    for side in ("encoder", "decoder"):
        mine, net = getattr(ours, side), getattr(theirs, side)
        slopes = {name: p.grad for name, p in net.named_parameters()}
        pairs.append((mine.embedding.grad, getattr(theirs, f"words_{side}").weight.grad))
        for n, layer in enumerate(mine.layers):
            # Both of torch's biases have the one gradient, and reading them adds them up.
            once = slopes | {f"bias_hh_l{n}": torch.zeros_like(slopes[f"bias_hh_l{n}"])}
            wanted = dict(from_torch(once, n).named_parameters())
            pairs += [(p.grad, wanted[name]) for name, p in layer.named_parameters()]
    readout = theirs.readout
    pairs += [(ours.decoder.w_y.grad, readout.weight.grad.t())]
    pairs += [(ours.decoder.b_y.grad, readout.bias.grad)]
    return measuring.worst(pairs)


def as_version1(net):
    """Version 1 with the weights of a net of version 2, whose gates stand in the order o, i, f, g
    and whose matrices are transposed."""
    found = toy(model1)
    with torch.no_grad():
        for side in ("encoder", "decoder"):
            mine, other = getattr(found, side), getattr(net, side)
            mine.embedding.copy_(other.embedding)
            for layer, theirs in zip(mine.layers, other.layers, strict=True):
                for name, w in theirs.named_parameters():
                    o, i, f, g = w.chunk(4)
                    getattr(layer, name).copy_(torch.cat([i, f, o, g]).t())
        found.w_y.copy_(net.decoder.w_y), found.b_y.copy_(net.decoder.b_y)
    return found


def worst_of_versions() -> float:
    """The largest difference of the versions' scores and encoder gradients, where no sentence has
    padding: there they are the same network."""
    second = toy(model2)
    first, source, inputs = as_version1(second), SOURCE[:1], TARGET[:1, :-1]
    pairs = []
    scores = [net.scores(source, inputs) for net in (first, second)]
    for found in scores:
        model2.loss(found, TARGET[:1, 1:]).backward()
    pairs.append(tuple(scores))
    pairs.append(tuple(net.encoder.embedding.grad for net in (first, second)))
    return measuring.worst(pairs)
