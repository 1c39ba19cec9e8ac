"""Our networks and transformers' RobertaForMaskedLM with the same weights."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec

import torch

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.bert.version2 import model as bert2
from papers.roberta.version1 import model as model1
from papers.roberta.version2 import model as model2

PIECES, LENGTH, HEADS = 23, 12, 4


@cache
def library():
    """The module transformers."""
    if find_spec("transformers") is None:
        raise Unmeasured(NOT_MEASURED, "transformers is not installed")
    if find_spec("torchvision"):
        load_torchvision()  # transformers imports it, and needs help where its build is another
    import transformers

    transformers.logging.set_verbosity_error()
    return transformers


def theirs(kind: str = "RobertaForMaskedLM", layers: int = 2, **changes):
    """transformers' RoBERTa with random values everywhere, so that no 0 or 1 hides a mistake."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sizes = {
            "vocab_size": PIECES, "hidden_size": 32, "num_hidden_layers": layers,
            "num_attention_heads": HEADS, "intermediate_size": 128, "layer_norm_eps": 1e-5,
            "max_position_embeddings": LENGTH + 2, "type_vocab_size": 1, "pad_token_id": 1,
        }  # fmt: skip
        config = library().RobertaConfig(**{**sizes, **changes})
        return randomised(getattr(library(), kind)(config).eval())


def randomised(net, seed: int = 1, scale: float = 0.3):
    """Random values in every weight."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng) * scale + (p.dim() == 1) * 0.5)
    return net


def examples() -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens (B, T), one row of them padded; targets, -1 where nothing is hidden."""
    rng = torch.Generator().manual_seed(2)
    tokens = torch.randint(5, PIECES, (3, LENGTH), generator=rng)
    tokens[:, 0] = 0
    tokens[1, 8:] = 1
    targets = tokens.where(torch.rand(tokens.shape, generator=rng) < 0.4, torch.tensor(-1))
    return tokens, targets.masked_fill(tokens < 5, -1)


def worst_of_version2() -> float:
    """The largest difference of states, scores, loss and gradients."""
    net = theirs()
    ours = model2.load_published(net.state_dict(), HEADS)
    return compared(ours, net, pairs_of_version2(ours, net), ours.pieces)


def pairs_of_version2(ours, net):
    """Our parameters, each with those of theirs that it is made of."""
    named = dict(net.named_parameters())
    back = {new: old for old, new in model2.RENAMED.items()}
    for name, p in ours.named_parameters():
        parts = bert2.published(name)
        for new, old in back.items():
            parts = [old + n.removeprefix(new) if n.startswith(new) else n for n in parts]
        if not parts[0].startswith("classifier"):
            yield (p,), [named[n] if n in named else named[f"roberta.{n}"] for n in parts]


def compared(ours, net, pairs, pieces) -> float:
    tokens, targets = examples()
    seen = tokens != 1
    reference = net(
        input_ids=tokens, attention_mask=seen.long(), output_hidden_states=True,
        labels=targets.masked_fill(targets < 0, -100),
    )  # fmt: skip
    x = ours.encode(tokens)
    value = ours(tokens, targets=targets)[:, 0].sum() / (targets >= 0).sum()
    value.backward()
    reference.loss.backward()
    found = [
        (x[seen], reference.hidden_states[-1][seen]),
        (pieces(x[seen]), reference.logits[seen]),
        (value, reference.loss),
    ]
    for mine, others in pairs:
        found.append((torch.cat([p.grad for p in mine]), torch.cat([o.grad for o in others])))
    return measuring.worst(found)


def worst_of_classes() -> float:
    """Scores of the classes, of RobertaForSequenceClassification."""
    net = theirs("RobertaForSequenceClassification")
    ours = model2.load_published(net.state_dict(), HEADS)
    tokens, _ = examples()
    with torch.no_grad():
        reference = net(input_ids=tokens, attention_mask=(tokens != 1).long())
        return measuring.worst([(ours(tokens), reference.logits)])


def worst_of_version1() -> float:
    """States, scores, loss and gradients, with their positions read from row 2 on and no segment,
    which published weights have as zeros."""
    net = theirs()
    net.roberta.embeddings.token_type_embeddings.weight.data.zero_()
    config = model1.Config(context=LENGTH, d_model=32, heads=HEADS, layers=2)
    ours = model1.RoBERTa(config, PIECES).eval()
    pairs = list(pairs_of_version1(ours, net))
    with torch.no_grad():
        for mine, other, turn in pairs:
            mine.copy_(turn(other))
    tokens, targets = examples()
    seen = tokens != 1
    reference = net(
        input_ids=tokens, attention_mask=seen.long(), output_hidden_states=True,
        labels=targets.masked_fill(targets < 0, -100),
    )  # fmt: skip
    x = ours.encode(tokens)
    value = ours(tokens, targets).sum() / (targets >= 0).sum()
    value.backward()
    reference.loss.backward()
    found = [
        (x[seen], reference.hidden_states[-1][seen]),
        (ours.pieces(x)[seen], reference.logits[seen]),
        (value, reference.loss),
    ]
    return measuring.worst([*found, *((mine.grad, turn(o.grad)) for mine, o, turn in pairs)])


def pairs_of_version1(ours, net):
    """Ours, theirs, and how theirs becomes ours: (out, in) is turned, and row 2 is our row 0."""
    words, heads = net.roberta.embeddings, net.lm_head
    shifted = lambda table: torch.cat([table[2:], table[:2] * 0])  # noqa: E731
    yield ours.positions, words.position_embeddings.weight, shifted
    yield ours.tokens, words.word_embeddings.weight, torch.clone
    yield ours.b_pieces, heads.bias, torch.clone
    layers = [(ours.w_turn, ours.b_turn, heads.dense)]
    norms = [(ours.norm, words.LayerNorm), (ours.turned, heads.layer_norm)]
    for mine, other in zip(ours.layers, net.roberta.encoder.layer, strict=True):
        a, f, attention = mine.attention, mine.feed, other.attention
        layers += [
            (a.w_q, a.b_q, attention.self.query), (a.w_k, a.b_k, attention.self.key),
            (a.w_v, a.b_v, attention.self.value), (a.w_o, a.b_o, attention.output.dense),
            (f.w_1, f.b_1, other.intermediate.dense), (f.w_2, f.b_2, other.output.dense),
        ]  # fmt: skip
        norms += [
            (mine.norms[0], attention.output.LayerNorm),
            (mine.norms[1], other.output.LayerNorm),
        ]
    for weight, bias, layer in layers:
        yield weight, layer.weight, torch.t
        yield bias, layer.bias, torch.clone
    for mine, norm in norms:
        yield mine.gain, norm.weight, torch.clone
        yield mine.bias, norm.bias, torch.clone
