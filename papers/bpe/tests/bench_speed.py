"""Speed of version 2 beside `tokenizers`, interleaved: `python -m papers.bpe.tests.bench_speed`.

Training a vocabulary of 4,096 and encoding on Tiny Shakespeare, each side's rounds in turn on one
machine; medians. `tokenizers` uses all cores in training and for the batch of lines; the variable
RAYON_NUM_THREADS=1 gives it one, as version 2 has.
"""

from __future__ import annotations

import sys
import time
from statistics import median

from common.data.text import load_text
from common.paper import room
from papers.bpe.evidence import twins
from papers.bpe.version2 import model

SIZE, ROUNDS = 4_096, 5


def timed(function):
    """(what the function returns, seconds)."""
    start = time.perf_counter()
    found = function()
    return found, time.perf_counter() - start


def round_of(text: str) -> dict[str, float]:
    """One round of everything, in seconds; both must give the same ids."""
    lines = text.splitlines(keepends=True)
    theirs, train = timed(lambda: twins.trained_by_tokenizers(text, SIZE))
    ours, own_train = timed(lambda: model.train([text], SIZE))
    ids, encode = timed(lambda: theirs.encode(text).ids)
    own_ids, cold = timed(lambda: ours.encode(text))
    again, warm = timed(lambda: ours.encode(text))
    if not ids == own_ids == again:
        raise AssertionError("the two give different ids")
    _, batch = timed(lambda: [e.ids for e in theirs.encode_batch(lines)])
    _, own_batch = timed(lambda: [ours.encode(line) for line in lines])
    return {
        "train": own_train / train,
        "encode, first time": cold / encode,
        "encode, cached": warm / encode,
        "encode lines, cached": own_batch / batch,
        "seconds: tokenizers, train": train,
        "seconds: version2, train": own_train,
        "seconds: tokenizers, encode": encode,
        "seconds: version2, encode cached": warm,
    }


def main(rounds: int = ROUNDS) -> None:
    """Print the median over the rounds of each ratio (version 2 over `tokenizers`) and time."""
    text = load_text(room("bpe").paper.dataset).text
    found = [round_of(text) for _ in range(rounds)]
    for name in found[0]:
        values = [row[name] for row in found]
        print(f"{name:34} {median(values):7.3f}   [{min(values):.3f}, {max(values):.3f}]")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
