"""GPT-1: a language model, pre-trained on text, is fine-tuned to judge it."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Improving Language Understanding by Generative Pre-Training",
    authors="Alec Radford, Karthik Narasimhan, Tim Salimans, Ilya Sutskever",
    year=2018,
    url="https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf",
    versions={
        "version1": "from scratch, with the block of GPT-2 and answers read off the last column",
        "version2": "the published model and its weights, fast, with a key-value cache",
    },
    metric=Metric("error", "percent of sentences judged wrong (test)"),
    dataset="sst2",
    more_data={"pretrain": "wikipedia_sample"},
    cites=("transformer", "bpe", "adam", "lstm"),
    also={
        "The announcement, with the published code": (
            "https://openai.com/index/language-unsupervised/"
        ),
        "The published code and weights": "https://github.com/openai/finetune-transformer-lm",
    },
)
