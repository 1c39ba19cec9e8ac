"""common's side of tests/test_shapes.py."""

import numpy as np
import torch

SIZES = {"B": (5, 1), "T": (23, 11), "S": 17, "H": 3, "K": 19, "V": 7, "N": 67, "L": 13, "C": 2}


def run(_, load):
    """Attention; a text of 67 tokens, read in six streams of eleven and in five windows; pairs of
    sentences in batches of five; five sentences to judge, and rows of thirteen to pre-train on."""
    q, k = torch.rand(5, 3, 23, 19), torch.rand(5, 3, 17, 19)
    load("run.engine").attention(q, k, k)
    reading, tokens = load("exams.reading"), np.arange(5 * 23 + 1) % 7

    def predict(tokens, state):
        return np.full((*tokens.shape, 7), -np.log(7)), state

    reading.Streams(most=6, context=7).bits(predict, tokens[:67])
    windows = reading.Windows(context=23)
    windows.bits(predict, tokens[:67])
    windows.fresh_bits(predict, tokens)
    pairs = load("exams.pairs")
    pairs.by_likeness(np.full((67, 23), 9))
    pairs.Batches(np.full((65, 17), 9), np.full((65, 23), 9), size=5 * 23, seed=0)(0)
    sentiment = load("exams.sentiment")
    exam = object.__new__(sentiment.SentimentExam)
    exam.device = "cpu"
    exam.padded([[9] * length for length in (23, 4, 1, 6, 7)])
    rows = sentiment.packed([[[9] * (67 * 13 - 2)]], 13, 1, 3)
    sentiment.Mixed(rows, rows, 0.5, 0)(0, 5)
