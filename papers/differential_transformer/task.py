"""The exam of the room: which value did the text give to a key, some way back?

Text of Shakespeare is the noise. Into each stretch of it NEEDLES are put, `<c=5>`: the key c has
the value 5. All keys of a stretch differ. In its second half QUESTIONS follow, `<c?>`, each with
its answer, `<5>`. A needle, a question and an answer are a token each, all else are characters.
So at a question exactly one token of the context matters; the other needles are distractors, and
the text is noise (Sec. 3.4 of the paper asks for the magic numbers of cities so).

A version hands over two functions of tokens (B, T):
    scores(tokens)   scores (B, T, V) of what follows each token
    look(tokens)     for each layer: scores before the softmax, weights of the values, both
                     (B, H, T, T), and states (B, T, D) behind the block
Stretches of the validation and the test split are the same for all; training ones are drawn anew
in each step.

Shapes: B stretches, T tokens, Q questions, L characters, N needles, H maps, D width,
        V tokens known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from common.data.text import Characters, load_text, split

KEYS, VALUES = "abcdefghijklmnop", "01234567"
NEEDLES, QUESTIONS = 12, 8
LENGTH = 96  # tokens of a stretch
TESTED, CURVE = 512, 64  # stretches of the test and of the validation split
QUICK = 4  # so many times fewer of them in the smoke profile
AT_ONCE = 64  # stretches that are read together
PIECE = re.compile(rf"<([{KEYS}])=([{VALUES}])>|<([{KEYS}])\?>|<([{VALUES}])>")

Scores = Callable[[Tensor], Tensor]
Look = Callable[[Tensor], Iterable[tuple[Tensor, Tensor, Tensor]]]


class Vocabulary:
    """Characters, then needles, questions and answers, a token each."""

    def __init__(self, characters: Characters):
        self.characters = characters
        self.needle = len(characters)
        self.question = self.needle + len(KEYS) * len(VALUES)
        self.answer = self.question + len(KEYS)
        needles = (f"<{key}={value}>" for key in KEYS for value in VALUES)
        asked, answers = (f"<{key}?>" for key in KEYS), (f"<{value}>" for value in VALUES)
        self.pieces = [*needles, *asked, *answers]
        self.numbers = {piece: self.needle + i for i, piece in enumerate(self.pieces)}

    def __len__(self) -> int:
        return self.answer + len(VALUES)

    def encode(self, text: str) -> list[int]:
        """Tokens of a text. UserError for a character that the training text lacks."""
        found, end = [], 0
        for match in PIECE.finditer(text):
            found += [*self.characters.encode(text[end : match.start()]), self.numbers[match[0]]]
            end = match.end()
        return [int(token) for token in (*found, *self.characters.encode(text[end:]))]

    def decode(self, ids: Iterable[int]) -> str:
        n = self.needle
        return "".join(
            self.pieces[i - n] if i >= n else self.characters.decode([i]) for i in map(int, ids)
        )


@dataclass(frozen=True)
class Stretches:
    """Tokens (B, T), of which those below `words` are characters; the places of questions (B, Q),
    and of the needles that answer them (B, Q)."""

    tokens: Tensor
    words: int
    asked: Tensor
    found: Tensor

    @property
    def text(self) -> Tensor:
        """Whether what follows a token is a character: (B, T - 1)."""
        return self.tokens[:, 1:] < self.words


class Exam:
    """Batches and scoring for one text and one seed."""

    def __init__(self, data: str, seed: int = 0, device: str = "cpu", quick: bool = False):
        """UserError for a text whose parts are shorter than a stretch."""
        self.seed, self.device = seed, device
        text = load_text(data, report=lambda line: None)
        parts = split(text)
        characters = Characters(text.text)
        self.vocabulary = Vocabulary(characters)
        self.symbols = len(self.vocabulary)
        self.parts = {
            name: torch.tensor([int(i) for i in characters.encode(part)])
            for name, part in parts._asdict().items()
        }
        shrink = QUICK if quick else 1
        self.test = self.fixed("test", TESTED // shrink)
        self.validation = self.fixed("validation", CURVE // shrink)

    @property
    def start(self) -> str:
        """What stands before a text that begins from nothing: the end of a line."""
        return self.vocabulary.decode([0])

    def fixed(self, name: str, count: int) -> Stretches:
        """Stretches of a held-out part, the same for every version and seed."""
        return self.draw(name, count, torch.Generator().manual_seed(2**40 + count))

    def batch(self, i: int, size: int) -> Stretches:
        """The i-th batch to learn from."""
        rng = torch.Generator().manual_seed(self.seed * 1_000_003 + i)
        return self.draw("train", size, rng)

    def draw(self, name: str, count: int, rng: torch.Generator) -> Stretches:
        """Stretches with needles in their first half, questions in their second."""
        text, words = self.parts[name], self.vocabulary
        length = LENGTH - NEEDLES - 2 * QUESTIONS
        starts = torch.randint(len(text) - length, (count, 1), generator=rng)
        haystack = text[starts + torch.arange(length)]  # (B, L)
        keys = chosen(count, len(KEYS), NEEDLES, rng)  # (B, N)
        values = torch.randint(len(VALUES), (count, NEEDLES), generator=rng)  # (B, N)
        which = chosen(count, NEEDLES, QUESTIONS, rng)  # (B, Q): no needle is asked for twice
        # Among characters, needles and questions with their answers; an answer takes a place more.
        places = length + NEEDLES + QUESTIONS
        half = places // 2
        needles = chosen(count, half, NEEDLES, rng).sort(1)[0]  # (B, N)
        asked = half + chosen(count, places - half, QUESTIONS, rng).sort(1)[0]  # (B, Q)
        asked = asked + torch.arange(QUESTIONS)  # (B, Q)
        tokens = torch.full((count, LENGTH), -1)  # (B, T)
        tokens.scatter_(1, needles, words.needle + keys * len(VALUES) + values)
        tokens.scatter_(1, asked, words.question + keys.gather(1, which))
        tokens.scatter_(1, asked + 1, words.answer + values.gather(1, which))
        tokens[tokens < 0] = haystack.flatten()
        made = (tokens, asked, needles.gather(1, which))
        tokens, asked, found = (tensor.to(self.device) for tensor in made)
        return Stretches(tokens, words.needle, asked, found)

    @torch.no_grad()
    def nats(self, scores: Scores, stretches: Stretches) -> tuple[Tensor, Tensor]:
        """Nats of each token but the first (B, T - 1), and whether it is the likeliest."""
        parts = []
        for tokens in stretches.tokens.split(AT_ONCE):
            log_p = scores(tokens[:, :-1]).double().log_softmax(-1)
            next_one = tokens[:, 1:, None]
            parts.append((-log_p.gather(2, next_one)[..., 0], log_p.argmax(2) == next_one[..., 0]))
        nats, right = (torch.cat(found).cpu() for found in zip(*parts, strict=True))
        return nats, right

    def judge(self, scores: Scores, stretches: Stretches) -> dict[str, float]:
        """Wrong answers in percent, bits per answer and bits per character of the text."""
        nats, right = self.nats(scores, stretches)
        asked, text = stretches.asked.cpu(), stretches.text.cpu()
        return {
            "wrong_answers": 100 * (~right.gather(1, asked)).double().mean().item(),
            "answer_bits": nats.gather(1, asked).mean().item() / math.log(2),
            "text_bits": nats[text].mean().item() / math.log(2),
        }

    def validate(self, scores: Scores) -> float:
        """Wrong answers of the validation stretches, %, for the curve."""
        return self.judge(scores, self.validation)["wrong_answers"]

    def finish(self, scores: Scores, look: Look) -> tuple[dict[str, float], list[str]]:
        """The final metrics. There is no sample."""
        metrics = self.judge(scores, self.test)
        metrics["validation_wrong"] = self.validate(scores)
        return metrics | self.inside(look, self.test), []

    @torch.no_grad()
    def inside(self, look: Look, stretches: Stretches) -> dict[str, float]:
        """How much of the attention at questions goes to the right needle, %: of absolute weights,
        the mean over all maps and layers, and in the map that does best. And the largest absolute
        score before a softmax, and state."""
        shares, scores, states = [], 0.0, 0.0
        fields = (stretches.tokens, stretches.asked, stretches.found)
        for tokens, asked, found in zip(*(each.split(AT_ONCE) for each in fields), strict=True):
            mask = torch.ones(2 * [tokens.shape[1]], dtype=torch.bool, device=tokens.device).tril()
            of_layers = []
            for before, weights, state in look(tokens):
                scores = max(scores, before.float()[..., mask].abs().max().item())
                states = max(states, state.float().abs().max().item())
                rows = weights.float().abs().gather(2, spread(asked, weights))  # (B, H, Q, T)
                on_needle = rows.gather(3, found[:, None, :, None].expand(*rows.shape[:3], 1))
                of_layers.append((on_needle[..., 0] / rows.sum(3)).mean(2))  # (B, H)
            shares.append(torch.cat(of_layers, 1).double().cpu())
        share = 100 * torch.cat(shares).mean(0)
        return {
            "needle_share": share.mean().item(),
            "best_needle_share": share.max().item(),
            "largest_score": scores,
            "largest_state": states,
        }


def spread(asked: Tensor, weights: Tensor) -> Tensor:
    """Places as an index of rows of `weights`: (B, Q), (B, H, T, T) -> (B, H, Q, T)."""
    return asked[:, None, :, None].expand(-1, weights.shape[1], -1, weights.shape[3])


def chosen(count: int, among: int, number: int, rng: torch.Generator) -> Tensor:
    """For each of `count` rows, `number` different ones of 0 to `among` - 1, in random order."""
    return torch.rand(count, among, generator=rng).argsort(1)[:, :number]
