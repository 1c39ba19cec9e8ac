# Decide here: which sizes, all different primes, stand for the letters of the models?
"""This room's side of tests/test_shapes.py: optimizers take tensors of any shape, the exam's
network does not."""

import torch

SIZES = {"B": 5, "P": 11, "C": 7, "U": 13}


def run(version, load):
    load("task").Network(11, 7, hidden=(13, 13))(torch.rand(5, 11))
