"""Bidirectional recurrent network, Schuster and Paliwal 1997; version 2: right and fast.

Against version 1: a sentence is read by its own length, so that no state ever meets padding; both
directions take a step in one product, over the words alone; an answer is the mean of the outputs at
all words; embeddings begin small; dropout, decay, clipping by norm, a rate that falls to zero.

Symbols: x_t the embedding of a word, f_t the forward states, b_t the backward states,
         y_t the outputs: the scores of the classes (Fig. 3).
Shapes:  B sentences, T words of the longest, N words of all sentences, V words known,
         R sentences that are not at their end, E size of an embedding, D directions,
         H states of one direction, C classes.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Module, Parameter

from papers.rnn.version2.model import clip_gradients, learning_rate

UNKNOWN = 1  # the number that the exam gives to every word that it does not know


@dataclass(frozen=True)
class Config:  # defaults: version 1's, and our own for what it does without
    embedding: int = 28
    hidden: int = 128  # states of each direction
    directions: int = 2  # with 1 it is a regular recurrent network, which reads forward
    embedding_std: float = 0.1  # at the start
    input_gain: float = 1.0  # the size of W_x at the start: 1 keeps the size of what it reads
    dropout: float = 0.5  # of embeddings and of states on their way to the outputs
    forgotten: float = 0.0  # the share of words that are read as unknown, to learn what that means
    weight_decay: float = 0.5  # times the rate: the share of each weight that a step takes away
    clip: float = 1.0
    batch: int = 100
    learning_rate: float = 0.003
    steps: int = 1200


def packed(lengths):
    """How to read sentences of `lengths` (B) side by side without padding.

    Step after step, those that are not at their end yet, the longest first: for each word that is
    read, the sentence (N) and the step (N); and how many sentences each step reads.
    """
    order = lengths.argsort(descending=True, stable=True)
    running = lengths[order] > torch.arange(int(lengths.max()), device=lengths.device)[:, None]
    step, place = running.nonzero(as_tuple=True)  # (N), (N)
    return order[place], step, running.sum(1).tolist()


class BRNN(Module):
    """h_t = tanh(x_t W_x + h_(t-1) W_h + b) in each direction; y_t sees the states of both."""

    def __init__(self, config, symbols, classes=2):
        super().__init__()
        self.config = config
        d, e, h = config.directions, config.embedding, config.hidden
        self.embeddings = Parameter(torch.empty(symbols, e))
        self.w_x, self.w_h = Parameter(torch.empty(d, e, h)), Parameter(torch.empty(d, h, h))
        self.b_h = Parameter(torch.zeros(d, 1, h))
        self.w_y, self.b_y = Parameter(torch.empty(d * h, classes)), Parameter(torch.zeros(classes))
        self.initialise()

    def initialise(self):
        """Small embeddings, so that a word's own is soon more than what it began with; a recurrence
        that keeps the size of the states (Saxe et al. 2013)."""
        torch.nn.init.normal_(self.embeddings, std=self.config.embedding_std)
        torch.nn.init.normal_(self.w_x, std=self.config.input_gain * self.w_x.shape[1] ** -0.5)
        for w in self.w_h:
            torch.nn.init.orthogonal_(w)
        torch.nn.init.normal_(self.w_y, std=0.1 * len(self.w_y) ** -0.5)

    def drop(self, x):
        """In training, set some sizes to zero: the same ones at all words of a sentence (Gal and
        Ghahramani 2016)."""
        p = self.config.dropout
        if not (p and self.training):
            return x
        kept = F.dropout(x.new_ones(len(x), x.shape[-1]), p)
        return x * (kept if x.dim() == 2 else kept[:, None])

    def embed(self, tokens):
        """Embeddings (B, T, E) of `tokens` (B, T); in training some words are forgotten."""
        if self.training and self.config.forgotten:
            lost = torch.rand(tokens.shape, device=tokens.device) < self.config.forgotten
            tokens = tokens.masked_fill(lost, UNKNOWN)
        return self.drop(F.embedding(tokens, self.embeddings))

    def states(self, x, lengths):
        """f_t and b_t side by side at each word: `x` (B, T, E) -> (B, T, D H), 0 behind the end."""
        sentence, step, running = packed(lengths)
        # At the same step one direction reads the t-th word, the other the t-th from the end.
        read = torch.stack([step, lengths[sentence] - 1 - step])[: len(self.w_x)]  # (D, N)
        place = sentence * x.shape[1] + read  # (D, N): in the batch, laid out in one row
        z = x.flatten(0, 1)[place] @ self.w_x + self.b_h  # (D, N, H)
        h = z.new_zeros(len(z), running[0], z.shape[2])
        found = []
        for z_t in z.split(running, 1):
            h = self.step(z_t, h[:, : z_t.shape[1]])
            found.append(h)
        states = z.new_zeros(len(z), x.shape[0] * x.shape[1], z.shape[2])
        direction = torch.arange(len(z), device=place.device)[:, None]
        states[direction, place] = torch.cat(found, 1)
        return states.view(len(z), *x.shape[:2], -1).permute(1, 2, 0, 3).flatten(2)  # (B, T, D H)

    def step(self, z, h):
        """New states of the sentences that go on, from what they read, `z` (D, R, H), and `h`."""
        return torch.baddbmm(z, h, self.w_h).tanh()  # (D, R, H)

    def outputs(self, tokens, lengths):
        """y_t at every word of `tokens` (B, T): scores (B, T, C)."""
        return self.states(self.embed(tokens), lengths) @ self.w_y + self.b_y  # (B, T, C)

    def forward(self, tokens, lengths):
        """One answer for each sentence (B, C): the outputs at the mean of its states, which is the
        mean of its outputs."""
        states = summary(self.states(self.embed(tokens), lengths), lengths)
        return self.drop(states) @ self.w_y + self.b_y  # (B, C)


def summary(states, lengths):
    """The mean (B, D H) over the words of each sentence; `states` are 0 behind its end."""
    return states.sum(1) / lengths[:, None]


def optimizer(parameters, config):
    """AdamW: what a rare word has learned from few sentences is worn down again."""
    rate, decay = config.learning_rate, config.weight_decay
    return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay, fused=True)


class Learner:
    """Batch after batch by AdamW."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.optimizer = optimizer(masters.masters, config)

    def step(self, tokens, lengths, labels, i):
        """Learn from the i-th batch; its loss in nats per sentence."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        self.net.train()
        value = F.cross_entropy(self.net(tokens, lengths).float(), labels)
        self.net.eval()
        value.backward()
        self.masters.take_gradients()
        clip_gradients(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
