"""dvc.yaml from the code: what decides a stage's result is a dependency, a missing one is named."""

from pathlib import Path

import pytest
import yaml

from common.errors import UserError
from common.paper import rooms
from common.run import pipeline

ROOT = Path(__file__).parents[1]
RNN = rooms(ROOT)["rnn"]


def stage(name):
    (found,) = [s for s in pipeline.stages(RNN.folder) if s.name == name]
    return found


def test_matrix_is_unfolded_into_names_commands_and_paths():
    found = stage("train@version2")
    assert found.command == "python -m papers.rnn.version2.train --record"
    assert "papers/rnn/version2/model.py" in found.deps
    assert "papers/rnn/version1/model.py" not in found.deps
    assert found.outs == ("papers/rnn/checkpoints/version2", "papers/rnn/metrics/version2.json")


def test_a_missing_and_a_superfluous_dependency_are_named():
    whole = pipeline.Stage(
        "s", "python -m papers.rnn.version2.train", tuple(pipeline.python_deps(
            ROOT, "python -m papers.rnn.version2.train")), ()
    )  # fmt: skip
    assert pipeline.differences(ROOT, whole) == ([], [])
    kept = [path for path in whole.deps if path != "common/run/training.py"]
    wrong = pipeline.Stage("s", whole.command, (*kept, "common/commands/cli.py", "data.json"), ())
    assert pipeline.differences(ROOT, wrong) == (
        ["common/run/training.py"],
        ["common/commands/cli.py"],
    )


def test_training_and_evidence_depend_on_what_their_seals_name_and_on_no_machinery():
    for command in ("papers.rnn.version2.train", "common.evidence rnn"):
        deps = pipeline.python_deps(ROOT, f"python -m {command}")
        assert {"common/run/training.py", "papers/rnn/task.py"} <= set(deps)
        assert not set(deps) & {"common/errors.py", "common/records/record.py", "common/paper.py"}
    assert "papers/rnn/evidence/measures.py" in deps  # whose claims are measured


def test_a_rung_depends_on_the_deviations_too():
    plain = pipeline.python_deps(ROOT, "python -m papers.rnn.version2.train")
    rung = pipeline.python_deps(ROOT, "python -m papers.rnn.version2.train --deviation x")
    assert set(plain) <= set(rung)
    assert {f"papers/rnn/evidence/{name}.py" for name in ("deviations", "injections")} <= set(rung)


def test_written_file_is_yaml_with_paths_from_the_root():
    written = yaml.safe_load(pipeline.render(ROOT, "rnn"))["stages"]
    assert {"data", "train", "evidence", "report"} <= set(written)
    for content in written.values():
        assert content["wdir"] == "../.."
    assert {"papers/rnn/runs", "papers/rnn/metrics"} <= set(written["evidence"]["deps"])


def test_what_an_interrupted_stage_must_not_lose_persists():
    for name, content in yaml.safe_load(pipeline.render(ROOT, "rnn"))["stages"].items():
        entries = content.get("outs", []) + content.get("metrics", [])
        for entry in (e for e in entries if name != "data"):
            assert next(iter(entry.values()))["persist"] is True


def test_versions_share_one_list_beside_their_own_files(tmp_path):
    """version1 has no use for what version2 executes, but `dvc.yaml` names their deps together."""
    for name, code in {
        "papers/toy/version1/train.py": "def train(run):\n    pass\n",
        "papers/toy/version2/train.py": "from common import b\n\n\ndef train(run):\n    b.f()\n",
        "papers/toy/version2/model.py": "x = 1\n",
        "common/b.py": "def f():\n    pass\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(code)
    found = [pipeline.python_deps(tmp_path, f"python -m papers.toy.version{i}.train") for i in "12"]
    assert found == [
        ["common/b.py", "papers/toy/version1/train.py"],
        ["common/b.py", "papers/toy/version2/model.py", "papers/toy/version2/train.py"],
    ]


def test_a_command_that_is_no_module_is_refused():
    with pytest.raises(UserError, match="python -m"):
        pipeline.python_deps(ROOT, "bash train.sh")
