"""A room with several datasets: each is pinned in the record, fetched, watched by DVC and shown."""

from __future__ import annotations

import pytest

from common.commands.checking import of_records
from common.data.catalog import files_sha256, get
from common.data.fetch import has_records
from common.errors import UserError
from common.records.record import read_record, read_records
from common.reports import provenance, render
from common.run import pipeline, request, worker
from common.tracking import client as tracking
from tests.factory import make_record
from tests.running import PLAIN, elsewhere, enter, make_recorded, make_running, python, recorded
from tests.stores import empty_store

NAME = "two_sets"
DATA = {"dataset": "digits", "more_data": {"pretrain": "tinyshakespeare"}}
TRAIN = PLAIN.replace('"A sample."', 'f"{run.data} {run.more_data}"')
pytestmark = pytest.mark.usefixtures(elsewhere.__name__)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("sets")
    make_recorded(root, NAME, {"version1": TRAIN}, **DATA)
    return root


@pytest.fixture
def home(root, monkeypatch):
    return enter(root, NAME, monkeypatch)


@pytest.fixture
def record(home):
    [path] = home.folder.glob("runs/*/version1.json")
    return read_record(path)


def test_each_is_pinned_in_the_record_under_its_use(record, home, root):
    known = {use: get(name) for use, name in home.paper.datasets.items()}
    assert {use: data.sha256 for use, data in record.datasets.items()} == {
        use: files_sha256(dataset.files) for use, dataset in known.items()
    }
    assert record.data_names == "digits, tinyshakespeare (pretrain)"
    assert record.seeds[0].samples == ["digits {'pretrain': 'tinyshakespeare'}"]
    assert "more_data" not in make_record().model_dump()
    assert of_records(root, home, [record]) == []
    assert has_records(home.folder, "tinyshakespeare") and has_records(home.folder, "digits")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: {}, "has a dataset for pretrain, unlike it"),
        (lambda data: data | {"test": data["pretrain"]}, "has no dataset for test"),
        (
            lambda data: {"pretrain": data["pretrain"].model_copy(update={"sha256": "ab" * 32})},
            "the catalogue knows other bytes of tinyshakespeare",
        ),
    ],
)
def test_another_dataset_than_the_rooms_is_named(record, home, root, change, said):
    forged = record.model_copy(update={"more_data": change(record.more_data)})
    assert any(said in sentence for sentence in of_records(root, home, [forged]))


def test_records_of_other_data_do_not_stand_beside(record, home):
    other = record.datasets
    other["pretrain"] = other["pretrain"].model_copy(update={"name": "own", "sha256": "ab" * 32})
    with pytest.raises(UserError, match="has records of tinyshakespeare, .* learn from own"):
        request.check_beside(home, record.hardware.name, other, record.profile)


def test_dvc_has_a_stage_and_a_receipt_for_each(home, root):
    home.path("dvc.yaml").write_text(pipeline.render(root, NAME))
    found = {stage.name: stage for stage in pipeline.stages(home.folder)}
    sets = {"data": "digits", "data-pretrain": "tinyshakespeare"}
    for stage, name in sets.items():
        receipt = f"papers/{NAME}/{stage}.json"
        assert found[stage].command.endswith(f"data fetch {name} --receipt {receipt}")
        assert found[stage].outs == (receipt,) and receipt in found["train@version1"].deps


def test_ones_own_text_takes_the_place_of_the_one_that_is_text(home, root, tmp_path):
    text, said = tmp_path / "my.txt", []
    text.write_text("the quick brown fox jumps over the lazy dog.\n" * 40)
    made = recorded(root, NAME, "version1", record=False, said=said, data=str(text), seeds=(0,))
    assert "your text takes the place of tinyshakespeare (pretrain)." in said
    assert made.data_names == "digits, file:my.txt (pretrain)"
    assert made.seeds[0].samples == [f"digits {{'pretrain': '{text}'}}"]
    job = {"paper": NAME, "seed": 0, "data": {"": "digits", "pretrain": str(text)}}
    with pytest.raises(UserError, match=r"my.txt has changed since this run began"):
        worker.work({**job, "sha256": {"": "", "pretrain": "ab" * 32}})


def test_a_stand_in_for_any_of_them_is_said(record):
    pretrain = record.more_data["pretrain"].model_copy(update={"stand_in_for": "wikitext2"})
    [told] = provenance.stand_ins([record.model_copy(update={"more_data": {"pretrain": pretrain}})])
    assert (told.name, told.stand_in_for) == ("tinyshakespeare", "wikitext2")


def test_the_page_and_mlflow_name_both(record, home, root, template):
    render.write_reports(root)
    page = (root / "reports" / f"{NAME}.md").read_text()
    assert "Dataset: `digits`" in page and "Dataset for pretrain: `tinyshakespeare`" in page
    with empty_store(template) as uri:
        tracking.import_records([record], uri, papers={NAME: home.paper})
        runs, _ = tracking.query(uri)
        [parent] = runs.loc[runs["level"] == "variant", "run_id"]
        inputs = tracking.prepare(uri).get_run(parent).inputs.dataset_inputs
        assert {(i.tags[0].value, i.dataset.name) for i in inputs} == {
            ("train", "digits"),
            ("pretrain", "tinyshakespeare"),
        }
        assert tracking.read_back(uri) == [record]


@pytest.mark.slow
def test_dvc_fetches_both_and_trains(tmp_path):
    make_running(tmp_path, NAME, {"version1": TRAIN}, **DATA)
    python(tmp_path, "dvc", "init", "-q", "--no-scm")
    python(tmp_path, "papers", "pipeline", NAME)
    said = python(tmp_path, "dvc", "repro", f"papers/{NAME}/dvc.yaml")
    assert "data-pretrain" in said
    [made] = read_records(tmp_path / "papers" / NAME)
    assert made.data_names == "digits, tinyshakespeare (pretrain)"
    assert "up to date" in python(tmp_path, "dvc", "status", f"papers/{NAME}/dvc.yaml")
