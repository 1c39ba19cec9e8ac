"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math
import random
import re

CHANGES = {"version1": {}, "version2": {"documents": "tfc", "queries": "tfx"}}
OTHER = ("validation_mrr", "lead_mrr", "terms", "postings")
LONGER: dict = {}
ARTICLES, PARAGRAPHS = 6, 21  # 20 are numbered: the first of an article is not
WORDS = [a + b + c for a in "bdfgklmn" for b in "aeiou" for c in "bdst"]


def sentence(rng, topic, length):
    words = [rng.choice(topic if rng.random() < 0.4 else WORDS) for _ in range(length)]
    return " ".join(words).capitalize() + "."


def paragraphs(seed, count, article):
    """Paragraphs of two sentences, with words that the article prefers."""
    rng, topic = random.Random(seed), random.Random(f"topic {article}").sample(WORDS, 12)
    return [f"{sentence(rng, topic, 9)} {sentence(rng, topic, 12)}" for _ in range(count)]


def part(name, seed):
    """By article, its paragraphs: of the numbered ones every tenth is a test, and every tenth a
    validation."""
    count = {"train": PARAGRAPHS - 4, "validation": 2, "test": 2}[name]
    return [paragraphs(f"{name} {seed} {i}", count, i) for i in range(ARTICLES)]


def place(parts, folder, monkeypatch):
    """The articles as a user's own file, in WikiText."""
    blocks = []
    for i in range(ARTICLES):
        train, validation, test = (iter(parts[n][i]) for n in ("train", "validation", "test"))
        blocks += [f"= Article {i} =", next(train), "= = A heading = ="]
        for number in range(PARAGRAPHS - 1):
            chosen = {0: test, 5: validation}.get(number % 10, train)
            blocks.append(next(chosen))
    path = folder / "articles.txt"
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return str(path)


def scores(version, exam, index, parts):
    """Plain loops: tf-idf by the version's own formulas, rank by rank."""
    letters = {"version1": r"\b\w\w+\b", "version2": r"\w+"}[version]

    def words(text):
        return re.findall(letters, text.lower())

    def first(paragraph):
        return paragraph[: paragraph.index(". ") + 1]

    documents = []
    for article in parts["train"]:
        lead = article[0]
        documents.append(words("\n".join([lead[len(first(lead)) :], *article[1:]])))

    def idf(texts, word):
        n = sum(word in text for text in texts)
        if version == "version1":
            return 1 + math.log10(len(texts) / n)
        return math.log(len(texts) / n) if n else 0.0

    def vector(text, texts):
        found = {word: text.count(word) * idf(texts, word) for word in set(text)}
        length = math.sqrt(sum(x * x for x in found.values()))
        return {word: x / length for word, x in found.items()}

    collection = [vector(document, documents) for document in documents]

    def reciprocal(queries, answers):
        asked = [words(query) for query in queries]
        total, firsts = 0.0, 0
        for query, answer in zip(asked, answers):
            weighed = vector(query, asked if version == "version1" else documents)
            products = [
                sum(x * document.get(word, 0.0) for word, x in weighed.items())
                for document in collection
            ]
            rank = sum(p >= products[answer] - 1e-12 for p in products)
            total, firsts = total + 1 / rank, firsts + (rank == 1)
        return total / len(asked), firsts / len(asked)

    tests = [(p, i) for i, article in enumerate(parts["test"]) for p in article]
    answers = [i for _, i in tests]
    mrr, found_first = reciprocal([first(p) for p, _ in tests], answers)
    return {
        "mrr": mrr,
        "found_first": found_first,
        "paragraph_mrr": reciprocal([p for p, _ in tests], answers)[0],
        "lead_mrr": reciprocal([first(a[0]) for a in parts["train"]], range(ARTICLES))[0],
        "terms": float(len(set().union(*documents))),
        "postings": float(sum(len(set(document)) for document in documents)),
    }
