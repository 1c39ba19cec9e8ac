"""The size `long`: asked for by name, no stage of DVC, beside published numbers on its page."""

from __future__ import annotations

import math

import pytest

from common.commands import cli
from common.config import plan
from common.errors import UserError
from common.paper import Published, rooms
from common.records.record import read_records
from common.reports import longer, render, sizes
from common.reports.results import load
from common.run import pipeline
from tests.factory import make_record
from tests.running import DEVIATIONS, PLAIN, elsewhere, enter, make_running, recorded

NAME = "longer"
PARAMS = """profile: smoke

smoke:
  seeds: [0, 1, 2]
  sizes:
    xs: {steps: 8}
    long: {steps: 60, seeds: [4, 5], engine: {threads: 1}}
"""
OTHERS = Published("their net, 3 layers", 0.25, "https://example.org/net", "in windows")
pytestmark = pytest.mark.usefixtures(elsewhere.__name__)


def make(root, params=PARAMS, published=(OTHERS,)):
    versions = {"version1": PLAIN, "version2": PLAIN}
    own = {"params": params, "deviations": DEVIATIONS, "published": published}
    folder = make_running(root, NAME, versions, **own)
    declared = folder / "__init__.py"
    declared.write_text(declared.read_text().replace("import Metric", "import Published, Metric"))
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Everything that `dvc repro` records, then what `papers reproduce --long` adds."""
    root = tmp_path_factory.mktemp("longer")
    make(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("DVC_EXP_NAME", raising=False)
        for version in ("version1", "version2"):
            recorded(root, NAME, version)
        recorded(root, NAME, "version2", size="xs")
        with pytest.raises(SystemExit) as stopped:
            cli.main(["reproduce", NAME, "--long"])
        assert not stopped.value.code
    return root


@pytest.fixture
def home(root, monkeypatch):
    return enter(root, NAME, monkeypatch)


def test_it_is_recorded_at_its_own_steps_and_seeds_with_its_weights(home):
    record = next(r for r in read_records(home.folder) if r.size == "long")
    assert (record.variant, record.config["steps"]) == ("version2-long", 60)
    assert [run.seed for run in record.seeds] == [4, 5]
    assert home.path("checkpoints", "version2-long", "weights.safetensors").is_file()


def test_no_stage_trains_it_and_none_is_missed(home, root):
    home.path("dvc.yaml").write_text(pipeline.render(root, NAME))
    assert pipeline.trained(home)["sizes@xs"] == "version2-xs"
    assert "version2-long" not in pipeline.trained(home).values()
    assert pipeline.untrained(home) == []


def test_the_page_shows_it_beside_published_numbers_and_apart_from_the_sizes(home, root):
    page = (root / "reports" / f"{NAME}.md").read_text()
    section = page.partition("\n## Trained for longer\n")[2]
    rows = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    [mean] = {float(row.split("|")[2]) for row in rows if "`version2-long`" in row}
    results = load(root)[NAME]
    values = results.values("version2-long", results.paper.metric.name).values()
    assert mean == pytest.approx(sum(values) / 2, rel=1e-3)
    [theirs] = [row for row in rows if "their net, 3 layers" in row]
    assert "](https://example.org/net), in windows | 0.2500 | – | – | – |" in theirs
    assert {size.name for size in sizes.sizes(results)} == {"version2", "xs"}
    assert render.check(root) == []


def test_published_numbers_stand_alone_nowhere(tmp_path, monkeypatch):
    make(tmp_path)
    monkeypatch.chdir(tmp_path)
    recorded(tmp_path, NAME, "version2")
    assert not longer.table(load(tmp_path)[NAME])


def test_running_text_is_measured_in_nats_on_both_halves_of_its_last_tenth():
    [seed] = make_record(seeds=[0]).seeds
    seed.metrics.update(bits_per_character=2.0, validation_bits=3.0)
    assert longer._last_tenth(seed) == pytest.approx(2.5 * math.log(2))
    seed.metrics.pop("validation_bits")
    assert longer._last_tenth(seed) is None


@pytest.mark.parametrize(
    ("own", "said"),
    [("3", "engine must be a mapping"), ("{cores: 2}", "engine has no key 'cores'")],
)
def test_an_engine_that_params_yaml_says_wrongly_is_named(tmp_path, monkeypatch, own, said):
    make(tmp_path, PARAMS.replace("{threads: 1}", own))
    with pytest.raises(UserError, match=f"smoke.sizes.long.{said}"):
        plan(enter(tmp_path, NAME, monkeypatch), "version2", size="long")


def test_the_size_says_which_engine_unless_the_command_does(tmp_path, monkeypatch):
    make(tmp_path, PARAMS.replace("threads: 1", "dtype: bfloat16"))
    home = enter(tmp_path, NAME, monkeypatch)
    assert plan(home, "version2", size="long").engine == {"dtype": "bfloat16"}
    with pytest.raises(UserError, match="does without torch: it has no --device, no --dtype"):
        recorded(tmp_path, NAME, "version2", size="long")
    assert recorded(tmp_path, NAME, "version2", size="long", dtype="float32").size == "long"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([NAME, "--profile", "cpu"], "--long has no --profile"),
        ([NAME, "--json"], "--long has no --json"),
        ([NAME], f"{NAME} has no size 'long' in its params.yaml. Known: none."),
        ([], "no paper has a size 'long'"),
    ],
)
def test_what_it_cannot_do_is_said(tmp_path, monkeypatch, capsys, words, said):
    make(tmp_path, PARAMS.replace("    long", "    s"))
    assert rooms(tmp_path)
    enter(tmp_path, NAME, monkeypatch)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["reproduce", *words, "--long"])
    assert stopped.value.code == 2 and said in capsys.readouterr().err
