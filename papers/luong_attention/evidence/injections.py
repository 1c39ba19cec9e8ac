"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import torch


def net(model, **changes):
    """A net of toy size, the same at every call."""
    sizes = {"hidden": 8, "width": 6, "layers": 2, "span": 2, "dropout": 0.0, "window": "global"}
    torch.manual_seed(0)
    return model.Luong(model.Config(**sizes | changes), 20)


SOURCE = torch.tensor([[4, 9, 6, 11, 5, 8, 7], [7, 12, 5, 4, 0, 0, 0]])
INPUTS = torch.tensor([[1, 5, 8, 9, 14], [1, 13, 4, 6, 3]])


def weights(model, h=None, **changes):
    """The weights (B, T, S) with which states `h` (B, T, H) look at SOURCE."""
    luong = net(model, **changes)
    h = torch.randn(2, 5, 8) if h is None else h
    return luong.attention.weights(h, luong.start(SOURCE), torch.arange(1, 6))


# -- the score "concat" without tanh ------------------------------------------------------------


def concat_without_tanh(model):
    scores = model.Attention.scores

    def linear(self, h, keys):
        if self.score != "concat":
            return scores(self, h, keys)
        asked = h @ self.w_a[: h.shape[2]]
        return (asked[:, :, None] + keys[:, None]) @ self.v_a

    return {"Attention.scores": linear}


def concat_hears_the_question(model):
    found = weights(model, score="concat")
    assert not torch.allclose(found[:, 0], found[:, 1], atol=1e-3)


# -- the attentional state without tanh ---------------------------------------------------------


def linear_attentional(model):
    return {"squash": lambda x: x}


def attentional_state_is_squashed(model):
    found, _ = net(model).write(SOURCE, INPUTS)
    assert torch.allclose(model.squash(torch.tensor([50.0, -50.0])), torch.tensor([1.0, -1.0]))
    assert found.abs().max() < 1


# -- padding gets weight ------------------------------------------------------------------------


def padding_seen(model):
    return {"absent": lambda source: torch.zeros_like(source, dtype=torch.bool)}


def padding_has_no_weight(model):
    assert weights(model)[1, :, 4:].max() == 0


# -- h~ is not fed ------------------------------------------------------------------------------


def no_input_feeding(model):
    return {"fed": lambda config: False}


def what_was_said_is_heard_in_the_next_step(model):
    luong = net(model)
    cache = luong.start(SOURCE)
    another = {**cache, "fed": cache["fed"] + 1}
    assert not torch.allclose(luong.step(cache, INPUTS[:, :1]), luong.step(another, INPUTS[:, :1]))


# -- the place of local-p as a whole number -----------------------------------------------------


def floored_place(model):
    return {"place": lambda lengths, share: (lengths[:, None] * share).floor()}


def the_place_can_be_learned(model):
    luong = net(model, window="local-p")
    model.loss(luong.scores(SOURCE, INPUTS), INPUTS).backward()
    for weight in (luong.attention.w_p, luong.attention.v_p):
        assert weight.grad is not None and weight.grad.abs().max() > 0


# -- windows that reach beyond the sentence -----------------------------------------------------


def window_over_the_edge(model):
    """What lies outside has a state of zeros and so the score 0, as words have theirs."""
    inside = model.Attention.weights

    def over(self, h, memory, t):
        a = inside(self, h, memory, t)
        if self.window == "global":
            return a
        lengths = memory["lengths"]
        p = self.places(h, lengths, t)[..., None]
        at = torch.arange(-self.span, memory["keys"].shape[1] + self.span + 2, device=h.device)
        beyond = ((at < 1) | (at > lengths[:, None, None])) & ((at - p).abs() <= self.span)
        s = torch.arange(1, memory["keys"].shape[1] + 1, device=h.device)
        seen = ((s - p).abs() <= self.span) & ~memory["absent"][:, None]
        scores = self.scores(h, memory["keys"]).masked_fill(~seen, -torch.inf)
        total = scores.logsumexp(2, keepdim=True)
        return a * (total - torch.logaddexp(total, beyond.sum(2, keepdim=True).log())).exp()

    return {"Attention.weights": over}


def weights_of_a_window_sum_to_one(model):
    total = weights(model, window="local-m").sum(2)
    assert torch.allclose(total, torch.ones_like(total), atol=1e-5)


# -- the Gaussian on the wrong side of the word -------------------------------------------------


def mirrored_gaussian(model):
    """Centred on floor(p) - frac(p) instead of on p = floor(p) + frac(p)."""
    straight = model.Attention.weights

    def mirrored(self, h, memory, t):
        a = straight(self, h, memory, t)
        if self.window != "local-p":
            return a
        p = self.places(h, memory["lengths"], t)[..., None]
        s = torch.arange(1, a.shape[2] + 1, device=h.device)
        wrong = s - (2 * p.floor() - p)
        return a * torch.exp(-2 * (wrong**2 - (s - p) ** 2) / self.span**2)

    return {"Attention.weights": mirrored}


def the_nearest_word_is_favoured(model):
    """Words that answer alike get weights by their distance from the place alone."""
    luong = net(model, window="local-p", span=5)
    with torch.no_grad():
        luong.attention.w_a.zero_()
    memory = {**luong.start(SOURCE), "lengths": torch.tensor([7, 7])}
    memory["absent"] = torch.zeros_like(memory["absent"])
    h, t = torch.randn(2, 5, 8), torch.arange(1, 6)
    p = luong.attention.places(h, memory["lengths"], t)
    nearest = (torch.arange(1, 8) - p[..., None]).abs().argmin(2)
    assert torch.equal(luong.attention.weights(h, memory, t).argmax(2), nearest)


# -- asked by the state before ------------------------------------------------------------------


def previous_state(model):
    current = model.Attention.weights

    def late(self, h, memory, t):
        before = torch.cat([memory["state"][:, -1, :1].to(h.dtype), h[:, :-1]], 1)
        return current(self, before, memory, t)

    return {"Attention.weights": late}


def the_state_that_writes_asks(model):
    h = torch.randn(2, 5, 8)
    other = torch.cat([h[:, :-1], h[:, -1:] + 1], 1)
    assert not torch.allclose(weights(model, h)[:, -1], weights(model, other)[:, -1], atol=1e-4)


# -- no attention -------------------------------------------------------------------------------


def no_attention(model):
    def none(self, h, memory, t):
        return h.new_zeros(*h.shape[:2], memory["keys"].shape[1])

    return {"Attention.weights": none}


def the_source_is_looked_at(model):
    total = weights(model).sum(2)
    assert torch.allclose(total, torch.ones_like(total), atol=1e-5)
