"""ELECTRA, Clark et al. 2020 (arXiv:2003.10555), version 1: a first reading.

Two nets that share nothing, of basic operations; layers, optimizer and the phases' loop are those
of the first version of papers/bert. Its mistakes are those of ports, and are kept:
papers/electra/evidence/deviations.py names them.

Shapes:  B batch, T tokens, D = d_model, G width of the generator, V pieces, M gaps, Y classes.
"""

from dataclasses import dataclass, replace

import torch
from torch.nn import Module, ModuleList

from papers.bert.version1 import model as bert
from papers.bert.version1.model import APART, PAD, gelu, matrix, nats, norm, vector
from papers.transformer.version2.model import dropout

SPECIAL = 5  # pieces, numbered first, that are never hidden


@dataclass(frozen=True)
class Config(bert.Config):  # defaults: ELECTRA-Small, App. A (Table 6); fine-tuning App. B
    context: int = 128
    d_model: int = 256
    heads: int = 4
    generator: float = 0.25  # its width, as a part of the discriminator's
    weight: float = 50.0  # of the discriminator's loss: lambda in Sec. 2
    batch: int = 128
    learning_rate: float = 5e-4
    tune_rate: float = 3e-4


def smaller(config):
    """The generator's own config: narrower, heads as wide as the discriminator's (Sec. 3.2)."""
    heads = max(1, round(config.heads * config.generator))
    return replace(config, d_model=round(config.d_model * config.generator), heads=heads)


def hide(tokens, pieces, share):
    """Text with gaps for the generator, and the targets, -1 where there are none: both (B, T). Of
    what was chosen, 80 % become [MASK], 10 % any piece, 10 % stay, as in BERT."""
    chosen = (torch.rand(tokens.shape, device=tokens.device) < share) & (tokens >= SPECIAL)
    lot = torch.rand(tokens.shape, device=tokens.device)
    seen = torch.where(chosen & (lot < 0.9), torch.randint_like(tokens, len(pieces)), tokens)
    seen = torch.where(chosen & (lot < 0.8), pieces.index("[MASK]"), seen)
    return seen, torch.where(chosen, tokens, -1)


class Body(Module):
    """Sum of embeddings, and layers."""

    def __init__(self, config, pieces):
        super().__init__()
        self.p, d = config.dropout, config.d_model
        self.tokens, self.positions = matrix(config, pieces, d), matrix(config, config.context, d)
        self.segments, self.norm = matrix(config, 2, d), norm(config)
        self.layers = ModuleList([bert.Layer(config) for _ in range(config.layers)])

    def encode(self, tokens):  # (B, T) -> (B, T, D)
        x = self.tokens[tokens] + self.positions[: tokens.shape[1]] + self.segments[0]
        x = dropout(self.norm(x), self.p, self.training)
        for layer in self.layers:
            x = layer(x, tokens == PAD)
        return x


class Generator(Body):
    """A small BERT: what stood in the gaps?"""

    def __init__(self, config, pieces):
        super().__init__(config, pieces)
        d = config.d_model
        self.w_turn, self.b_turn, self.turned = matrix(config, d, d), vector(d), norm(config)
        self.b_pieces = vector(pieces)

    def forward(self, seen, at):  # twice (B, T) -> (M, V)
        """Scores where `at` says so: at all places they would cost more than all else."""
        x = self.turned(gelu(self.encode(seen)[at] @ self.w_turn + self.b_turn))  # (M, G)
        return x @ self.tokens.T + self.b_pieces  # (M, V): its own embedding once more


