"""Papers that tell no architecture: their rooms make none up, and have no twin of one."""

import ast
import re

import pytest

from common.evidence.claims import OUT, claims_of
from common.paper import room
from common.records.sources import imported_modules

WITHHELD = {"gpt4": "Sec. 2"}  # and where they say so
NETWORKS = {"Module", "ModuleList", "Sequential", "GPT", "GPT2", "GPT3"}
RUMOURS = re.compile(r"(?i)trillion|mixture.of.experts|\bMoE\b|\d ?T\b")


def networks(path):
    """Classes of the file that are networks: of torch's Module, or of a cited paper's."""
    for node in ast.walk(ast.parse(path.read_text())):
        bases = getattr(node, "bases", ())
        if {ast.unparse(base).split(".")[-1] for base in bases} & NETWORKS:
            yield node.name


@pytest.mark.parametrize(("paper", "place"), WITHHELD.items())
def test_a_network_that_no_paper_told_is_not_made_up(paper, place):
    """It runs one of a paper that it cites, and a claim out of reach says why."""
    home = room(paper)
    for version in home.paper.versions:
        path = home.path(version, "model.py")
        assert list(networks(path)) == []
        own = [m for m in imported_modules(path) if m.startswith("papers.")]
        assert any(m.split(".")[1] in home.paper.cites for m in own)
    assert [claim.id for claim in claims_of(home) if claim.kind == OUT and claim.place == place]


@pytest.mark.parametrize("paper", WITHHELD)
def test_no_rumour_of_its_size_stands_in_its_room(paper):
    for end in ("md", "py", "yaml", "j2"):
        for path in room(paper).folder.rglob(f"*.{end}"):
            assert not RUMOURS.search(path.read_text(encoding="utf-8")), path


def test_networks_and_rumours_are_noticed():
    assert list(networks(room("gpt3").path("version2", "model.py"))) == ["GPT3"]
    assert all(map(RUMOURS.search, ("1.8T parameters", "an MoE", "a Mixture of Experts")))
