"""How the claims of claims.py are measured."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch

from common.evidence import measuring
from common.evidence.claims import Equal, Exact, Pair
from common.exams.bag_of_words import bag_of_words_error
from common.exams.sentiment import evaluated
from papers.gpt1 import PAPER, task
from papers.gpt1.evidence import twins
from papers.gpt1.task import Exam, tuned
from papers.gpt1.version2 import decode
from papers.gpt1.version2 import model as model2

VOCABULARY = 40_478  # 40,000 merges and 478 symbols, of the published encoder

# -- exact --------------------------------------------------------------------------------------


def counted(symbols: int) -> int:
    return measuring.parameters(lambda: model2.GPT1(model2.Config(), symbols))


def parameters() -> Exact:
    """Without the head of classes, which is fine-tuning's."""
    return Exact(counted(VOCABULARY) - 2 * 768, 116_534_784)


def extra_parameters() -> Exact:
    """Two classes and three tokens; the published code's head has a bias as well."""
    return Exact(counted(VOCABULARY + 3) - 116_534_784, 5 * 768)


def input_forms() -> Exact:
    names = {1: "Start", 2: "Delim", 3: "Extract"}
    rows = [
        task.classification([7]),
        task.entailment([7], [8]),
        *task.similarity([7], [8]),
        *task.multiple_choice([7], [[8], [9]]),
    ]
    words = [" ".join(names.get(token, f"text {token - 6}") for token in row) for row in rows]
    wanted = (
        "Start text 1 Extract; Start text 1 Delim text 2 Extract; "
        "Start text 1 Delim text 2 Extract; Start text 2 Delim text 1 Extract; "
        "Start text 1 Delim text 2 Extract; Start text 1 Delim text 3 Extract"
    )
    return Exact("; ".join(words), wanted)


def head_is_the_embedding() -> Exact:
    net, tokens = tiny(), twins.some_tokens()
    with torch.no_grad():
        worst = (net(tokens) - net.transform(tokens) @ net.tokens_embed.weight.T).abs().max()
    return Exact(worst.item(), 0.0, tolerance=1e-5)


def the_future_changes_nothing() -> Exact:
    net, tokens = tiny(), twins.some_tokens()
    changed = tokens.clone()
    changed[:, 7:] = (changed[:, 7:] + 3) % twins.SYMBOLS
    return Exact((net(tokens)[:, :7] - net(changed)[:, :7]).abs().max().item(), 0.0)


def padding_changes_nothing() -> Exact:
    net, tokens, length = tiny(), twins.some_tokens(3, 6), torch.tensor([6, 6, 6])
    longer = torch.nn.functional.pad(tokens, (0, 4))
    with torch.no_grad():
        worst = (net.classify(tokens, length) - net.classify(longer, length)).abs().max()
    return Exact(worst.item(), 0.0, tolerance=1e-5)


def tiny():
    config = model2.Config(context=twins.CONTEXT, d_model=32, heads=4, layers=2, dropout=0.0)
    return twins.randomised(model2.GPT1(config, twins.SYMBOLS)).eval()


def cache_equals_no_cache() -> Exact:
    """Scores token by token against scores of the whole window."""
    net, tokens = tiny(), twins.some_tokens()
    state, found = None, []
    with torch.no_grad():
        for token in tokens.split(1, dim=1):
            scores, state = decode.read(net, token, state)
            found.append(scores)
        worst = (torch.cat(found, 1) - net(tokens)).abs().max().item()
    return Exact(worst, 0.0, tolerance=1e-5)


# -- equivalence --------------------------------------------------------------------------------


def version2_is_published() -> Equal:
    return Equal(twins.worst_of_version2(), 1e-5)


def head_is_published() -> Equal:
    return Equal(twins.worst_of_head(), 1e-5)


def version1_is_gpt2() -> Equal:
    return Equal(twins.worst_of_version1(), 1e-5)


# -- directions ---------------------------------------------------------------------------------


def bag_of_words() -> float:
    """The percentage of wrong test sentences of words and pairs of words."""
    return bag_of_words_error(PAPER.dataset)


SMALL = {
    "merges": 3_000, "context": 64, "d_model": 64, "heads": 4, "layers": 2, "std": 0.07,
    "dropout": 0.0, "reviews": 0.5, "batch": 16, "learning_rate": 2e-3, "warmup": 20,
    "pretrain_steps": 130, "tuning_rate": 2e-3, "tuning_warmup": 0.1, "steps": 260,
}  # fmt: skip


def transferred_layers_help(seeds: Sequence[int]) -> Pair:
    """All layers, or embeddings alone and new blocks."""
    return Pair(*({seed: tuned_error(seed, keep, 0.0) for seed in seeds} for keep in (True, False)),
                sign=-1)  # fmt: skip


def auxiliary_loss_hurts(seeds: Sequence[int]) -> Pair:
    """Without the auxiliary loss, and with it."""
    return Pair(*({seed: tuned_error(seed, True, part) for seed in seeds} for part in (0.0, 0.5)),
                sign=-1)  # fmt: skip


@cache
def tuned_error(seed: int, keep: bool, auxiliary: float) -> float:
    """Percent wrong on the validation split, after the same pre-training and a fine-tuning."""
    exam, weights, fresh = pretrained(seed)
    config = model2.Config(**SMALL, auxiliary=auxiliary)
    torch.manual_seed(seed)
    net = model2.GPT1(config, exam.symbols)
    names = [name for name, _ in net.named_parameters()]
    kept = [w if keep or not name.startswith("h.") else f
            for name, w, f in zip(names, weights, fresh)]  # fmt: skip
    found = tuned(net, kept, exam, lambda *given: model2.Learner(config, *given, seed))
    log_p = exam.answers(evaluated(found, found.classify), exam.sentences["validation"])
    return 100 * (log_p.argmax(1) != exam.labels["validation"]).double().mean().item()


@cache
def pretrained(seed: int):
    """The exam, the weights after pre-training, and those before it."""
    from common.run.engine import Masters

    config = model2.Config(**SMALL)
    data = PAPER.dataset, PAPER.more_data["pretrain"]
    exam = Exam(*data, config, model2.document, seed=seed)
    torch.manual_seed(seed)
    net = model2.GPT1(config, exam.symbols)
    fresh = [p.detach().clone() for p in net.parameters()]
    learner = model2.Learner(config, net, Masters(net.parameters()), seed)
    for i in range(config.pretrain_steps):
        learner.read(exam.reading(i, config.batch), i)
    return exam, [p.detach().clone() for p in net.parameters()], fresh
