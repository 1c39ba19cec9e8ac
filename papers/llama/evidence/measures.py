"""How the claims of claims.py are measured."""

from __future__ import annotations

from functools import cache

import torch

from common.evidence import measuring
from common.evidence.claims import Equal, Exact
from common.exams.ngrams import ngram_baseline
from papers.llama import PAPER
from papers.llama.evidence import injections, twins
from papers.llama.version2 import model as model2

# Table 2, printed: billions of parameters: layers, width, heads; hidden width and parameters of
# the published weights (huggingface/transformers, configurations of the converted models).
TABLE2 = {"6.7": (32, 4096, 32), "13.0": (40, 5120, 40), "32.5": (60, 6656, 52),
          "65.2": (80, 8192, 64)}  # fmt: skip
UNITS = {"6.7": 6_738_415_616, "13.0": 13_015_864_320, "32.5": 32_528_943_616,
         "65.2": 65_285_660_672}  # fmt: skip
HIDDEN = {"6.7": 11_008, "13.0": 13_824, "32.5": 17_920, "65.2": 22_016}
VOCABULARY = 32_000

# -- exact --------------------------------------------------------------------------------------


@cache
def parameters(printed: str) -> int:
    """Of version 2 at a size of Table 2, built on no device."""
    layers, d, heads = TABLE2[printed]
    config = model2.Config(layers=layers, d_model=d, heads=heads)
    return measuring.parameters(lambda: model2.Llama(config, VOCABULARY))


def count(printed: str) -> Exact:
    """In billions, to the digit that the paper prints."""
    note = f"{parameters(printed):,} at 32,000 tokens, embedding and head both counted"
    return Exact(round(parameters(printed) / 1e9, 1), float(printed), note=note)


def to_the_unit() -> Exact:
    """How many of the four sizes have as many parameters here as in transformers' model."""
    right = sum(theirs(printed) == parameters(printed) == UNITS[printed] for printed in TABLE2)
    return Exact(right, len(TABLE2))


def theirs(printed: str) -> int:
    made, built = twins.library()
    layers, d, heads = TABLE2[printed]
    config = made(
        num_hidden_layers=layers, num_attention_heads=heads, hidden_size=d,
        intermediate_size=HIDDEN[printed], vocab_size=VOCABULARY, tie_word_embeddings=False,
    )  # fmt: skip
    return measuring.parameters(lambda: built(config))


def hidden_widths() -> Exact:
    found = ", ".join(str(model2.hidden_width(d, 256)) for _, d, _ in TABLE2.values())
    return Exact(found, ", ".join(map(str, HIDDEN.values())))


def distance_alone() -> Exact:
    """The largest change of a score when a query and a key move on together, over distances in
    all of LLaMA's window; scores are about 11 in size, and angles rounded to float32."""
    torch.manual_seed(0)
    turned = model2.turns(0, 2048, 128, 10_000.0)
    q, k = (model2.rope(torch.randn(1, 1, 1, 128).expand(1, 2048, -1, -1), turned) for _ in "qk")
    scores = q[0, :, 0] @ k[0, :, 0].T  # each query with each key
    lines = [scores.diagonal(distance) for distance in range(-2047, 2048, 89)]
    return Exact(max(float(x.max() - x.min()) for x in lines), 0.0, tolerance=1e-2)


def norm_knows_no_size() -> Exact:
    torch.manual_seed(0)
    x, norm = torch.randn(5, 64), model2.RMSNorm(64, 0.0)
    return Exact((norm(1000 * x) - norm(x)).abs().max().item(), 0.0, tolerance=1e-5)


def cache_equals_no_cache() -> Exact:
    """Scores token by token against scores of the whole window."""
    net, tokens = tiny(), twins.some_tokens()
    state, found = None, []
    with torch.no_grad():
        for token in tokens.split(1, dim=1):
            scores, state = net.read(token, state)
            found.append(scores)
        worst = (torch.cat(found, 1) - net(tokens)).abs().max().item()
    return Exact(worst, 0.0, tolerance=1e-5)


def tiny():
    config = model2.Config(
        context=twins.CONTEXT, d_model=32, heads=4, layers=2, multiple=8, merges=None
    )
    return twins.randomised(model2.Llama(config, twins.SYMBOLS)).eval()


def last_rate() -> Exact:
    config = model2.Config()
    rates = [model2.learning_rate(i, config) for i in (config.warmup, config.steps)]
    return Exact(rates[1] / rates[0], 0.1, tolerance=1e-9)


def blocks_weigh_the_same() -> Exact:
    """Weights of GPT-2's block over those of LLaMA's, at the sizes of our runs."""
    config = model2.Config(d_model=64, heads=4, multiple=8)
    gpt2 = injections.gpt2_block(model2)["Block"]
    sizes = [measuring.parameters(lambda made=made: made(config)) for made in (gpt2, model2.Block)]
    return Exact(sizes[0] / sizes[1], 1.0, tolerance=0.01, note=f"{sizes[0]:,} and {sizes[1]:,}")


# -- equivalence --------------------------------------------------------------------------------


def version2_is_published() -> Equal:
    return Equal(twins.worst(), 1e-5)


def all_sizes_are_published() -> Equal:
    """Depth and heads of the four sizes, two components to a head."""
    sizes = [(layers, heads, 2 * heads, 6 * heads) for layers, _, heads in TABLE2.values()]
    return Equal(max(twins.worst(*size, scale=0.05) for size in sizes), 1e-5)


def decoding_is_published() -> Equal:
    return Equal(twins.worst_of_decoding(), 1e-5)


def both_layouts_load() -> Equal:
    return Equal(twins.worst_of_files(), 1e-5)


# -- directions ---------------------------------------------------------------------------------


def ngrams(order: int = 6) -> float:
    """Bits per character of the table of counts on the test split."""
    return ngram_baseline(PAPER.dataset, order, "witten-bell")
