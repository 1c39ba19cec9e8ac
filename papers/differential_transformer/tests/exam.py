"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math
import re

import torch

from papers.adam.version2.model import AdamW
from tests.exams import by_norm, of_groups, place_text, text_part, watched

SMALL = {"d_model": 16, "heads": 2, "layers": 2, "batch": 8, "steps": 25, "learning_rate": 0.03}
CHANGES = {"version1": SMALL, "version2": {**SMALL, "warmup": 3}}
OTHER = ("validation_wrong",)
READS = "text_bits"  # needles are drawn: so short a training answers them alike in any text
CLIPS = {"version2": by_norm}
PIECES = 16 * 8 + 16 + 8  # needles, questions, answers

part, place = text_part, place_text


def scores(version, exam, given, parts):
    """Stretch by stretch and token by token, from the text that a user would see: a question is
    answered by the needle with its key, and what is no piece is a part of the test text."""
    wrong, bits, text_bits, asked = 0, [], [], 0
    for row in exam.test.tokens.tolist():
        text = exam.vocabulary.decode(row)
        assert exam.vocabulary.encode(text) == row and len(row) == 96
        needles = dict(re.findall(r"<(\w)=(\d)>", text))
        questions = re.findall(r"<(\w)\?><(\d)>", text)
        assert len(needles) == 12 and len(questions) == len(dict(questions)) == 8
        assert re.sub(r"<..?.?>", "", text) in parts["test"]
        assert text.rindex("=") < text.index("?")
        with torch.no_grad():
            log_p = given(torch.tensor([row])).double().log_softmax(-1)[0]
        pieces = [exam.vocabulary.decode([token]) for token in row]
        for i, (before, after) in enumerate(zip(pieces, pieces[1:])):
            cost = -log_p[i, row[i + 1]].item() / math.log(2)
            if question := re.fullmatch(r"<(\w)\?>", before):
                right = f"<{needles[question[1]]}>"
                assert after == right
                wrong += pieces_of(exam, log_p[i]) != right
                bits.append(cost)
                asked += 1
            elif len(after) == 1:
                text_bits.append(cost)
    assert asked == 8 * len(exam.test.tokens)
    return {
        "wrong_answers": 100 * wrong / asked,
        "answer_bits": sum(bits) / len(bits),
        "text_bits": sum(text_bits) / len(text_bits),
    }


def pieces_of(exam, row):
    return exam.vocabulary.decode([int(row.argmax())])


def watch(version, monkeypatch):
    return watched(monkeypatch, AdamW, "step", of_groups)


def rates(version, config):
    """Version 1's stays. Version 2's rises in `warmup` steps and falls in a line to a 25th."""
    for i in range(config.steps):
        if version == "version1":
            yield [config.learning_rate]
        elif i < config.warmup:
            yield [config.learning_rate * (i + 1) / config.warmup]
        else:
            done = (i - config.warmup) / (config.steps - config.warmup)
            yield [config.learning_rate * (1 - done) + config.learning_rate / 25 * done]