class Discriminator(Body):
    """Which tokens were replaced? And, fine-tuned: of which class is the text?"""

    def __init__(self, config, pieces, classes):
        super().__init__(config, pieces)
        d = config.d_model
        self.w_turn, self.b_turn = matrix(config, d, d), vector(d)
        self.w_mark, self.b_mark = matrix(config, d, 1), vector(1)
        self.w_classes, self.b_classes = matrix(config, d, classes), vector(classes)

    def marks(self, tokens):  # (B, T) -> (B, T)
        """sigmoid^-1 of how likely each token is to be a replaced one."""
        x = gelu(self.encode(tokens) @ self.w_turn + self.b_turn)  # (B, T, D)
        return (x @ self.w_mark + self.b_mark)[..., 0]  # (B, T)

    def forward(self, tokens):  # (B, T) -> (B, Y)
        x = dropout(self.encode(tokens)[:, 0], self.p, self.training)  # (B, D)
        return x @ self.w_classes + self.b_classes  # (B, Y)


def draw(scores):
    """A piece for each gap, by softmax: where the probabilities so far reach a random number."""
    reached = scores.detach().softmax(-1).cumsum(-1)  # (M, V): no gradient comes back
    lot = torch.rand(len(scores), 1, device=scores.device)  # (M, 1)
    return (reached < lot).sum(-1).clamp(max=scores.shape[-1] - 1)  # (M,)


def surprise(marks, replaced):
    """-log of what the sigmoid of `marks` (B, T) gives to the truth `replaced` (B, T)."""
    return marks.clamp(min=0) - marks * replaced + (-marks.abs()).exp().log1p()


class ELECTRA(Module):
    """The pair (Sec. 2)."""

    def __init__(self, config, pieces, classes=2):
        super().__init__()
        self.discriminator = Discriminator(config, pieces, classes)
        self.generator = Generator(smaller(config), pieces)

    def forward(self, tokens, targets=None):
        """Scores of the classes. With `targets` (B, T), -1 where nothing was hidden, the `tokens`
        (B, T) have gaps, and each row gives the sums of nats over what the generator foretold and
        over what the discriminator marked, and how many tokens these were."""
        if targets is None:
            return self.discriminator(tokens)  # (B, Y)
        at = targets >= 0  # (B, T)
        scores = self.generator(tokens, at)  # (M, V)
        told = torch.zeros_like(tokens, dtype=scores.dtype)  # (B, T)
        told[at] = nats(scores, targets[at])  # (M,)
        corrupted = tokens.clone()  # (B, T)
        corrupted[at] = draw(scores)  # (M,)
        here = (tokens != PAD).float()  # (B, T)
        marked = surprise(self.discriminator.marks(corrupted), at.float()) * here  # (B, T)
        return torch.stack([told.sum(1), marked.sum(1), here.sum(1)], 1)  # (B, 3)


class Learner(bert.Learner):
    """One phase: pre-training, or with `tuning` so many steps of fine-tuning."""

    def losses(self, tokens):
        """Of `tokens` (B, T), gaps and what is put there drawn anew: nats per gap of the generator,
        per token of the discriminator, and what is minimised."""
        seen, targets = hide(tokens, self.vocabulary, self.config.share)  # (B, T), (B, T)
        told, marked, counts = self.net(seen, targets).unbind(1)  # (B,)
        generator = told.sum() / (targets >= 0).sum().clamp(min=1)
        discriminator = marked.sum() / counts.sum()
        value = generator + self.config.weight * discriminator
        return {"loss": value, "generator": generator, "discriminator": discriminator}

    @torch.no_grad()
    def held_out(self, batches):
        """The means over batches of rows that are not learned from, always with the same gaps."""
        torch.manual_seed(0)
        self.net.eval()
        found = [self.losses(tokens) for tokens in batches]
        self.net.train()
        names = ("generator", "discriminator")
        return {f"{n}_nats": sum(x[n].item() for x in found) / len(found) for n in names}

    def pretrain(self, tokens, i):
        torch.manual_seed(self.seed * APART + i)  # of gaps, draws, dropout: so after a restart
        found = self.losses(tokens)
        self.descend(found["loss"], i)
        return {name: value.detach() for name, value in found.items()}
