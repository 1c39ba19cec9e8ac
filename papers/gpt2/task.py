"""The exam of the room: predict the next token of held-out text, counted in bits per character.

Every version sits the same exam, whatever its tokens are: bits per character on the whole test
split. A version hands over a vocabulary (`encode(text)`, `decode(ids)`, `len`) and
`predict(tokens (B, T), state) -> (log-probabilities (B, T, V), state)` in NumPy; `state=None` is
the beginning of a text.

The context rule: windows of `context` tokens, each beginning half a window after the one before,
of which only the last half is scored. So every token of the split but the first is scored once,
and with at least half a window before it where the split has it.
"""

from __future__ import annotations

import math

import numpy as np

from common.data.text import Characters, load_text, split
from common.errors import UserError

CURVE_CHARACTERS = 2_048  # of the validation split, for the points of the curve
SAMPLE_CHARACTERS = 600
SAMPLE_TEMPERATURE = 0.8
ROWS = 64  # windows per call of predict: bounds the memory of the probabilities


class Exam:
    """Splits, vocabulary, scoring and samples for one text."""

    def __init__(self, data: str, context: int, vocabulary):
        """`vocabulary(training text, characters)` makes the version's own, or gives back these."""
        text = load_text(data, report=lambda line: None)
        self.parts, self.context = split(text), context
        self.vocabulary = vocabulary(self.parts.train, Characters(text.text))
        self.symbols = len(self.vocabulary)
        self.train = np.asarray(self.vocabulary.encode(self.parts.train))
        if len(self.train) <= context + 1:
            raise UserError(
                f"{text.name} has {len(self.train)} tokens to train on, and a window takes "
                f"{context + 1}: lower the context."
            )

    def validate(self, predict) -> float:
        """Bits per character on the first part of the validation split, for the curve."""
        return self.score(predict, self.parts.validation[:CURVE_CHARACTERS])

    def score(self, predict, text: str) -> float:
        """Bits per character of `text` by the context rule."""
        tokens = np.asarray(self.vocabulary.encode(text))
        unscored = len(self.vocabulary.decode(tokens[:1]))  # nothing predicts the first token
        return float(bits(predict, tokens, self.context).sum() / (len(text) - unscored))

    def finish(self, predict, seed: int) -> tuple[dict[str, float], list[str]]:
        """The final metrics, and one sample of text."""
        tokens = np.asarray(self.vocabulary.encode(self.parts.test))
        fresh = fresh_bits(predict, tokens, self.context)
        quarter = max(1, self.context // 4)
        characters = len(self.vocabulary.decode(tokens[1 : fresh.size + 1]))
        metrics = {
            "bits_per_character": self.score(predict, self.parts.test),
            "validation_bits": self.score(predict, self.parts.validation),
            "fresh_window_bits": fresh.sum() / characters if characters else math.nan,
            "second_quarter_bits": _mean(fresh[:, quarter : 2 * quarter]),
            "last_quarter_bits": _mean(fresh[:, -quarter:]),
        }
        metrics = {name: float(value) for name, value in metrics.items()}
        return metrics, [self.sample(predict, seed)]

    def sample(self, predict, seed: int, length: int = SAMPLE_CHARACTERS) -> str:
        """Draw `length` characters at SAMPLE_TEMPERATURE, beginning after a line's end."""
        rng = np.random.default_rng(seed)
        start = "\n" if "\n" in self.parts.train else self.parts.train[0]
        token, state, text = self.vocabulary.encode(start)[0], None, ""
        drawn: list[int] = []
        while len(text) < length:
            log_p, state = predict(np.array([[token]]), state)
            weights = np.exp(log_p[0, -1].astype(np.float64) / SAMPLE_TEMPERATURE)
            token = int(rng.choice(self.symbols, p=weights / weights.sum()))
            drawn.append(token)
            if len(drawn) >= length or len(drawn) % 50 == 0:
                text = self.vocabulary.decode(drawn)  # of all: a character may span tokens
        return text[:length]


def _mean(values: np.ndarray) -> float:
    return values.mean() if values.size else math.nan  # a text shorter than a window


def bits(predict, tokens: np.ndarray, context: int) -> np.ndarray:
    """Bits of each token of `tokens` but the first, by the context rule above."""
    targets, step = len(tokens) - 1, max(1, context // 2)
    windows = 1 + max(0, math.ceil((targets - context) / step))
    padded = np.pad(tokens, (0, (windows - 1) * step + context - targets), mode="edge")
    rows = np.stack([padded[w * step :][: context + 1] for w in range(windows)])
    scored = window_bits(predict, rows)  # (windows, context)
    return np.concatenate([scored[0], scored[1:, -step:].ravel()])[:targets]


def fresh_bits(predict, tokens: np.ndarray, context: int) -> np.ndarray:
    """Bits in whole windows that begin from nothing, as nanoGPT measures: (windows, context)."""
    starts = context * np.arange((len(tokens) - 1) // context)
    if not starts.size:
        return np.zeros((0, context))
    return window_bits(predict, tokens[starts[:, None] + np.arange(context + 1)])


def window_bits(predict, rows: np.ndarray) -> np.ndarray:
    """Bits of rows[:, 1:], each row read by itself."""
    found = []
    for start in range(0, len(rows), ROWS):
        piece = rows[start : start + ROWS]
        log_p, _ = predict(piece[:, :-1], None)
        chosen = np.take_along_axis(log_p, piece[:, 1:, None], axis=2)[..., 0]
        found.append(-chosen / math.log(2))
    return np.concatenate(found)


def predictor(net):
    """`predict` for a torch version with `net.read(tokens, state) -> (scores, state)`."""
    import torch

    device = next(net.parameters()).device

    @torch.no_grad()
    def predict(tokens, state):
        learning = net.training
        net.eval()
        scores, state = net.read(torch.as_tensor(tokens, device=device), state)
        net.train(learning)
        return scores.float().log_softmax(-1).cpu().numpy(), state

    return predict
