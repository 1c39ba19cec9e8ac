"""The exam of the room: text as in papers/gpt2, and questions in Greek letters.

A question is two letters, its answer a digit. What is right was drawn once, for all runs: nothing
but having read it tells it. Half the questions are settled: one answer. The others are disputed:
two of three times one answer is given, else another. They are asked as often as 1 / rank, so some
are easy and some hard, and a larger model knows more of them. One in eight, a settled one, is never
asked in training.

    pass rate    the probability of the right answer to a settled question, as exactly as if one
                 sampled for ever
    clean, dirty the settled questions that the version's check does not find in training, and finds
    calibration  over all that are asked: an answer is right as often as it is given

A part of each training batch is rows of questions, drawn anew in each step. Their symbols stand
beside the characters of the text, so any text will do.

Shapes: B rows, T positions.
"""

from __future__ import annotations

import numpy as np
import torch

from common.data.text import Characters
from common.exams.reading import Windows
from common.exams.text import TextExam

LETTERS, ANSWERS = "αβγδεζηθικλμνξοπ", "123456"
GRADES = ("easy", "medium", "hard")  # a third of the settled ones each, by how often they are asked
FACTS = np.random.default_rng(4)  # never the seed of a run: all of them learn the same
QUESTIONS = FACTS.permutation(len(LETTERS) ** 2)  # by rank: x * len(LETTERS) + y
RANK = np.arange(len(QUESTIONS))
DISPUTED, HELD_OUT = RANK % 2 == 1, RANK % 8 == 6
ORDER = FACTS.permuted(np.tile(np.arange(len(ANSWERS)), (len(RANK), 1)), axis=1)  # a row for each
RIGHT = ORDER[:, 0]  # the answer, or the one that is given more often
TRUTH = np.zeros(ORDER.shape)  # how often each answer is given, a row for each
TRUTH[RANK, RIGHT] = np.where(DISPUTED, 2 / 3, 1)
TRUTH[RANK, ORDER[:, 1]] = np.where(DISPUTED, 1 / 3, 0)
OFTEN = np.where(HELD_OUT, 0.0, 1 / (1 + RANK))  # how often each question is asked
OFTEN /= OFTEN.sum()


def written(numbers, answered=True):
    """Questions by rank as texts, "α β 1"."""
    for number in numbers:
        x, y = divmod(int(QUESTIONS[number]), len(LETTERS))
        words = [LETTERS[x], LETTERS[y], ANSWERS[RIGHT[number]]]
        yield " ".join(words if answered else words[:2])


def with_weights(net, other):
    """The first net with the weights of the other. Not a deep copy: where processes share a run,
    the other has a method put into it that would still call the other."""
    net.load_state_dict(other.state_dict())
    return net


class Exam(TextExam):
    """Windows of the version's own context; tokens are characters, those of questions beside."""

    def __init__(self, data: str, config, quick: bool = False):
        self.config = config
        super().__init__(
            data,
            Windows(config.context),
            lambda _, known: Characters(known.symbols + LETTERS + ANSWERS),
            piece=config.context + 1,
            curve=4_096,
            quick=quick,
        )
        self.answers = self.encode(ANSWERS)
        x, y = divmod(QUESTIONS, len(LETTERS))
        self.questions = self.encode(LETTERS)[np.stack([x, y], 1)]  # two tokens for each

    def drawn(self, rng, count):
        """So many questions, by rank, as often as they are asked."""
        return rng.choice(len(QUESTIONS), count, p=OFTEN)

    def rows(self, seed, i, device=None):
        """The i-th rows of questions to learn from: a tensor (B, T + 1)."""
        rng, length = np.random.default_rng([seed, i]), self.config.context + 1
        each = -(-length // 3)
        chosen = self.drawn(rng, (self.config.asked, each))
        second = DISPUTED[chosen] & (rng.random(chosen.shape) < 1 / 3)
        answers = self.answers[ORDER[chosen, second.astype(int)]][..., None]
        tokens = np.concatenate([self.questions[chosen], answers], 2)
        return torch.as_tensor(tokens.reshape(-1, 3 * each)[:, :length], device=device)

    def tuning(self, seed, i, device=None):
        """The i-th questions to tune on, how often each of their answers is given, all answers."""
        chosen = self.drawn(np.random.default_rng([seed, i, 1]), self.config.tune_batch)
        parts = (self.questions[chosen], TRUTH[chosen].astype(np.float32), self.answers)
        return [torch.as_tensor(part, device=device) for part in parts]

    def known(self, predict):
        """What the model answers: for each question probabilities, of answers alone."""
        log_p = predict(self.questions, None)[0][:, -1, self.answers]
        p = np.exp(log_p - log_p.max(1, keepdims=True))
        return p / p.sum(1, keepdims=True)

    def finish(self, predict, seed, tuned, model, compute):
        """`predict` before and `tuned` after tuning; `model` is the version's: what it has for
        pass rates, calibration and contamination; `compute` in FLOPs."""
        metrics, samples = super().finish(predict, seed)
        before, after = self.known(predict), self.known(tuned)
        passed = before[RANK, RIGHT]
        asked, settled = passed[~DISPUTED & ~HELD_OUT], ~DISPUTED
        metrics |= {"pass_rate": asked.mean(), "log_pass": model.log_pass(asked)}
        for grade, part in zip(GRADES, np.array_split(asked, len(GRADES))):
            metrics[f"log_pass_{grade}"] = model.log_pass(part)
        metrics |= self.harness(passed[settled], RANK[settled], model)
        for name, p in (("", before), ("_tuned", after)):
            metrics[f"calibration_error{name}"] = model.calibration_error(p, TRUTH, OFTEN)
            metrics[f"accuracy{name}"] = TRUTH[RANK, p.argmax(1)] @ OFTEN
        return {name: float(v) for name, v in metrics.items()} | {
            "compute": float(compute)
        }, samples

    def harness(self, passed, numbers, model):
        """Mean pass rates of the questions of those numbers, and of what the check calls clean or
        dirty in them."""
        training = "\n".join(written(np.flatnonzero(~HELD_OUT)))
        found = model.contaminated(written(numbers, answered=False), training)
        dirty = np.array([run is not None for run in found])
        parts = {"all": dirty | True, "clean": ~dirty, "dirty": dirty}
        return {f"pass_{name}": passed[part].mean() for name, part in parts.items()}
