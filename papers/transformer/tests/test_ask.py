"""Translations and attention maps from a checkpoint, against the exam's own search and the nets."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from common.ask.checkpoint import read_checkpoint
from common.ask.generation import generate, stream
from common.ask.translating import shown
from common.ask.writer import Settings
from common.commands.doors import doors
from common.errors import UserError
from common.exams import search
from common.exams.search import ALPHA, translate
from common.paper import rooms
from papers.transformer.task import Exam
from papers.transformer.version1 import model as version1
from papers.transformer.version2 import model as version2
from papers.transformer.version3 import model as version3

HOME = rooms()["transformer"]
VERSIONS = ("version1", "version2", "version3")
SIZES = {"d_model": 12, "d_ff": 16, "heads": 3, "layers": 2}
WORDS = [("dog", "Hund"), ("man", "Mann"), ("runs", "rennt"), ("red", "rot"), ("house", "Haus")]
PROMPTS = ["dog runs", "man red house zebra", "Dog man", "red"]


def lines():
    rng = np.random.default_rng(0)
    for _ in range(200):
        chosen = [WORDS[i] for i in rng.integers(len(WORDS), size=rng.integers(1, 7))]
        yield "\t".join(" ".join(side) for side in zip(*chosen)) + "\n"


TEXT = "".join(lines())


def tensors(version, symbols):
    """Random weights, larger than at the start of training, by the names that training gives."""
    if version == "version1":
        rng = np.random.default_rng(0)
        drawn = version1.Transformer(version1.Config(**SIZES), symbols, rng).weights
        return {f"weights.{name}": torch.as_tensor(w) for name, w in drawn.items()}
    torch.manual_seed(0)
    model = {"version2": version2, "version3": version3}[version]
    state = model.Transformer(model.Config(**SIZES), symbols).state_dict()
    prefix = "model." if version == "version3" else ""
    return {prefix + name: 1.5 * w for name, w in state.items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """made(version, **changes of the config) -> checkpoint."""
    folder = tmp_path_factory.mktemp("transformer")
    data = folder / "pairs.tsv"
    data.write_text(TEXT)

    def make(version, **config):
        told = {
            "paper": "transformer",
            "variant": version,
            "version": version,
            "config": {**SIZES, **config},
            "dataset": {"name": data.name, "sha256": hashlib.sha256(TEXT.encode()).hexdigest()},
            "seed": 0,
        }
        save_file(tensors(version, Exam(str(data)).symbols), folder / "weights.safetensors")
        (folder / "model.json").write_text(json.dumps(told))
        return read_checkpoint(HOME, folder, str(data))

    return make


def written(made, version):
    return made(version).writer(HOME.module(f"{version}.ask"))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("beam", [1, 4])
def test_search_finds_what_the_exams_own_finds(made, version, beam):
    writer, expected = written(made, version), []
    for prompt in PROMPTS:
        source = np.array([writer.encode(prompt)])
        (row,) = translate(_Net(writer), source, beam)
        expected.append(writer.decode(row))
        longest = source.shape[1] + search.EXTRA
        settings = Settings(max_tokens=longest, beam=beam, length_penalty=ALPHA)
        assert generate(writer, [prompt], settings) == expected[-1:]
    assert len(set(expected)) > 1


class _Net:
    """The writer's own scores as `start` and `step`, reading the whole prefix again each time."""

    def __init__(self, writer):
        self.writer = writer

    def start(self, source):
        return {"source": source}

    def step(self, cache, prefix):
        scores, state = self.writer.next(cache["source"], None)
        for t in range(1, prefix.shape[1]):
            scores, state = self.writer.next(prefix[:, t : t + 1], state)
        return torch.as_tensor(scores)


@pytest.mark.parametrize("version", VERSIONS)
def test_cache_and_stream_give_the_text_of_teacher_forcing(made, version):
    writer = written(made, version)
    checkpoint, greedy = made(version), Settings(max_tokens=9, temperature=0)
    net = plain_net(checkpoint, version)
    for prompt in PROMPTS:
        source, tokens = np.array([writer.encode(prompt)]), [1]
        while len(tokens) < 10 and tokens[-1] != writer.end:
            scores = np.array(net(source, np.array([tokens])))[0, -1]
            scores[[0, 1]] = -np.inf
            tokens.append(int(scores.argmax()))
        text = writer.decode(tokens[1:])
        assert "".join(stream(writer, prompt, greedy)) == text
        assert generate(writer, [prompt, *PROMPTS], greedy)[0] == text


