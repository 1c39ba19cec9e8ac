"""GPT-2: a Transformer decoder that does nothing but predict the next token."""

from common.exams.published import TINY_SHAKESPEARE
from common.paper import Metric, Paper

PAPER = Paper(
    title="Language Models are Unsupervised Multitask Learners",
    authors="Alec Radford, Jeffrey Wu, Rewon Child, David Luan, Dario Amodei, Ilya Sutskever",
    year=2019,
    url="https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf",
    versions={
        "version1": "from scratch: own tokenizer, attention, optimizer and loop, nothing prebuilt",
        "version2": "the published model and its weights, fast, with a key-value cache",
        "speedrun": "not the published model: what learns most in seconds on a CPU",
    },
    metric=Metric("bits_per_character", "bits per character (test)"),
    dataset="tinyshakespeare",
    cites=("transformer", "bpe", "adam"),
    published=TINY_SHAKESPEARE,
    also={
        "The code and the corrected parameter counts": "https://github.com/openai/gpt-2",
        "Radford et al. 2018, Improving Language Understanding by Generative Pre-Training": (
            "https://openai.com/index/language-unsupervised/"
        ),
    },
)
