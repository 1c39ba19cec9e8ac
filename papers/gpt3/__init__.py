"""GPT-3: GPT-2 made so large that examples in its window teach it tasks."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Language Models are Few-Shot Learners",
    authors="Tom B. Brown, Benjamin Mann, Nick Ryder, Melanie Subbiah, Jared Kaplan, "
    "Prafulla Dhariwal, Arvind Neelakantan, Pranav Shyam, Girish Sastry, Amanda Askell, "
    "Sandhini Agarwal, Ariel Herbert-Voss, Gretchen Krueger, Tom Henighan, Rewon Child, "
    "Aditya Ramesh, Daniel M. Ziegler, Jeffrey Wu, Clemens Winter, Christopher Hesse, Mark Chen, "
    "Eric Sigler, Mateusz Litwin, Scott Gray, Benjamin Chess, Jack Clark, Christopher Berner, "
    "Sam McCandlish, Alec Radford, Ilya Sutskever, Dario Amodei",
    year=2020,
    url="https://arxiv.org/abs/2005.14165",
    versions={
        "version1": "from basic operations: the band is a mask on all scores",
        "version2": "only the band is computed; answers scored against no question at all",
    },
    metric=Metric("bits_per_character", "bits per character (test)"),
    dataset="tinyshakespeare",
    cites=("transformer", "bpe", "adam", "gpt2"),
    also={
        "Child et al. 2019, Generating Long Sequences with Sparse Transformers": (
            "https://arxiv.org/abs/1904.10509"
        ),
    },
)
