"""Version 2 beside transformers' GPT2LMHeadModel: `python -m papers.gpt2.tests.bench_speed`.

Training steps at 10.7 million parameters (B = 8, T = 256) and greedy generation at batch 1 and 16,
in turns on one machine, one thread, medians of CPU seconds; both sides with the environment of
common/engine.py. The peer is as its documentation has it: float32, its default attention, AdamW.
"""

from __future__ import annotations

import os
import sys
import time
from statistics import median

import torch

from common import engine
from common.engine import Masters
from papers.gpt2 import twins
from papers.gpt2.version2 import model

SYMBOLS, BATCH, CONTEXT, ROUNDS, NEW = 65, 8, 256, 3, 48
SIZES = {"layers": 6, "heads": 6, "d_model": 384}


def ours(dtype: torch.dtype):
    """(a function that makes one training step, the net)."""
    config = model.Config(**SIZES, context=CONTEXT, batch=BATCH, dropout=0.0)
    net = model.GPT2(config, SYMBOLS).to(dtype)
    learner = model.Learner(config, net, Masters(net.parameters()), 0)
    tokens = torch.randint(SYMBOLS, (100_000,))
    steps = iter(range(1_000_000))
    return lambda: learner.step(tokens, next(steps)), net


def theirs():
    made, built = twins.library()
    net = built(
        made(
            n_layer=6, n_head=6, n_embd=384, vocab_size=SYMBOLS, n_positions=CONTEXT,
            bos_token_id=0, eos_token_id=0, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        )
    )  # fmt: skip
    optimizer = torch.optim.AdamW(net.parameters(), lr=2.5e-4, foreach=True)

    def step():
        tokens = torch.randint(SYMBOLS, (BATCH, CONTEXT))
        net(input_ids=tokens, labels=tokens).loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step, net


@torch.no_grad()
def write(net, rows: int) -> None:
    """NEW tokens, each the likeliest, with the cache."""
    net.eval()
    token, state = torch.ones(rows, 1, dtype=torch.long), None
    for _ in range(NEW):
        scores, state = net.read(token, state)
        token = scores[:, -1:].argmax(-1)


def they_write(net, rows: int) -> None:
    net.eval()
    start = torch.ones(rows, 1, dtype=torch.long)
    net.generate(start, max_new_tokens=NEW, min_new_tokens=NEW, do_sample=False, pad_token_id=0)


def seconds(function, times: int) -> float:
    """CPU seconds of one call: on a shared machine the wall clock counts others' work as well."""
    start = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - start) / times


def main(rounds: int = ROUNDS) -> None:
    print("matrix products:", engine.start().matmul)
    exact, net = ours(torch.float32)
    rounded, half = ours(torch.bfloat16)
    reference, peer = theirs()
    training = {"float32": exact, "bfloat16": rounded, "transformers": reference}
    writing = {
        (rows, name): (lambda f=f, n=n, r=rows: f(n, r))
        for rows in (1, 16)
        for name, f, n in (("float32", write, net), ("bfloat16", write, half),
                           ("transformers", they_write, peer))
    }  # fmt: skip
    found: dict = {}
    for _ in range(rounds + 1):  # the first round warms up
        for name, step in training.items():
            found.setdefault(("training", name), []).append(seconds(step, 2))
        for (rows, name), function in writing.items():
            found.setdefault((f"generation, batch {rows}", name), []).append(seconds(function, 1))
        for module in (net, half, peer):
            module.train()
    for (what, name), values in found.items():
        base = median(found[what, "transformers"][1:])
        mine = median(values[1:])
        print(f"{what:22} {name:13} {mine:8.3f} s   {base / mine:5.2f} times transformers'")


if __name__ == "__main__":
    if os.environ.get("GOMP_SPINCOUNT") != engine.ENVIRONMENT["GOMP_SPINCOUNT"]:
        os.environ.update(engine.ENVIRONMENT | {"OMP_NUM_THREADS": "1"})
        os.execv(sys.executable, [sys.executable, "-m", "papers.gpt2.tests.bench_speed"])
    main()
