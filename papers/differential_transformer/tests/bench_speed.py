"""Version 2 beside transformers' DiffLlama and beside one map to a head:
`python -m papers.differential_transformer.tests.bench_speed [rounds]`.

Forward and backward of 4 layers of width 256, 4 heads, for stretches of 96 and of 512 tokens. The
contestants take turns in one process with one thread and the choices of common/run/engine.py; a
markdown table has the medians of CPU seconds.
"""

from __future__ import annotations

import sys
import time
from statistics import median

import torch
import torch.nn.functional as F

from common.run import engine
from papers.differential_transformer.evidence import twins
from papers.differential_transformer.version2 import model

SYMBOLS, WIDTH, HEADS, LAYERS = 281, 256, 4, 4
SHAPES = ((32, 96), (4, 512))  # stretches and tokens
NAMES = ("ours", "one map", "DiffLlama")


def ours(maps: int):
    config = model.Config(d_model=WIDTH, heads=HEADS, layers=LAYERS, maps=maps)
    return model.DiffTransformer(config, SYMBOLS)


def theirs():
    made = twins.library()
    config = made.DiffLlamaConfig(
        vocab_size=SYMBOLS, hidden_size=WIDTH, num_hidden_layers=LAYERS, use_cache=False,
        num_attention_heads=2 * HEADS, num_key_value_heads=2 * HEADS, intermediate_size=768,
        tie_word_embeddings=False, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    net = made.DiffLlamaForCausalLM(config)
    return lambda tokens: net(input_ids=tokens).logits


def seconds(net, tokens) -> float:
    start = time.process_time()
    F.cross_entropy(net(tokens).flatten(0, 1), tokens.flatten()).backward()
    return time.process_time() - start


def main(rounds: int = 9) -> None:
    engine.start(threads=1)
    torch.manual_seed(0)
    nets = dict(zip(NAMES, (ours(2), ours(1), theirs()), strict=True))
    print("| stretches × tokens |", " | ".join(f"{name}, ms" for name in NAMES), "|")
    print("| --- |" + " ---: |" * len(NAMES))
    for shape in SHAPES:
        tokens = torch.randint(SYMBOLS, shape)
        found = [[seconds(net, tokens) for net in nets.values()] for _ in range(rounds + 2)]
        times = [median(column[2:]) for column in zip(*found, strict=True)]
        print(f"| {shape[0]} × {shape[1]} |", " | ".join(f"{1e3 * t:.0f}" for t in times), "|")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
