"""LLaMA, Touvron et al. 2023, version 2: the published model, right and fast.

`load_published` takes the published weights in either of their two layouts. Against version 1:
angles and pairs of one layout, cached keys turned by their place in the text, the last matrix of
the feed-forward network begins smaller, decay for matrices only, a rate that ends at a tenth; one
product for queries, keys and values, attention plain or fused by length, bfloat16.

Symbols: d_model the width, h heads, d_k = d_model / h, N layers, as in papers/transformer;
         theta_i the angle of pair i per place (Su et al. 2021, Sec. 3.2.2).
Shapes:  B batch, C cache, T positions, S those looked at, H heads, K = d_k, D = d_model,
         F hidden units, V tokens.
"""

import math
import re
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Dropout, Embedding, Linear, Module, ModuleList, Parameter

from papers.adam.version2.model import AdamW, groups
from papers.bpe.version2 import model as bpe
from papers.gpt2.version2.model import attend, barred, batch, loss

SCALED = ("wo.weight", "w2.weight")  # what is added to the residual path


@dataclass(frozen=True)
class Config:  # defaults: Table 2, first row; Sec. 2.3
    merges: int | None = 31_744  # 32,000 tokens, published with the weights. None: characters
    context: int = 2048  # as published with the weights, like `multiple` and `epsilon`
    d_model: int = 4096
    heads: int = 32
    layers: int = 32
    multiple: int = 256  # of the hidden width, see `hidden_width`
    base: float = 10_000.0  # of the angles: Su et al. 2021, Sec. 3.2.2
    epsilon: float = 1e-6
    std: float = 0.02  # of matrices at the start; the paper is silent: GPT-2's
    dropout: float = 0.0  # of what a block adds; ours, for a small corpus: the paper has none
    batch: int = 2048  # of 2,048 tokens: Table 2, 4 million
    learning_rate: float = 3e-4
    warmup: int = 2000
    least: float = 0.1  # Sec. 2.3: the rate ends at a tenth of its peak
    beta2: float = 0.95
    weight_decay: float = 0.1
    clip: float = 1.0
    steps: int = 238_419  # 10^12 tokens

    def __post_init__(self):
        if self.d_model % (2 * self.heads):
            raise ValueError("d_model must be a multiple of twice the heads: RoPE turns pairs")


def vocabulary(text, characters, config):
    """Byte pairs learned on the training text; without merges, its characters (Sec. 2.1)."""
    return bpe.train([text], 256 + config.merges) if config.merges else characters


# -- the three changes of Sec. 2.2 ---------------------------------------------------------------


class RMSNorm(Module):
    """g x / sqrt(mean(x^2) + epsilon): no mean taken off, no bias (Zhang and Sennrich 2019)."""

    def __init__(self, width, epsilon):
        super().__init__()
        self.weight, self.epsilon = Parameter(torch.ones(width)), epsilon

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


def hidden_width(d_model, multiple):
    """Two thirds of 4 d (Sec. 2.2): three matrices for two; rounded up in the authors' code."""
    return -(-(8 * d_model // 3) // multiple) * multiple


class SwiGLU(Module):
    """(silu(x W_1) * x W_3) W_2, without biases (Shazeer 2020, Eq. 6)."""

    def __init__(self, config):
        super().__init__()
        d, f = config.d_model, hidden_width(config.d_model, config.multiple)
        self.w1, self.w3, self.w2 = matrix(d, f), matrix(d, f), matrix(f, d)

    def forward(self, x):
        gated = F.silu(self.w1(x)) * self.w3(x)  # (B, T, F)
        return self.w2(gated)  # (B, T, D)


def turns(start, end, width, base, device=None):
    """exp(i m theta_j) for places m from `start` to `end` and pairs j of a head's `width`, in
    float32 whatever the weights are: in bfloat16 places above 256 would fall together."""
    theta = base ** (-torch.arange(0, width, 2, device=device) / width)  # (K / 2)
    angles = torch.outer(torch.arange(start, end, device=device).float(), theta)  # (T, K / 2)
    return torch.polar(torch.ones_like(angles), angles)


def rope(x, turns):
    """Turn each pair (x_2j, x_2j+1) of `x` (B, T, 2 H, K) by the angle of its place (Su et al.
    2021, Eq. 15): a product of complex numbers. `turns` (T, K / 2). Any number of heads will do."""
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))  # (B, T, 2 H, K / 2)
    return torch.view_as_real(pairs * turns[:, None]).flatten(-2).type_as(x)  # (B, T, 2 H, K)


