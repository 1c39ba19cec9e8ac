"""How the claims of claims.py are measured; the training is in experiments.py."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from common.evidence import measuring
from common.evidence.claims import Equal, Exact
from papers.albert.evidence import twins
from papers.albert.version2 import model
from papers.bert.version2 import model as bert

SIZES = {  # Table 1: L, H; Sec. 3.1: H / 64 heads
    "base": (12, 768),
    "large": (24, 1024),
    "xlarge": (24, 2048),
    "xxlarge": (12, 4096),
}
COUNTS = {"base": 11_683_584, "large": 17_683_968, "xlarge": 58_724_864, "xxlarge": 222_595_584}
PIECES = 30_000  # Sec. 4.1
HEADS = ("foretell", "follows", "classes")


class Unshared(model.ALBERT):
    """Weights of its own for each depth."""

    def stack(self, config):
        return [model.Layer(config) for _ in range(config.layers)]


# -- exact --------------------------------------------------------------------------------------


def numbers(net) -> dict[str, int]:
    """How many parameters stand in each part."""
    found: dict[str, int] = {}
    for name, p in net.named_parameters():
        part = name.split(".")[0]
        found[part] = found.get(part, 0) + p.numel()
    return found


def parameters(size: str, kind=model.ALBERT, **changes) -> int:
    """Of the network with its pooler, without heads, on no device."""
    layers, d = SIZES[size]
    config = model.Config(**{"d_model": d, "layers": layers, "heads": d // 64, **changes})
    with torch.device("meta"):
        parts = numbers(kind(config, PIECES))
    return sum(count for part, count in parts.items() if part not in HEADS)


def count(size: str, printed: int, to: int = 1) -> Exact:
    """In millions, rounded to as many."""
    found = parameters(size)
    return Exact(round(found / 1e6 / to) * to, printed, note=f"{found:,} with the pooler, no heads")


def counts_of_the_published_code() -> Exact:
    """Against those that transformers' AlbertModel has at these sizes."""
    found = {size: parameters(size) for size in SIZES}
    return Exact(*(", ".join(f"{n:,}" for n in each.values()) for each in (found, COUNTS)))


def berts() -> Exact:
    """Table 1's other two rows, in millions: BERT with 30,000 pieces and without its pooler."""
    found = []
    for layers, d in ((12, 768), (24, 1024)):
        config = bert.Config(d_model=d, layers=layers, heads=d // 64)
        with torch.device("meta"):
            parts = numbers(bert.BERT(config, PIECES))
        found.append(round((parts["embed"] + parts["layers"]) / 1e6))
    return Exact("{}M, {}M".format(*found), "108M, 334M", note="ALBERT's counts have the pooler")


def embedding_sizes() -> Exact:
    """Table 3, all shared. At E = 768 no matrix stands between, as in the published code."""
    found = [parameters("base", embedding=e) for e in (64, 128, 256, 768)]
    told = ", ".join(f"{n / 1e6:.2f}" for n in found)
    return Exact(", ".join(f"{n / 1e6:.0f}M" for n in found), "10M, 12M, 16M, 31M", note=told)


def embedding_cost() -> Exact:
    """Numbers of the table of pieces and of the matrix behind it, base."""
    with torch.device("meta"):
        embed = model.ALBERT(model.Config(layers=1), PIECES).embed
    found = embed.tokens.weight.numel() + embed.widen.weight.numel()
    return Exact(found, PIECES * 128 + 128 * 768, note=f"{PIECES * 768:,} for V x H")


def same_work() -> Exact:
    """Operations of a forward pass, shared over not shared."""
    config = model.Config(**twins.SIZES, heads=twins.HEADS, layers=12)
    found = []
    for kind in (model.ALBERT, Unshared):
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            kind(config, twins.PIECES).eval()(twins.examples()[0])
        found.append(counter.get_total_flops())
    return Exact(found[0] / found[1], 1.0, note=f"{found[0]:,} each, twelve depths")


def gradient_is_the_sum() -> Exact:
    """The gradient of the shared layer against the sum over layers that are its copies, in float64:
    the largest relative difference."""
    config = model.Config(**twins.SIZES, heads=twins.HEADS, layers=4)
    shared = twins.randomised(model.ALBERT(config, twins.PIECES), scale=0.2).double().eval()
    apart = Unshared(config, twins.PIECES).double().eval()
    alike = dict(shared.named_parameters())
    with torch.no_grad():
        for name, p in apart.named_parameters():
            parts = name.split(".")
            p.copy_(alike[".".join(["layers", "0", *parts[2:]]) if parts[0] == "layers" else name])
    tokens, segments, targets, swapped = twins.examples()
    for net in (shared, apart):
        net(tokens, segments, targets, swapped).sum().backward()
    worst = 0.0
    for name, p in shared.layers[0].named_parameters():
        total = sum(dict(layer.named_parameters())[name].grad for layer in apart.layers)
        worst = max(worst, ((p.grad - total).norm() / total.norm()).item())
    return Exact(worst, 0.0, tolerance=1e-12)


def hidden_text() -> tuple[torch.Tensor, model.Hiding]:
    """What is chosen of rows of 126 words between two special tokens, one piece each."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(str, range(95))]
    torch.manual_seed(0)
    tokens = torch.randint(5, 100, (5_000, 128))
    tokens[:, 0], tokens[:, -1] = 2, 3
    hiding = model.Hiding(words, 0.15, 3)
    return hiding.choose(tokens)[:, 1:-1], hiding


def chosen_share() -> Exact:
    """Percent of words that are chosen, rounded."""
    share = hidden_text()[0].double().mean().item()
    return Exact(round(100 * share), 15, note=f"{100 * share:.2f} %")


def lengths_of_runs() -> Exact:
    """Whether runs of one, two and three words are as frequent as 1, 1/2 and 1/3."""
    reaching = [*hidden_text()[1].reaching, 0.0]
    found = [a - b for a, b in zip(reaching, reaching[1:])]
    return Exact(
        ", ".join(f"{p:.4f}" for p in found), "0.5455, 0.2727, 0.1818", note="6, 3, 2 / 11"
    )


def bert_is_the_case_without_sharing() -> Exact:
    """Version 2 with E = H, weights of its own at each depth, BERT's GELU; and papers/bert."""
    sizes = {**twins.SIZES, "embedding": 32, "heads": twins.HEADS, "layers": 2, "dropout": 0.0}
    ours = twins.randomised(Unshared(model.Config(**sizes), twins.PIECES)).eval()
    sizes.pop("embedding")
    theirs = bert.BERT(bert.Config(**sizes), twins.PIECES).eval()
    theirs.load_state_dict(ours.state_dict())
    tokens, segments, _, _ = twins.examples()
    real, model.gelu = model.gelu, torch.nn.functional.gelu
    try:
        found = ours.encode(tokens, segments), ours.pieces(ours.encode(tokens, segments))
    finally:
        model.gelu = real
    x = theirs.encode(tokens, segments)
    worst = measuring.worst([(found[0], x), (found[1], theirs.pieces(x))])
    return Exact(worst, 0.0, tolerance=1e-6)


# -- equivalence --------------------------------------------------------------------------------


def is_transformers() -> Equal:
    """At two depths and counts of heads."""
    return Equal(
        max(
            twins.worst_of_version2(),
            twins.worst_of_version2(num_hidden_layers=5, num_attention_heads=8),
        ),
        1e-5,
    )


def first_version_is_transformers() -> Equal:
    return Equal(twins.worst_of_version1(), 1e-5)


def classifier_is_transformers() -> Equal:
    return Equal(twins.worst_of_classifier(), 1e-5)
