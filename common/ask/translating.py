"""How a room that sits the exam of translation is asked: an English sentence in, its German
translation out, token after token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from common.ask.generation import write
from common.ask.writer import Attention, Settings, Translator
from common.errors import UserError
from common.exams.pairs import BEGIN, END, PAD
from common.exams.search import ALPHA, BEAM
from common.exams.translation import POSITIONS, SPECIAL, TranslationExam

DEFAULTS = Settings(max_tokens=100, beam=BEAM, length_penalty=ALPHA)


def translator(exam: TranslationExam, net, attend=None) -> Translator:
    """`net` as in the exam; `attend(source (1, S), inputs (1, T))` runs it and returns its weights.

    They come as (name, side, side of the keys, (heads, T, S)); a side is "source" or "target".
    """

    def encode(prompt: str) -> list[int]:
        source = exam.tokens(prompt.lower())
        if not 0 < len(source) <= POSITIONS:
            raise UserError(
                f"give an English sentence of 1 to {POSITIONS} byte pairs to translate,"
                f" not of {len(source)}."
            )
        return source

    def read(tokens, state):
        if state is None:
            cache, prefix = net.start(tokens), np.full((len(tokens), 1), BEGIN)
        else:
            cache, prefix = dict(state[0]), np.concatenate([state[1], tokens], axis=1)
        scores = net.step(cache, prefix)  # fills the cache
        scores[:, [PAD, BEGIN]] = -np.inf
        return scores, (cache, prefix)

    def maps(prompt: str) -> list[Attention]:
        source, target = encode(prompt), [BEGIN, *write(made, [prompt], DEFAULTS)[0]]
        sides = {"source": shown(exam, source), "target": shown(exam, target)}
        # pyrefly: ignore[not-callable]  # without `attend` nobody is given this function
        found = attend(np.array([source]), np.array([target]))
        return [Attention(name, sides[q], sides[k], weights) for name, q, k, weights in found]

    made = Translator(
        encode=encode,
        decode=exam.decode,
        next=read,
        defaults=DEFAULTS,
        end=END,
        longest=POSITIONS,
        attend=maps if attend else None,
    )
    return made


def shown(exam: TranslationExam, tokens: Sequence[int]) -> list[str]:
    """Tokens for the eye: words without the space before them, and with @@ where they go on."""
    texts = [
        SPECIAL[token] if token < len(SPECIAL) else exam.tokenizer.decode([token - len(SPECIAL)])
        for token in tokens
    ]
    goes_on = [after[:1].isalnum() for after in texts[1:]] + [False]
    marks = ["@@" * (on and text[-1:].isalnum()) for text, on in zip(texts, goes_on)]
    return [(text.lstrip() or text) + mark for text, mark in zip(texts, marks)]
