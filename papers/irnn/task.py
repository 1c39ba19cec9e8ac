"""The exam of the room: a digit of 8 x 8 pixels, read one pixel after the other.

As in Sec. 4.2 the network sees one number per step and answers after the last: here after 64
steps, with MNIST after 784. Row by row is the order of the page; `permuted` reads all pictures in
one other order, which is the same for every seed. Which pictures stand in which split, and how
they are scored: common/exams/digits.py.
"""

import torch

from common.exams.digits import DigitsExam, generator

PIXELS = 64
PERMUTATION = torch.randperm(PIXELS, generator=generator(0))  # Sec. 4.2: fixed once


class Exam(DigitsExam):
    """Percent of wrong digits on the test split."""

    def __init__(self, data: str, seed: int, engine=None, permuted: bool = False):
        super().__init__(data, seed, engine, PERMUTATION if permuted else None)
