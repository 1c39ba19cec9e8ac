"""Published weights, as huggingface/transformers names them: ElectraForPreTraining's for the
discriminator, ElectraForMaskedLM's for the generator, which shares its embeddings."""

import torch

from papers.bert.version2 import model as bert
from papers.electra.version2.model import ELECTRA, Config

HEADS = {
    "project": "electra.embeddings_project",
    "turn": "discriminator_predictions.dense",
    "mark": "discriminator_predictions.dense_prediction",
    "foretell.transform": "generator_predictions.dense",
    "foretell.transformed": "generator_predictions.LayerNorm",
    "foretell": "generator_lm_head",
}
SHARED = "electra.embeddings."
UNUSED = ("electra.embeddings.position_ids", "generator_lm_head.weight")


def published(name):
    """Whose one of our parameters is, and the names of what it is made of, one below the other."""
    owner, name = name.split(".", 1)
    name = name.removeprefix("body.")
    part, end = name.rsplit(".", 1)
    if part in HEADS:
        return owner, [f"{HEADS[part]}.{end}"]
    return owner, [f"electra.{found}" for found in bert.published(name)]


def load_published(discriminator, generator, heads):
    """A pair with published weights {name: tensor} of its two nets, for evaluation. `heads` of the
    discriminator are not in them: 64 components each. The layer for classes begins anew.

    ValueError for names that do not fit or embeddings that differ, RuntimeError for shapes.
    """
    both = {"discriminator": kept(discriminator), "generator": kept(generator)}
    tables = [{n: w for n, w in x.items() if n.startswith(SHARED)} for x in both.values()]
    if tables[0].keys() != tables[1].keys() or not all(map(torch.equal, *map(dict.values, tables))):
        raise ValueError("these two do not share their embeddings")
    both["generator"] = {n: w for n, w in both["generator"].items() if not n.startswith(SHARED)}
    net = ELECTRA(config_of(both, heads), len(tables[0][f"{SHARED}word_embeddings.weight"]))
    made = {n: published(n) for n, _ in net.named_parameters() if "classes" not in n}
    for owner, weights in both.items():
        wanted = {part for who, parts in made.values() if who == owner for part in parts}
        if strange := weights.keys() ^ wanted:
            raise ValueError(f"missing or strange: {', '.join(sorted(strange)[:3])}")
    found = {n: torch.cat([both[who][part] for part in parts]) for n, (who, parts) in made.items()}
    net.load_state_dict(found, strict=False)
    return net.eval()


def kept(weights):
    return {name: w for name, w in weights.items() if name not in UNUSED}


def config_of(both, heads):
    """Sizes, read off the weights. ValueError where those that tell them are missing."""
    large, small = both.values()
    try:
        tokens = large[f"{SHARED}word_embeddings.weight"]
        places = large[f"{SHARED}position_embeddings.weight"]
        width = len(large["discriminator_predictions.dense.bias"])
        inner = len(small["generator_predictions.dense.weight"][0])
    except KeyError as error:
        raise ValueError(f"missing or strange: {error.args[0]}") from error
    layers = len({n.split(".")[3] for n in large if n.startswith("electra.encoder.layer.")})
    return Config(
        pieces=len(tokens), context=len(places), d_model=width, heads=heads, layers=layers,
        embedding=tokens.shape[1], generator=inner / width,
    )  # fmt: skip