def matrix(columns, rows):
    """x W^T, as published: no bias anywhere."""
    return Linear(columns, rows, bias=False)


class Attention(Module):
    """Queries, keys and values from one product; queries and keys are turned by their place."""

    def __init__(self, config):
        super().__init__()
        d, self.heads = config.d_model, config.heads
        self.wqkv, self.wo = matrix(d, 3 * d), matrix(d, d)

    def forward(self, x, turns, hidden, kept=None, start=0):
        """`x` (B, T, D); `kept` (B, H, C, K): turned keys, and values, known up to `start`."""
        h, end = self.heads, start + x.shape[1]
        joined = self.wqkv(x).unflatten(-1, (3 * h, -1))  # (B, T, 3 H, K)
        qk, v = joined.split((2 * h, h), 2)
        q, k = rope(qk, turns).transpose(1, 2).chunk(2, 1)  # (B, H, T, K)
        v = v.transpose(1, 2)  # (B, H, T, K)
        if kept is not None:
            kept[0][:, :, start:end], kept[1][:, :, start:end] = k, v
            k, v = (x[:, :, :end] for x in kept)  # (B, H, S, K)
        y = attend(q, k, v, hidden)  # (B, H, T, K)
        return self.wo(y.transpose(1, 2).flatten(-2))  # (B, T, D)


class Block(Module):
    """h + Attention(RMSNorm(h)), then h + SwiGLU(RMSNorm(h))."""

    def __init__(self, config):
        super().__init__()
        norms = (RMSNorm(config.d_model, config.epsilon) for _ in range(2))
        self.attention_norm, self.ffn_norm = norms
        self.attention, self.feed_forward = Attention(config), SwiGLU(config)
        self.drop = Dropout(config.dropout)

    def forward(self, x, turns, hidden, kept=None, start=0):
        x = x + self.drop(self.attention(self.attention_norm(x), turns, hidden, kept, start))
        return x + self.drop(self.feed_forward(self.ffn_norm(x)))