def plain_net(checkpoint, version):
    """scores(source, inputs) of the whole target at once, without the cache."""
    symbols = Exam(checkpoint.data).symbols
    if version == "version1":
        net = version1.Transformer(checkpoint.config, symbols, np.random.default_rng(0))
        return net.scores
    model, prefix = {"version2": (version2, ""), "version3": (version3, "model.")}[version]
    net = checkpoint.fill(lambda: model.Transformer(checkpoint.config, symbols), prefix)
    return lambda *given: net.scores(*map(torch.as_tensor, given)).numpy()


@pytest.mark.parametrize("version", VERSIONS)
def test_maps_are_those_of_every_layer_and_sum_to_one(made, version):
    assert doors(HOME, version) == ["generate", "chat", "translate", "attend"]
    maps = written(made, version).attend("Dog runs zebra")
    kinds = sorted(m.name.split(",")[0] for m in maps)
    assert kinds == sorted(["decoder", "decoder to encoder", "encoder"] * SIZES["layers"])
    for m in maps:
        assert m.weights.shape == (SIZES["heads"], len(m.queries), len(m.keys))
        np.testing.assert_allclose(m.weights.sum(-1), 1, rtol=1e-5)
        if m.name.startswith("decoder,"):
            assert np.triu(m.weights, 1).max() == 0
    across = [m for m in maps if m.name.startswith("decoder to encoder")]
    assert across[0].keys == ["dog", "runs", " ", *("z@@", "e@@", "b@@", "r@@", "a")]
    assert across[0].queries[0] == "<s>"


def test_signs_are_shown_without_space_and_only_inside_a_word_it_goes_on(made):
    exam = Exam(made("version3").data)
    tokens = exam.tokens("dog, a house!")
    assert shown(exam, [1, *tokens]) == ["<s>", "dog", ",", " ", "a", "house", "!"]


@pytest.mark.parametrize("version", ["version2", "version3"])
def test_maps_carry_the_values_that_the_layer_gives_out(made, version):
    """The weights are computed again outside of the model: they must be the model's own."""
    from papers.transformer.ask import inputs_of, layers_of

    model = {"version2": version2, "version3": version3}[version]
    checkpoint = made(version)
    symbols = Exam(checkpoint.data).symbols
    prefix = "" if version == "version2" else "model."
    net = checkpoint.fill(lambda: model.Transformer(checkpoint.config, symbols), prefix)
    source, inputs = torch.tensor([[5, 6, 7]]), torch.tensor([[1, 8, 9, 5]])
    seen = inputs_of(net, lambda: net.scores(source, inputs))
    text = HOME.module(f"{version}.ask")
    for _, _, _, attention in layers_of(net):
        out = attention(*seen[attention])
        out = out[0] if isinstance(out, tuple) else out
        weights = torch.as_tensor(text.weights_of(attention, *seen[attention]))
        v = values(attention, *seen[attention])
        merged = (weights[None] @ v).transpose(1, 2).flatten(-2)
        torch.testing.assert_close(merged @ attention.w_o, out, atol=1e-5, rtol=1e-5)


def values(attention, x, memory, *_):
    """(1, H, S, K), of any of the four attention modules."""
    if isinstance(attention, version2.Attention):
        return attention.split(memory @ attention.w_v)
    if isinstance(attention, version3.CrossAttention):
        return memory[1]
    return version3.split(x @ attention.w_qkv, 3, attention.heads)[2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"heads": 5}, "a multiple of heads"),
        ({"layers": 10**9}, "fewer than its config needs"),
        ({"layers": 1}, None),
        ({"d_ff": 10**12}, "sizes"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(made, change, said):
    if said and "heads" in said:  # known from the config alone
        with pytest.raises(UserError, match=said):
            made("version3", **change)
        return
    checkpoint = made("version3", **change)
    if said is None:  # fewer layers than the file has: the rest is left alone
        assert checkpoint.writer(HOME.module("version3.ask"))
        return
    with pytest.raises(UserError, match=said):
        checkpoint.writer(HOME.module("version3.ask"))


def test_nothing_to_translate_is_refused(made):
    writer = written(made, "version2")
    for prompt in ("", "  \n", "dog " * 600):
        with pytest.raises(UserError, match="sentence"):
            generate(writer, [prompt], Settings(1))
    with pytest.raises(UserError, match="max_tokens"):
        generate(writer, ["dog"], Settings(501))
