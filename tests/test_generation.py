"""Choosing tokens: greedy, drawing, beam; streaming; the conversation."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from common.ask import generation
from common.ask.generation import allowed, choose, generate, stream
from common.ask.streaming import before, pieces
from common.ask.writer import DIVERGED, Settings, Writer, change
from common.data.text import Characters
from common.errors import UserError

VOCABULARY = Characters("abcde\n")
WEIGHTS = np.random.default_rng(0).normal(size=(len(VOCABULARY), 7))
RARE = np.where(np.array(list(VOCABULARY.symbols)) == "\n", -4.0, 0.0)


def following(tokens, state):
    """A little recurrent model in NumPy."""
    state = np.zeros((len(tokens), 7)) if state is None else state
    for column in tokens.T:
        state = np.tanh(WEIGHTS[column] + 0.9 * np.roll(state, 1, axis=1))
    return state @ WEIGHTS.T + RARE, state


def writer(**changes):
    encode = lambda text: VOCABULARY.encode(text or "\n")  # noqa: E731
    return Writer(**{"encode": encode, "decode": VOCABULARY.decode, "next": following, **changes})


def plain(model, prompt, count):
    """Greedy, reading the whole text again for each token."""
    tokens = list(model.encode(prompt))
    for _ in range(count):
        tokens.append(int(model.next(np.array([tokens]), None)[0].argmax()))
    return model.decode(tokens[len(tokens) - count :])


PROMPTS = st.lists(st.text("abcde\n", max_size=6), min_size=1, max_size=4)
CHOICES = st.fixed_dictionaries(
    {
        "max_tokens": st.integers(0, 12),
        "temperature": st.sampled_from([0, 1e-300, 0.5, 1.0, 1e300]),
        "top_k": st.sampled_from([None, 1, 2, 6, 1000]),
        "top_p": st.sampled_from([0, 1e-9, 0.5, 1]),
        "seed": st.integers(0, 5),
    }
)


@given(
    PROMPTS,
    st.integers(0, 12),
    st.sampled_from([{"temperature": 0}, {"top_p": 0}, {"top_k": 1}, {"beam": 1}]),
)
@settings(max_examples=40, deadline=None)
def test_every_way_to_be_greedy_is_the_plain_loop(prompts, count, way):
    model = writer()
    expected = [plain(model, prompt, count) for prompt in prompts]
    assert generate(model, prompts, Settings(max_tokens=count, **way)) == expected


@pytest.mark.parametrize("way", [{"temperature": 0}, {"beam": 3}])
def test_however_many_texts_few_are_held_at_once(way, monkeypatch):
    held = []

    def counted(tokens, state):
        held.append(len(tokens))
        return following(tokens, state)

    monkeypatch.setattr(generation, "ROWS", 7)
    texts = [a + b for a in "abcde" for b in "abcde"]
    found = generate(writer(next=counted), texts, Settings(max_tokens=3, **way))
    assert max(held) <= 7
    assert found == [generate(writer(), [text], Settings(max_tokens=3, **way))[0] for text in texts]


@given(PROMPTS, CHOICES)
@settings(max_examples=40, deadline=None)
def test_a_batch_a_stream_and_one_alone_agree(prompts, choices):
    model, together = writer(), generate(writer(), prompts, Settings(**choices))
    for i, prompt in enumerate(prompts):
        alone = Settings(**{**choices, "seed": choices["seed"] + i})
        assert generate(model, [prompt], alone) == [together[i]]
        assert "".join(stream(model, prompt, alone)) == together[i]
        assert len(together[i]) == choices["max_tokens"]


@given(st.text())
@settings(max_examples=40, deadline=None)
def test_any_prompt_is_written_on_or_refused_by_its_symbol(prompt):
    strange = [c for c in prompt if c not in VOCABULARY.symbols]
    if not strange:
        assert len(generate(writer(), [prompt], Settings(max_tokens=3))[0]) == 3
        return
    with pytest.raises(UserError) as refused:
        generate(writer(), [prompt], Settings(max_tokens=3))
    assert repr(strange[0]) in str(refused.value)


def test_drawing_follows_the_probabilities():
    scores = np.log(np.array([[0.5, 0.3, 0.15, 0.05]])).repeat(4000, 0)
    random = [np.random.default_rng(i) for i in range(4000)]
    for choice, expected in [
        (Settings(), [0.5, 0.3, 0.15, 0.05]),
        (Settings(top_k=2), [0.625, 0.375, 0, 0]),
        (Settings(top_p=0.79), [0.625, 0.375, 0, 0]),
        (Settings(top_p=0.81), [0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0]),
        (Settings(temperature=0.5), np.array([0.25, 0.09, 0.0225, 0.0025]) / 0.365),
    ]:
        found = np.bincount(choose(scores, choice, random), minlength=4) / 4000
        np.testing.assert_allclose(found, expected, atol=0.03)
        assert ((found > 0) <= (np.array(expected) > 0)).all()


def test_top_p_counts_what_top_k_leaves():
    p, order = allowed(np.log([[0.1, 0.2, 0.3, 0.4]]), Settings(top_k=2, top_p=0.6))
    assert order[0][p[0] > 0].tolist() == [3, 2]
    p, order = allowed(np.log([[0.1, 0.2, 0.3, 0.4]]), Settings(top_k=2, top_p=0.5))
    assert order[0][p[0] > 0].tolist() == [3]


def test_a_forbidden_token_is_never_drawn():
    scores = np.array([[-np.inf, 0.0, -np.inf]]).repeat(50, 0)
    random = [np.random.default_rng(i) for i in range(50)]
    assert set(choose(scores, Settings(), random)) == {1}


WAYS = [{}, {"temperature": 0}, {"top_k": 2}, {"top_p": 0.5}, {"beam": 1}, {"beam": 3}]
UNUSABLE = {
    "all nan": [math.nan] * 6,
    "one nan": [0.0, math.nan, 0, 0, 0, 0],
    "nan and inf": [math.nan, math.inf, 0, 0, 0, 0],
    "all inf": [math.inf] * 6,
    "one inf": [0.0, 0, math.inf, 0, 0, 0],
    "all -inf": [-math.inf] * 6,
}


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("scores", UNUSABLE.values(), ids=UNUSABLE)
def test_scores_that_choose_no_token_are_one_error_for_every_way(way, scores, kind):
    """In the second row of a batch, at the second token."""

    def broken(tokens, state):
        rows = np.zeros((len(tokens), 6))
        if state is not None:
            rows[len(tokens) // 2] = scores
        return kind(rows), np.zeros((len(tokens), 1))

    with pytest.raises(UserError) as refused:
        generate(writer(next=broken), ["a", "b"], Settings(max_tokens=3, **way))
    assert str(refused.value) == DIVERGED


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_a_model_says_after_the_end_of_a_text_does_not_matter(way):
    """The first text ends at once; the scores that follow would be refused if it went on."""

    def ending(tokens, state):
        rows = np.full((len(tokens), 6), -np.inf)
        rows[:, 3] = 0.0
        if state is None:
            rows[0], rows[0, 2] = -np.inf, 0.0
            state = (np.arange(len(tokens)) == 0)[:, None]
        else:
            rows[state[:, 0]] = math.nan
        return rows, state

    found = generate(writer(next=ending, end=2), ["a", "b"], Settings(max_tokens=4, **way))
    assert found == ["", VOCABULARY.decode([3] * 4)]


def best(model, prompt, count, alpha):
    """The best text of at most `count` tokens, by trying all; ends in `model.end` or is cut."""
    end, found = model.end, []
    for length in range(1, count + 1):
        for tokens in itertools.product(range(len(VOCABULARY)), repeat=length):
            if end in tokens[:-1] or (tokens[-1] != end and length < count):
                continue
            worth, read = 0.0, list(model.encode(prompt))
            for token in tokens:
                scores = model.next(np.array([read]), None)[0][0]
                worth += scores[token] - np.log(np.exp(scores).sum())
                read.append(token)
            found.append((worth / ((5 + length) / 6) ** alpha, tokens))
    tokens = max(found)[1]
    return model.decode([t for t in tokens if t != end])


@pytest.mark.parametrize("alpha", [0.0, 0.6, 3.0])
def test_a_wide_beam_finds_the_best_text(alpha):
    model = writer(end=2)
    for prompt in ("a", "cd"):
        found = generate(model, [prompt], Settings(max_tokens=3, beam=216, length_penalty=alpha))
        assert found == [best(model, prompt, 3, alpha)]


def test_beams_of_a_batch_are_those_of_each_alone():
    model, choice = writer(end=4), Settings(max_tokens=9, beam=3)
    prompts = ["ab", "cd", "e", "ba"]
    assert generate(model, prompts, choice) == [generate(model, [p], choice)[0] for p in prompts]


def test_writing_stops_at_the_end():
    model = writer(end=int(VOCABULARY.encode("c")[0]))
    texts = generate(model, ["a", "b", "d", "e"], Settings(max_tokens=200, seed=1))
    assert all("c" not in text for text in texts)
    assert len({len(text) for text in texts}) > 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_tokens", -1),
        ("max_tokens", 1.5),
        ("temperature", -0.1),
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("top_k", 0),
        ("top_p", 1.1),
        ("top_p", "x"),
        ("beam", 0),
        ("beam", 10**6),
        ("seed", -1),
        ("seed", True),
    ],
)
def test_settings_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(UserError, match=name):
        Settings(**{name: value})


def test_a_beam_ends_drawing_and_drawing_the_beam():
    assert change(Settings(beam=4), {"top_p": 0.5}).beam is None
    assert change(Settings(beam=4), {"top_p": 0.5, "beam": None}).beam is None
    assert change(Settings(temperature=0.5), {"beam": 2}).beam == 2
    with pytest.raises(UserError, match="top_k"):
        change(Settings(), {"beam": 2, "top_k": 3})
    with pytest.raises(UserError, match="top_p"):
        change(Settings(), {"topp": 0.3})


@pytest.mark.parametrize(
    ("before", "given", "said"),
    [
        (Settings(), {"length_penalty": 1.0}, "'length_penalty' does nothing without a beam"),
        (
            Settings(beam=4),
            {"length_penalty": 1.0, "top_p": 0.5},
            "'length_penalty' does nothing without a beam",
        ),
        (Settings(beam=4), {"length_penalty": 1.0}, None),
        (Settings(), {"length_penalty": 1.0, "beam": 2}, None),
        (Settings(), {"temperature": 0, "top_k": 5}, "leave out 'top_k'"),
        (Settings(temperature=0), {"top_p": 0.5}, "leave out 'top_p'"),
        (Settings(top_k=5), {"temperature": 0}, None),
        (Settings(temperature=0, top_k=5), {"top_k": None}, None),
        (Settings(temperature=0), {"top_k": 5, "temperature": 1}, None),
    ],
)
def test_a_setting_that_would_do_nothing_is_refused(before, given, said):
    if said is None:
        changed = change(before, given)
        assert all(getattr(changed, name) == value for name, value in given.items())
        return
    with pytest.raises(UserError, match=said):
        change(before, given)


@given(st.binary(max_size=40) | st.text(max_size=20).map(str.encode))
def test_pieces_join_to_the_whole_text(content):
    decode = lambda tokens: bytes(tokens).decode("utf-8", "replace")  # noqa: E731
    assert "".join(pieces(decode, iter(content))) == decode(content)


def test_a_character_comes_when_it_is_whole():
    decode = lambda tokens: bytes(tokens).decode("utf-8", "replace")  # noqa: E731
    assert list(filter(None, pieces(decode, iter("aé🎭".encode())))) == ["a", "é", "🎭"]


@given(st.lists(st.text("ab\n", max_size=4)), st.text("ab\n", min_size=1, max_size=3))
def test_stop_cuts_where_it_begins(parts, stop):
    assert "".join(before(stop, iter(parts))) == "".join(parts).split(stop)[0]