class Llama(Module):
    """Token embedding, blocks, a last norm, a head of its own. No table of positions."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config = config
        self.tok_embeddings = Embedding(symbols, config.d_model)
        self.layers = ModuleList([Block(config) for _ in range(config.layers)])
        self.norm = RMSNorm(config.d_model, config.epsilon)
        self.output = matrix(config.d_model, symbols)
        self.initialise()

    def initialise(self):
        """Normal matrices, smaller by 1 / sqrt(2 N) where they add to the residual path: GPT-2,
        Sec. 2.3. Gains stay 1, biases, which deviations have, 0."""
        for name, p in self.named_parameters():
            smaller = math.sqrt(2 * self.config.layers) if name.endswith(SCALED) else 1
            if p.dim() > 1:
                torch.nn.init.normal_(p, std=self.config.std / smaller)
            elif name.endswith("bias"):
                torch.nn.init.zeros_(p)

    def embed(self, tokens, start):  # (B, T) -> (B, T, D)
        return F.embedding(tokens, self.tok_embeddings.weight)

    def forward(self, tokens, state=None):
        """Scores (B, T, V) of what follows each of `tokens` (B, T); writes the cache `state`."""
        start = 0 if state is None else state["tokens"].shape[1]
        end, c = start + tokens.shape[1], self.config
        x = self.embed(tokens, start)
        turned = turns(start, end, c.d_model // c.heads, c.base, x.device)
        hidden = None if end - start == 1 else barred(end)[start:].to(x)  # (T, S)
        for n, block in enumerate(self.layers):
            x = block(x, turned, hidden, state and (state[f"key.{n}"], state[f"value.{n}"]), start)
        if state is not None:
            state["tokens"] = torch.cat([state["tokens"], tokens], 1)
        return self.output(self.norm(x))

    def begin(self, tokens):
        """An empty cache for `tokens`' batch. All its tensors have the batch first."""
        c, empty = self.config, self.output.weight.new_zeros
        shape = (len(tokens), c.heads, c.context, c.d_model // c.heads)
        names = [f"{kind}.{n}" for n in range(c.layers) for kind in ("key", "value")]
        return {"tokens": tokens[:, :0], **{name: empty(shape) for name in names}}

    def read(self, tokens, state=None):
        """Scores (B, T, V) after each of `tokens`, which follow those read into `state`. That is
        written in place: to go on from it twice, copy its tensors. A full window's last half is
        read anew, from place 0: training knew no later places."""
        state, found = dict(state) if state else self.begin(tokens), []
        context = self.config.context
        while tokens.shape[1]:
            if state["tokens"].shape[1] == context:
                half = state["tokens"][:, context - context // 2 :]
                state["tokens"] = half[:, :0]
                if half.shape[1]:
                    self(half, state)
            fitting = tokens[:, : context - state["tokens"].shape[1]]
            found.append(self(fitting, state))
            tokens = tokens[:, fitting.shape[1] :]
        return torch.cat(found, 1), state


# -- published weights ---------------------------------------------------------------------------

THEIRS = {  # transformers' names -> the paper's authors'
    r"^model\.": "",
    r"^embed_tokens\.": "tok_embeddings.",
    r"^lm_head\.": "output.",
    r"self_attn\.([qkvo])_proj": r"attention.w\1",
    r"mlp\.gate_proj": "feed_forward.w1",
    r"mlp\.up_proj": "feed_forward.w3",
    r"mlp\.down_proj": "feed_forward.w2",
    r"input_layernorm": "attention_norm",
    r"post_attention_layernorm": "ffn_norm",
}


def pairs_together(weight, heads):
    """Rows of a head from halves (0, 2, ..., 1, 3, ...) to pairs: transformers permutes them."""
    return weight.unflatten(0, (heads, 2, -1)).transpose(1, 2).flatten(0, 2)  # (D, D)


def load_published(weights, heads=None, **config):
    """A Llama with published weights: {name: tensor}, the authors' names and pairs side by side,
    or transformers' names and halves; in evaluation mode. `heads`, without which heads have 128
    components as published, and `config` have what the weights do not tell.
    ValueError for strange or missing names, or shapes that do not fit."""
    named = {n: w for n, w in weights.items() if "rope.freqs" not in n and "rotary_emb" not in n}
    halves = any("self_attn" in name for name in named)
    for theirs, ours in THEIRS.items():
        named = {re.sub(theirs, ours, name): w for name, w in named.items()}
    if named.get("tok_embeddings.weight", torch.zeros(0)).dim() != 2:
        raise ValueError("no LLaMA weights: tok_embeddings.weight is missing or no matrix")
    symbols, d = named["tok_embeddings.weight"].shape
    heads = heads or max(1, d // 128)
    layers = len({name.split(".")[1] for name in named if name.startswith("layers.")})
    f = len(named.get("layers.0.feed_forward.w1.weight", " "))
    settled = Config(**{"d_model": d, "heads": heads, "layers": layers, "multiple": f, **config})
    for n in range(layers):  # one matrix for three
        parts = [named.pop(f"layers.{n}.attention.w{x}.weight", None) for x in "qkv"]
        if any(p is None or p.shape != (d, d) for p in parts):
            raise ValueError(f"layer {n} needs queries, keys and values of {d} rows and columns")
        q, k = (pairs_together(p, heads) if halves else p for p in parts[:2])
        named[f"layers.{n}.attention.wqkv.weight"] = torch.cat([q, k, parts[2]])
    with torch.device("meta"):
        net = Llama(settled, symbols)
    wanted = {name: p.shape for name, p in net.named_parameters()}
    if strange := sorted(wanted.keys() ^ named.keys()):
        raise ValueError(f"missing or strange: {', '.join(strange[:3])}")
    for name, shape in wanted.items():
        if named[name].shape != shape:
            raise ValueError(f"{name} must be {tuple(shape)}, not {tuple(named[name].shape)}")
    net.load_state_dict({n: w.clone() for n, w in named.items()}, assign=True)
    return net.eval()


# -- training ------------------------------------------------------------------------------------


def learning_rate(i, config):
    """Up linearly in `warmup` steps, then along a cosine down to a tenth (Sec. 2.3)."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    done = (i - config.warmup) / max(1, config.steps - config.warmup)
    above = (1 - config.least) * 0.5 * (1 + math.cos(math.pi * done))
    return config.learning_rate * (config.least + above)


class Learner:
    """The loop's body: windows, loss, gradients cut to `clip`, one step of AdamW."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = AdamW(groups(named, config.weight_decay), betas=(0.9, config.beta2))

    def step(self, tokens, i):
        """Learn from the i-th batch; its loss in nats per token."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        inputs, targets = batch(tokens, self.config, self.seed, i)
        value = loss(self.net(inputs), targets)
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
