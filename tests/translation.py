"""What the rooms that translate share in their `tests/exam.py`: small parts of the exam of
common/exams/translation.py, and its scores again, by plain loops."""

from __future__ import annotations

import random

import numpy as np
import sacrebleu
import torch

from common.data.translation import Pairs
from common.exams import search, translation
from common.exams.pairs import AT_ONCE, BEGIN, END
from papers.bpe.version2 import model as bpe

LEXICON = {"One": "Ein", "two": "zwei", "Dogs": "Hunde", "cat": "Katze", "see": "sehen"}
SIZES = {"train": 300, "validation": 60, "test": 60}


def translation_part(name, seed):
    """Sentences that are translated word for word. Every fourth has a word that no other part has;
    every tenth is long, and in training too long to be learned from."""
    rng, pairs = random.Random(f"{name} {seed}"), []
    for i in range(SIZES[name]):
        english = rng.choices(list(LEXICON), k=rng.randint(2, 5) + 40 * (i % 10 == 9))
        german = [LEXICON[word] for word in english]
        if i % 4 == 0:
            german[0] = f"{name.title()}{i // 12}"
        pairs.append((" ".join(english) + ".", " ".join(german) + "."))
    return tuple(pairs)


def place_pairs(parts, folder, monkeypatch):
    """In the place of Multi30k."""
    made = Pairs("multi30k", "0" * 64, None, **parts)
    monkeypatch.setattr(translation, "load_pairs", lambda name, report: made)
    return "multi30k"


def translation_scores(net, parts):
    """Sentence by sentence and token by token, of all test sentences; BLEU by sacrebleu, against
    the sentences as given."""
    texts = [f" {side}" for e, g in parts["train"] for side in (e.lower(), g)]
    tokenizer = bpe.train(texts, 2_000)
    nats, count, found = 0.0, 0, {1: [], 4: []}
    for english, german in parts["test"]:
        source = [3 + i for i in tokenizer.encode(" " + english.lower())]
        target = [BEGIN, *(3 + i for i in tokenizer.encode(" " + german)), END]
        rows = torch.as_tensor(net.scores(np.array([source]), np.array([target[:-1]])))[0]
        for row, wanted in zip(rows.double(), target[1:], strict=True):
            nats += float(row.exp().sum().log() - row[wanted])
            count += 1
        for beam, sentences in found.items():
            (row,) = search.translate(net, np.array([source]), beam, 0.6)
            sentences.append(tokenizer.decode([i - 3 for i in row if i >= 3]).strip())
    references = [german for _, german in parts["test"]]
    return {
        "nats_per_token": nats / count,
        "bleu_greedy": bleu(found[1], references),
        "bleu": bleu(found[4], references),
    }


class Filled:
    """A net whose sources are all filled up to one length, as in the exam's only batch of so few
    sentences: for versions that read or look at padding, so that answers depend on it."""

    def __init__(self, net, exam):
        sources = exam.pairs["test"][0]
        assert len(sources) <= AT_ONCE
        self.net, self.length, self.step = net, sources.shape[1], net.step

    def fill(self, source):
        return np.pad(source, ((0, 0), (0, self.length - source.shape[1])))

    def scores(self, source, inputs):
        return self.net.scores(self.fill(source), inputs)

    def start(self, source):
        return self.net.start(self.fill(source))


def bleu(ours, references):
    return sacrebleu.corpus_bleu(ours, [references]).score


WORD_FOR_WORD = {"one": "ein", "two": "zwei", "dogs": "Hunde", "cats": "Katzen", "see": "sehen"}


def pairs_file(folder, count=400):
    """Sentences whose translation is word for word."""
    rng, names = np.random.default_rng(0), list(WORD_FOR_WORD)
    lines = []
    for _ in range(count):
        english = [names[i] for i in rng.integers(len(names), size=rng.integers(2, 5))]
        lines.append(f"{' '.join(english)}\t{' '.join(WORD_FOR_WORD[w] for w in english)}")
    path = folder / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)
