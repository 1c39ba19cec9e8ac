"""Our net with torch's LSTM, attention and nothing of ours in their place, the same weights in."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from papers.lstm.version2.model import from_torch
from papers.luong_attention.version2 import model

SYMBOLS, H, E, LAYERS = 23, 10, 7, 2
SOURCE = torch.tensor([[4, 9, 6, 11, 5, 8, 7], [7, 12, 5, 4, 0, 0, 0], [3, 5, 20, 0, 0, 0, 0]])
TARGET = torch.tensor([[1, 5, 8, 9, 14], [1, 13, 4, 6, 3], [1, 2, 0, 0, 0]])


def toy(feed: bool, score: str = "dot", **changes):
    """A toy net with random weights throughout."""
    torch.manual_seed(0)
    sizes = {"hidden": H, "width": E, "layers": LAYERS, "dropout": 0.0, "window": "global"}
    return model.Luong(model.Config(score=score, feed=feed, **sizes | changes), SYMBOLS)


class Theirs:
    """The same function by torch.nn.LSTM over packed sentences, torch.nn.LSTM for the writer one
    step at a time, and scaled_dot_product_attention; its weights are put into `ours`."""

    def __init__(self, ours):
        self.ours, feed = ours, ours.config.feed
        self.encoder = torch.nn.LSTM(E, H, LAYERS, batch_first=True)
        self.decoder = torch.nn.LSTM(E + H * feed, H, LAYERS, batch_first=True)
        with torch.no_grad():
            for layers, lstm in ((ours.encoder.layers, self.encoder), (ours.layers, self.decoder)):
                for n, layer in enumerate(layers):
                    layer.load_state_dict(from_torch(dict(lstm.named_parameters()), n).state_dict())

    def scores(self, source, inputs):
        """(B, S), (B, T) -> (B, T, V)."""
        states, state = self.read(source)
        bars = torch.zeros(source.shape).masked_fill(source == 0, -torch.inf)[:, None]
        keys = (
            states @ self.ours.attention.w_a.t() if hasattr(self.ours.attention, "w_a") else states
        )
        words, said = F.embedding(inputs, self.ours.embedding), states.new_zeros(len(source), H)
        found = []
        for x in words.unbind(1):
            x = torch.cat([x, said], 1) if self.ours.config.feed else x
            h, state = self.decoder(x[:, None], state)
            c = F.scaled_dot_product_attention(h, keys, states, attn_mask=bars, scale=1.0)
            said = (torch.cat([c, h], 2) @ self.ours.attention.w_c).tanh()[:, 0]
            found.append(said @ self.ours.w_s)
        return torch.stack(found, 1)

    def read(self, source):
        """States (B, S, H) as the words stand, and the last one; every sentence from its end."""
        lengths = (source != 0).sum(1)
        rows = [row[:n].flip(0) for row, n in zip(source, lengths)]
        turned = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        x = F.embedding(turned, self.ours.encoder.embedding)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        outputs, state = self.encoder(packed)
        outputs, _ = pad_packed_sequence(outputs, batch_first=True)
        rows = [row[:n].flip(0) for row, n in zip(outputs, lengths)]
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), state


def pairs(feed: bool, score: str):
    """Scores, and the gradients of what both share: embeddings, attention, readout."""
    ours = toy(feed, score)
    theirs = Theirs(ours)
    shared = [ours.encoder.embedding, ours.embedding, ours.w_s, *ours.attention.parameters()]
    found = []
    for net in (ours, theirs):
        scores = net.scores(SOURCE, TARGET)
        upstream = torch.randn(scores.shape, generator=torch.Generator().manual_seed(1))
        found.append([scores, *torch.autograd.grad(scores, shared, upstream)])
    return list(zip(*found))


def contexts():
    """c_t of the score dot and of scaled_dot_product_attention, and their gradients."""
    rng = torch.Generator().manual_seed(0)
    attention = toy(True).attention
    h, states = (torch.randn(3, n, H, generator=rng, requires_grad=True) for n in (5, 7))
    memory = attention.remember(states, SOURCE)
    ours = attention.weights(h, memory, torch.arange(1, 6)) @ states
    bars = torch.zeros(SOURCE.shape).masked_fill(SOURCE == 0, -torch.inf)[:, None]
    theirs = F.scaled_dot_product_attention(h, states, states, attn_mask=bars, scale=1.0)
    upstream = torch.randn(ours.shape, generator=rng)
    gradients = [torch.autograd.grad(c, [h, states], upstream) for c in (ours, theirs)]
    return [(ours, theirs), *zip(*gradients)]
