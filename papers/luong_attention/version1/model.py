"""Attention, Luong, Pham and Manning 2015 (arXiv:1508.04025), version 1: step by step, from basic
operations.

The two networks of papers/seq2seq, version 1, and at each step of the second a look at the states
of the first. What early implementations got wrong is kept; evidence/deviations.py names it. The
paper's dropout is left out.

Symbols: h_t, h~_t target states, h_s source states, a_t weights, c_t context, p_t the place,
         D half the window, sigma = D / 2; W_a, W_c, W_p, v_p, W_s the matrices of the paper.
Shapes:  B sentences, S source, T target tokens, V tokens of the vocabulary, H cells of a layer,
         L layers, W words looked at: those of a window, or S.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Module

from papers.seq2seq.version1.model import PAD, Network, backwards, loss, uniform

SCORES = ("dot", "general", "concat")
WINDOWS = ("global", "local-m", "local-p")


@dataclass(frozen=True)
class Config:  # defaults: Sec. 4.1 and the best row of Table 4
    hidden: int = 1000
    layers: int = 4
    width: int = 1000  # of the embeddings
    score: str = "general"
    window: str = "local-p"
    span: int = 10  # D
    bound: float = 0.1  # weights begin between minus and plus this
    batch: int = 2_500  # tokens on either side, padding included: about 128 sentences
    rate: float = 1.0
    clip: float = 5.0
    steps: int = 420_000  # 12 passes over 4.5 million sentences

    def __post_init__(self):
        if self.score not in SCORES or self.window not in WINDOWS or self.span < 1:
            raise ValueError(f"score must be of {SCORES}, window of {WINDOWS}, span at least 1")


def floor(p):
    """The word on which a place lies."""
    return p.floor()


class Luong(Module):
    """An encoder and a decoder (Fig. 1), and attention between them (Fig. 2 and 3)."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config, h, bound = config, config.hidden, config.bound
        self.encoder, self.decoder = Network(config, symbols), Network(config, symbols)
        if config.score == "general":
            self.w_a = uniform(bound, h, h)
        elif config.score == "concat":
            self.w_a = uniform(bound, 2 * h)
        if config.window == "local-p":
            self.w_p, self.v_p = uniform(bound, h, h), uniform(bound, h)
        self.w_c, self.w_s = uniform(bound, 2 * h, h), uniform(bound, h, symbols)

    def start(self, source):
        """What is kept of `source` (B, S): all states in the order of its words, and the last."""
        begin = self.encoder.begin(len(source))  # (B, L, 2, H)
        states, state = self.encoder(backwards(source), begin)  # (B, S, H), (B, L, 2, H)
        order = self.order(source)[..., None].expand_as(states)  # (B, S, H)
        lengths = (source != PAD).sum(1)  # (B,)
        return {"states": states.gather(1, order), "state": state, "lengths": lengths}

    def order(self, source):  # (B, S) -> (B, S): when each word was read
        at = torch.arange(source.shape[1], device=source.device).expand_as(source)
        return torch.where(source != PAD, (source != PAD).sum(1, keepdim=True) - 1 - at, at)

    def score(self, h, states):
        """Sec. 3.1: how `states` (B, W, H) answer the state `h` (B, H), (B, W)."""
        if self.config.score == "general":
            states = states @ self.w_a.t()  # (B, W, H)
        if self.config.score == "concat":  # W_a [h_t; h_s]
            both = torch.cat([h[:, None].expand_as(states), states], 2)  # (B, W, 2 H)
            return both @ self.w_a  # (B, W)
        return (h[:, None] * states).sum(2)  # (B, W)

    def place(self, h, lengths, t):
        """p_t (B,), counted from 0, in step t: the same place (local-m), or Eq. 9."""
        if self.config.window == "local-m":
            return lengths.clamp(max=t + 1) - 1
        return floor(lengths * ((h @ self.w_p).tanh() @ self.v_p).sigmoid())

    def window(self, states, p):
        """What of `states` (B, S, H) lies around places `p` (B,), (B, W, H)."""
        d = self.config.span
        rows = p.long()[:, None] + torch.arange(2 * d + 1, device=p.device)  # (B, W)
        wider = F.pad(states, (0, 0, d, d + 1))  # the last place is one behind the last word
        return wider.gather(1, rows[..., None].expand(-1, -1, states.shape[2]))

    def look(self, h, cache, t):
        """What the state `h` (B, H) sees in step t: c_t (B, H), and a_t (B, W) of the words that it
        looks at."""
        seen, config = cache["states"], self.config
        if config.window != "global":
            p = self.place(h, cache["lengths"], t)  # (B,)
            seen = self.window(seen, p)  # (B, W, H)
        a = self.score(h, seen).softmax(1)  # (B, W): Eq. 7
        if config.window == "local-p":
            around = torch.arange(-config.span, config.span + 1, device=h.device)  # (W,)
            away = p.long()[:, None] + around - p[:, None]  # (B, W): s - p_t
            a = a * torch.exp(-2 * (away / config.span) ** 2)  # (B, W): Eq. 10, sigma = D / 2
        return (a[:, None] @ seen)[:, 0], a  # (B, H), (B, W)

    def attentional(self, h, c):
        """h~_t (B, H) of `h` (B, H) and `c` (B, H): Eq. 5."""
        return torch.cat([c, h], 1) @ self.w_c  # (B, H)

    def scores(self, source, inputs):
        """Scores (B, T, V) of the token after each of `inputs` (B, T), given `source` (B, S)."""
        cache, found = self.start(source), []
        outputs, _ = self.decoder(inputs, cache["state"])  # (B, T, H), (B, L, 2, H)
        for t, h in enumerate(outputs.unbind(1)):
            c, _ = self.look(h, cache, t)  # (B, H), (B, W)
            found.append(self.attentional(h, c) @ self.w_s)  # (B, V): Eq. 6
        return torch.stack(found, 1)

    def step(self, cache, prefix):
        """Scores (B, V) after the last token of `prefix` (B, T); the cache holds those before."""
        # (B, 1, H), (B, L, 2, H)
        outputs, cache["state"] = self.decoder(prefix[:, -1:], cache["state"])
        h = outputs[:, 0]  # (B, H)
        c, _ = self.look(h, cache, prefix.shape[1] - 1)  # (B, H), (B, W)
        return self.attentional(h, c) @ self.w_s


def learning_rate(step, config):
    """`rate` for eight of twelve passes, then halved with every pass, as the paper's models with
    dropout have it (Sec. 4.1: without, five of ten); step from 1."""
    return config.rate * 0.5 ** max(0, 12 * (step - 1) // config.steps - 7)


class Learner:
    """Plain gradient descent; the gradient is rescaled if its norm exceeds `clip` (Sec. 4.1)."""

    def __init__(self, config, net, masters):
        self.config, self.net, self.masters = config, net, masters
        self.optimizer = torch.optim.SGD(masters.masters, lr=config.rate)

    def step(self, source, target, i):
        """Learn from the i-th `source` (B, S), `target` (B, T + 1); its loss in nats a position."""
        value = loss(self.net.scores(source, target[:, :-1]), target[:, 1:])
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i + 1, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach() / (target.shape[1] - 1)
