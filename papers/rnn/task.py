"""The exam of the room: predict the next character of held-out text.

Every version sits the same exam: bits per character on the whole test split. A version hands over
`predict(tokens (B, T), state) -> (log-probabilities (B, T, V), state)` in NumPy; `state=None` is
the beginning of a text.

The context rule: the split is cut into up to STREAMS streams of at least CONTEXT characters, which
are read side by side. Each stream first reads the CONTEXT characters before its own without being
scored, so every character of the split but the first is scored once, and with at least CONTEXT
characters of context where the split has them.
"""

from __future__ import annotations

import math
import re

import numpy as np

from common.data.text import Characters, load_text, split
from common.errors import UserError

STREAMS = 64
CONTEXT = 100
CURVE_CHARACTERS = 16_384  # of the validation split, for the points of the curve
SAMPLE_CHARACTERS = 600
SAMPLE_TEMPERATURE = 0.8
PIECE = 64  # characters per call of predict: bounds the memory of the probabilities


class Exam:
    """Splits, vocabulary, scoring and samples for one text."""

    def __init__(self, data: str, piece: int = 1):
        """`piece`: how many training characters one step of the version takes."""
        text = load_text(data, report=lambda line: None)
        parts = split(text)
        if len(parts.train) <= piece:
            raise UserError(
                f"{text.name} has {len(parts.train)} characters to train on, and one step takes "
                f"{piece}: lower the sequence or the batch."
            )
        self.vocabulary = Characters(text.text)
        self.symbols = len(self.vocabulary)
        self.train, self.validation, self.test = map(self.vocabulary.encode, parts)
        self.words = set(words(parts.train))

    def validate(self, predict) -> float:
        """Bits per character on the first part of the validation split, for the curve."""
        return bits(predict, self.validation[:CURVE_CHARACTERS]).mean()

    def finish(self, predict, seed: int) -> tuple[dict[str, float], list[str]]:
        """The final metrics, and one sample of text."""
        scores = bits(predict, self.test)
        begins, continues = self._word_positions()
        sample = self.sample(predict, seed)
        metrics = {
            "bits_per_character": scores.mean(),
            "validation_bits": bits(predict, self.validation).mean(),
            "word_start_bits": _mean(scores[begins]),
            "word_inside_bits": _mean(scores[continues]),
            "real_words": self.real_words(sample),
        }
        return {name: float(value) for name, value in metrics.items()}, [sample]

    def _word_positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the scored test characters: first letters of words, and letters inside them."""
        text = self.vocabulary.decode(self.test)
        letter = np.array([c.isalpha() for c in text])
        return letter[1:] & ~letter[:-1], letter[1:] & letter[:-1]

    def sample(self, predict, seed: int, length: int = SAMPLE_CHARACTERS) -> str:
        """Draw `length` characters at SAMPLE_TEMPERATURE, beginning after a line's end."""
        rng = np.random.default_rng(seed)
        start = "\n" if "\n" in self.vocabulary.symbols else self.vocabulary.symbols[0]
        token, state, drawn = self.vocabulary.encode(start)[0], None, []
        for _ in range(length):
            log_p, state = predict(np.array([[token]]), state)
            weights = np.exp(log_p[0, -1].astype(np.float64) / SAMPLE_TEMPERATURE)
            token = rng.choice(self.symbols, p=weights / weights.sum())
            drawn.append(token)
        return self.vocabulary.decode(drawn)

    def real_words(self, sample: str) -> float:
        """The share of the sample's words, but for the cut last, that the training text has."""
        found = words(sample)[:-1]
        return sum(word in self.words for word in found) / max(1, len(found))


def _mean(values: np.ndarray) -> float:
    return values.mean() if values.size else math.nan  # a text without words


def words(text: str) -> list[str]:
    """Runs of letters, lower-cased."""
    return re.findall(r"[a-z]+", text.lower())


def predictor(net):
    """`predict` for a torch version whose forward is `net(tokens, state) -> (scores, state)`."""
    import torch

    @torch.no_grad()
    def predict(tokens, state):
        scores, state = net(torch.as_tensor(tokens, device=net.b_h.device), state)
        return scores.float().log_softmax(-1).cpu().numpy(), state

    return predict


def bits(predict, tokens: np.ndarray) -> np.ndarray:
    """Bits of each character of `tokens` but the first, by the context rule above."""
    streams, length = stream_shape(len(tokens))
    # Stream s scores the targets s * length + 1 ... (s + 1) * length. The first stream has no
    # text before it, the last may end early: both ends are filled up and not scored.
    padded = np.pad(tokens, (CONTEXT, streams * length + 1 - len(tokens)), mode="edge")
    rows = np.stack([padded[s * length :][: CONTEXT + length + 1] for s in range(streams)])
    scored = [_stream_bits(predict, rows[:1, CONTEXT:], None)]
    if streams > 1:
        _, state = predict(rows[1:, :CONTEXT], None)
        scored.append(_stream_bits(predict, rows[1:, CONTEXT:], state))
    return np.concatenate(scored).ravel()[: len(tokens) - 1]


def stream_shape(size: int) -> tuple[int, int]:
    """How many streams a text of `size` characters is cut into, and their length."""
    streams = min(STREAMS, max(1, (size - 1) // CONTEXT))
    return streams, math.ceil((size - 1) / streams)


def _stream_bits(predict, rows: np.ndarray, state) -> np.ndarray:
    """Bits of rows[:, 1:], reading on from `state`."""
    pieces = []
    for start in range(0, rows.shape[1] - 1, PIECE):
        inputs = rows[:, start : start + PIECE + 1]
        log_p, state = predict(inputs[:, :-1], state)
        chosen = np.take_along_axis(log_p, inputs[:, 1:, None], axis=2)[..., 0]
        pieces.append(-chosen / math.log(2))
    return np.concatenate(pieces, axis=1)
