"""Every version still computes what it computed when its golden run was kept."""

import ast
import math

import pytest

from common.commands.reseal import golden_path, read_golden, run_golden
from common.config import plan, size_names
from common.data.catalog import get
from common.data.place import folder_of
from common.evidence.deviations import deviations_of
from common.paper import Variant, rooms
from common.run.golden import EXACT
from common.run.processors import hardware_name, processor

VERSIONS = [(name, version) for name, home in rooms().items() for version in home.paper.versions]


def sizes(home):
    return [Variant(home.newest, size=size).name for size in size_names(home)]


def variants(home):
    trained = [d.id for d in deviations_of(home) if d.trained]
    return [*home.paper.versions, *(f"{home.newest}+{name}" for name in trained), *sizes(home)]


PLAIN = [*VERSIONS, *((name, size) for name, home in rooms().items() for size in sizes(home))]


# Numbers that another processor agrees on than the one that wrote them, where it is not all:
# Adagrad's steps at 0.1 are so long that another order of sums is a hundredth of the loss some
# thirty steps later.
ALIKE = {("rnn", "version1"): 3}
FEWEST = {
    "ngram": 20,
    "tfidf": 8,
    "word2vec": 30,
}  # numbers of a golden run: these count, in few steps or none


@pytest.mark.parametrize(("name", "version"), PLAIN)
def test_golden_run(name, version):
    home = rooms()[name]
    dataset = get(home.paper.dataset)
    if not (dataset.embedded or folder_of(dataset).is_dir()):
        pytest.skip(f"{home.paper.dataset} is not here: papers data fetch {home.paper.dataset}")
    if not golden_path(home, version).is_file() and not list(home.folder.glob("runs/*/*.json")):
        pytest.skip(f"{name} was never run: papers reproduce {name}")
    kept, found = read_golden(golden_path(home, version)), run_golden(home, version)
    assert found.keys() == kept.keys() and len(kept) > FEWEST.get(name, 40)
    # Another processor sums in another order; on the machine that wrote it, it is bit for bit.
    other = "zen4" not in hardware_name(processor(), None, 1, "float32")
    alike = ALIKE.get((name, version)) if other else None
    numbers = [what for what in kept if what not in EXACT][:alike]
    assert [number(found[what]) for what in numbers] == pytest.approx(
        [number(kept[what]) for what in numbers], rel=5e-3, abs=1e-4
    )


def number(text):
    value = ast.literal_eval(text)
    return math.nan if value is None else value


@pytest.mark.parametrize("name", rooms())
def test_no_golden_run_equals_another(name):
    """Where two did, the sizes of the run would hide what tells the variants apart."""
    home = rooms()[name]
    texts = {v: p.read_text() for v in variants(home) if (p := golden_path(home, v)).is_file()}
    assert len(set(texts.values())) == len(texts)
    if list(home.folder.glob("runs/*/*.json")):
        assert set(texts) == set(variants(home))


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_golden_runs_reach_what_only_later_steps_and_layers_do(name, version):
    """Two layers at least, gradients that are clipped, a mean of several checkpoints, a schedule
    with its rise and its fall."""
    config, home = plan(rooms()[name], version, "smoke").config, rooms()[name]
    assert getattr(config, "layers", 2) >= 2
    assert getattr(config, "warmup", 1) < config.steps if hasattr(config, "steps") else True
    if hasattr(config, "averaged"):
        assert config.averaged > 1 and config.averaged * config.apart < config.steps
    if hasattr(config, "clip") and golden_path(home, version).is_file():
        usual = type(config)().clip
        assert config.clip < usual or version == "version1"
