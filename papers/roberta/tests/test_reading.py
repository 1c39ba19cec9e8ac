"""What is read: rows of full sentences, spaces, what is hidden, and the learner's choices."""

import pytest
import torch

from common.run.engine import Masters
from papers.bpe.version2 import model as bpe
from papers.roberta.evidence import experiments
from papers.roberta.evidence.injections import learner, paired, rows, small
from papers.roberta.version1 import model as model1
from papers.roberta.version2 import model as model2


@pytest.mark.parametrize("model", [model1, model2])
def test_rows_by_hand(model):
    """Of eight places six are for tokens; documents end with </s>, and a long sentence is cut."""
    documents = [[[10, 11], [12, 13, 14]], [[20, 21]], [[30] * 9], [[40]]]
    assert model.full_sentences(documents, 8).tolist() == [
        [0, 10, 11, 12, 13, 14, 2, 1],
        [0, 20, 21, 2, 1, 1, 1, 1],
        [0, 30, 30, 30, 30, 30, 30, 2],
        [0, 40, 2, 1, 1, 1, 1, 1],
    ]


@pytest.mark.parametrize("length", [8, 13, 32])
def test_versions_make_the_same_rows(length):
    rng = torch.Generator().manual_seed(length)
    lengths = torch.randint(1, 14, (30, 3), generator=rng).tolist()
    documents = [[[5 + n] * n for n in each] for each in lengths]
    one, two = (model.full_sentences(documents, length) for model in (model1, model2))
    assert one.tolist() == two.tolist()


def test_a_word_is_the_same_token_first_and_inside():
    texts = ["the film is fine and the film is long and the plot is fine"] * 5
    tokenizer = bpe.train([model2.spaced(text) for text in texts], 256 + 60)
    alone = tokenizer.encode(model2.spaced("film"))
    inside = tokenizer.encode(model2.spaced("the film is"))
    assert inside[1:-1] == alone and len(alone) == 1
    assert tokenizer.encode(model1.spaced("film")) != alone


def test_byte_pairs_are_those_of_tokenizers():
    """Its byte-level pre-tokenizer with add_prefix_space, our merges: the ids of RoBERTa's way."""
    tokenizers = pytest.importorskip("tokenizers")
    texts = ["the film is fine , n't it", "a dull film with n't a plot", "1930s caf\u00e9 films"]
    ours = bpe.train([model2.spaced(text) for text in texts * 3], 256 + 50)
    shown = ["".join(bpe.SHOWN[ours.to_id[b]] for b in token) for token in ours.tokens]
    merges = [(shown[a], shown[b]) for a, b in ours.merges]
    theirs = tokenizers.Tokenizer(
        tokenizers.models.BPE({s: i for i, s in enumerate(shown)}, merges)
    )
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=True)
    for text in [*texts, "film", "an unseen film", "\u041c\u0438\u0440 7"]:
        assert ours.encode(model2.spaced(text)) == theirs.encode(text).ids


def test_rates_of_hiding():
    torch.manual_seed(0)
    tokens = torch.randint(5, 1_000, (500, 100))
    tokens[:, 0], tokens[:, -1] = 0, 2
    seen, targets = model2.Hiding(1_000, 0.15)(tokens)
    chosen = targets >= 0
    assert abs(chosen[:, 1:-1].float().mean() - 0.15) < 0.005 and not chosen[:, [0, -1]].any()
    masked, same = (seen == 4)[chosen].float().mean(), (seen == targets)[chosen].float().mean()
    assert abs(masked - 0.8) < 0.015 and abs(same - 0.1) < 0.012
    assert ((seen >= 5) | (seen == 4))[chosen].all()
    assert torch.equal(seen[~chosen], tokens[~chosen])


def test_masks_are_a_function_of_seed_and_step():
    def loss(step, seed=0):
        config = {"dropout": 0.0, "learning_rate": 0.0}
        found = learner(model2, small(model2), **config)
        found.seed = seed
        return found.pretrain(rows(), step)

    assert loss(3) == loss(3) and loss(3) != loss(4) and loss(3) != loss(3, seed=1)


def test_decay_of_fine_tuning_is_its_own():
    net = small(model2)
    masters = Masters(net.parameters())
    for tuning, wanted in ((None, {0.01, 0.0}), (9, {0.1, 0.0})):
        groups = model2.Learner(net.config, net, masters, 0, 20, tuning).optimizer.param_groups
        assert {group["weight_decay"] for group in groups} == wanted
        assert {group["betas"] for group in groups} == {(0.9, 0.98)}


def test_gradients_are_left_as_they_are_by_default():
    """AdamW's first average is a tenth of the gradients that it was given."""

    def size(clip):
        found = learner(model2, small(model2), clip=clip)
        found.pretrain(rows(), 0)
        return sum(s["m"].square().sum() for s in found.optimizer.state.values()) ** 0.5

    assert model2.Config().clip == 1e9
    assert size(1e9) > 0.01 and size(1e-3) == pytest.approx(1e-4, rel=1e-3)


def test_pairs_keep_or_change_their_second_half():
    tokens = torch.arange(6 * 8).view(6, 8) + 5
    found, follows = paired(tokens, 0)
    assert 0 < follows.sum() < 6
    for n in range(6):
        own = tokens[n if follows[n] else n - 1]
        assert found[n, 5:].equal(own[5:]) and found[n, :3].equal(tokens[n, :3])
        assert found[n, 3:5].tolist() == [2, 2]


def test_every_mask_of_ten_is_read_four_times_in_forty_epochs():
    assert set(experiments.readings(10, 40).values()) == {4}
    assert set(experiments.readings(1, 40).values()) == {40}
    assert max(experiments.readings(None, 40).values()) < 4
