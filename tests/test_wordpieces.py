"""WordPiece beside `tokenizers`: the same words, the same pieces."""

from __future__ import annotations

import random
import unicodedata

import pytest

from common.data.text import load_text
from common.exams.wordpieces import SPECIALS, WordPieces, learn_pieces, read_vocabulary, words
from papers.bpe.version2.model import Trainer

tokenizers = pytest.importorskip("tokenizers")
STRANGE = [
    "Tokyo (東京) isn't naïve; $5.00 + 2^10 = [MASK]?", "a\tb\u00a0c\u2028d\x00e\ufffdf\u200bg",
    "İstanbul ΣΑΣ ǅ ß ﬁ Å", "x" * 100 + " " + "x" * 101, "", " \n", "don't—stop…「はい」한국어 ठीक",
]  # fmt: skip


@pytest.fixture(scope="module")
def text():
    return load_text("tinyshakespeare", report=lambda line: None).text[:300_000]


@pytest.fixture(scope="module")
def pieces(text):
    return learn_pieces(text.split("\n"), 1_000, Trainer)


def theirs(pieces):
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer

    made = tokenizers.Tokenizer(WordPiece(pieces.ids, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    return made


def drawn(seed: int) -> str:
    """Characters of all planes that Unicode 13 had named, so that no table of theirs is older."""
    rng = random.Random(seed)
    old = unicodedata.ucd_3_2_0
    found = (chr(rng.randrange(0x30000)) for _ in range(400))
    return "".join(c + " a"[rng.randrange(2)] for c in found if old.category(c)[0] not in "C")


def test_pieces_are_those_of_tokenizers(text, pieces):
    other = theirs(pieces)
    for line in [*text.split("\n")[:3_000], *STRANGE]:
        assert pieces.encode(line) == other.encode(line).ids, line


@pytest.mark.parametrize("seed", range(20))
def test_words_are_those_of_tokenizers_whatever_the_characters(seed, pieces):
    other = theirs(pieces)
    line = drawn(seed)
    normal = other.normalizer.normalize_str(line)
    wanted = [word for word, _ in other.pre_tokenizer.pre_tokenize_str(normal)]
    assert words(line) == wanted


def test_the_vocabulary_is_that_of_their_trainer_but_for_ties(text):
    """Both merge the most frequent pair; where several are, they may choose differently."""
    from tokenizers.trainers import WordPieceTrainer

    lines = text.split("\n")
    other = theirs(WordPieces(SPECIALS))
    other.train_from_iterator(lines, WordPieceTrainer(vocab_size=600, special_tokens=[*SPECIALS]))
    ours, wanted = set(learn_pieces(lines, 600, Trainer).pieces), set(other.get_vocab())
    assert len(wanted) == len(ours) == 600 and len(ours & wanted) > 0.97 * 600


def test_pieces_join_to_the_words_again(pieces):
    assert pieces.decode(pieces.encode("Thou art mad, unkindly")) == "thou art mad , unkindly"


def test_a_published_vocabulary_is_read_line_by_line(pieces):
    again = read_vocabulary("\n".join(pieces.pieces) + "\n")
    assert again.pieces == pieces.pieces and again.mask == pieces.mask == 4


def test_what_has_no_special_pieces_is_refused():
    with pytest.raises(ValueError, match=r"\[CLS\], \[SEP\], \[MASK\] is missing"):
        read_vocabulary("[PAD]\n[UNK]\na\n")
