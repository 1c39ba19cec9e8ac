"""Long short-term memory: the cell of 1997, and the forget gate of 2000."""

from common.exams.published import TINY_SHAKESPEARE
from common.paper import Metric, Paper

PAPER = Paper(
    title="Long Short-Term Memory",
    authors="Sepp Hochreiter, Jürgen Schmidhuber",
    year=1997,
    url="https://doi.org/10.1162/neco.1997.9.8.1735",
    versions={
        "version1": "the cell of 1997: no forget gate, truncated gradient",
        "version2": "forget gate, the whole gradient by hand, layers",
        "fused": "version 2 with all steps of a layer fused in C++",
    },
    metric=Metric("bits_per_character", "bits per character (test)"),
    dataset="tinyshakespeare",
    cites=("rnn",),
    published=TINY_SHAKESPEARE,
    also={
        "Gers, Schmidhuber, Cummins 2000, Learning to Forget": (
            "https://doi.org/10.1162/089976600300015015"
        ),
    },
)
