"""How the claims of claims.py are measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from common.data.text import load_text, split
from common.data.translation import load_pairs
from common.evidence.claims import Equal, Exact, Pair, View
from common.paper import room
from papers.bpe.evidence import experiments, injections, twins
from papers.bpe.version1 import model as model1
from papers.bpe.version2 import model as model2

FIGURE1 = {"low": 1, "lowest": 1, "newer": 1, "wider": 1}
FIGURE1_MERGES = [("r", "</w>"), ("l", "o"), ("lo", "w"), ("e", "r</w>")]
MILLION = 1_000_000


def quiet(line: str) -> None:
    """Reports nothing."""


# -- exact --------------------------------------------------------------------------------------


def lower() -> Exact:
    """The out-of-vocabulary word of Fig. 1, by the figure's own merges."""
    alphabet = sorted(set("".join(FIGURE1)))
    segmenter = model1.Segmenter(alphabet, FIGURE1_MERGES)
    return Exact(" ".join(segmenter.segment("lower")), "low er</w>")


def first_merge() -> Exact:
    """Is the first merge of Fig. 1 one of a most frequent pair? Which, Algorithm 1 leaves open."""
    pairs = model1.pair_counts(model1.dictionary(" ".join(FIGURE1)))
    most = max(pairs.values())
    tied = sorted(" ".join(pair) for pair, count in pairs.items() if count == most)
    return Exact(pairs[FIGURE1_MERGES[0]], most, note=f"one of {len(tied)} tied: {', '.join(tied)}")


def gpt2_vocabulary() -> Exact:
    merges = model2.Config().merges
    return Exact(len(model2.BYTES) + merges + 1, 50_257)


def linear() -> Exact:
    """Look-ups for a million equal characters over those for a tenth of them."""
    full, part = (injections.look_ups(model2, n) for n in (MILLION, MILLION // 10))
    return Exact(full / part, 10.0, tolerance=0.01, note=f"{full:,} look-ups")


# -- equivalence --------------------------------------------------------------------------------


def same_ids_as_tiktoken() -> Equal:
    """Texts whose ids differ, of held-out verse, German captions and random Unicode."""
    theirs, ours = twins.cl100k()
    texts = twins.strings(1_000)
    texts += split(load_text(room("bpe").paper.dataset, report=quiet)).test.split("\n\n")
    texts += [german for _, german in load_pairs(report=quiet).test]
    texts += ["a" * 5_000, "<|endoftext|>", "abc" * 1_000]
    wrong = sum(twins.differs(theirs, ours, text) for text in texts)
    return Equal(float(wrong), 0.0, note=f"{len(texts):,} texts")


def same_vocabulary_as_tokenizers() -> Equal:
    """Ids whose tokens differ, of 4,096 learned from the training split, and held-out ids."""
    parts = split(load_text(room("bpe").paper.dataset, report=quiet))
    theirs = twins.trained_by_tokenizers(parts.train, 4_096)
    ours = model2.train([parts.train], 4_096)
    pairs = zip(theirs.encode(parts.test).ids, ours.encode(parts.test))
    wrong = twins.differing_tokens(theirs, ours) + sum(a != b for a, b in pairs)
    return Equal(float(wrong), 0.0)


def version1_equals_version2() -> Equal:
    """Merges that differ before the first tie, learned from the same words."""
    text = split(load_text(room("bpe").paper.dataset, report=quiet)).validation
    ones, twos = merges_before_a_tie(text)
    return Equal(float(sum(a != b for a, b in zip(ones, twos))), 0.0, note=f"{len(ones)} merges")


def merges_before_a_tie(text: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What both versions learn while one pair is the most frequent by itself."""
    end = chr(0x7FFFF)
    words = Counter(text.split())
    learner = model1.Learner(text)
    trainer = model2.Trainer({word + end: n for word, n in words.items()}, first=0x80000)
    ones, twos = [], []
    while True:
        counts = sorted(model1.pair_counts(learner.vocabulary).values())[-2:]
        if len(counts) < 2 or counts[0] == counts[1]:
            return ones, twos
        ones.append(learner.step()[0])
        pair = map(chr, trainer.step()[:2])
        spelled = (trainer.spelling.get(s, s).replace(end, model1.END) for s in pair)
        twos.append(tuple(spelled))


# -- directions ---------------------------------------------------------------------------------


def rows(better: str, worse: str, column: str):
    """An experiment: two rows of Table 1 on Multi30k, where less is better."""

    def experiment(seeds: Sequence[int]) -> Pair:
        tables = {seed: experiments.table(seed) for seed in seeds}
        sides = ({s: t[row][column] for s, t in tables.items()} for row in (better, worse))
        return Pair(*sides, sign=-1, note=experiments.note())

    return experiment


def merges_help(view: View) -> Pair:
    newest = room("bpe").newest
    return Pair(view.curve(newest, 10**9), view.curve(newest, 100), sign=-1)
