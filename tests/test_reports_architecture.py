"""The figure of a room's architecture: what architecture.yaml may say, and what is drawn of it."""

import re
from xml.etree import ElementTree

import pytest
import yaml

from common.errors import UserError
from common.paper import find_root, rooms
from common.reports import architecture, render, store
from tests.factory import make_room

PLAN = {
    "title": "A table",
    "letters": "B streams, V symbols",
    "boxes": {
        "x": [0, 0, "character $x_t$", "data"],
        "fork": [0, 0.7, "", "fixed"],
        "table": [0, 1.5, "row $W[x_t]$", "learned"],
        "sum": [0, 2.5, "+", "fixed"],
        "other": [1, 2.5, "bias (V)", "learned"],
        "side": [1, 1, "a\nb", "fixed"],
    },
    "arrows": [
        "x -> table -(B, V)-> sum",
        "left: fork -> sum",
        "other -(V)-> sum",
        "across: side -> table",
        "x -> side",
    ],
    "frames": {"× N": ["fork", "table", "sum"]},
}


def read(folder, plan):
    path = folder / "papers" / "toy" / architecture.FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    return architecture.read(path)


def test_a_figure_is_the_same_bytes_every_time(tmp_path):
    drawing = read(tmp_path, PLAN)
    once = architecture.draw(drawing)
    assert once == architecture.draw(drawing)
    ElementTree.fromstring(once)


def test_another_shape_is_another_figure(tmp_path):
    plan = {**PLAN, "arrows": ["x -> table -(B, H)-> sum", *PLAN["arrows"][1:]]}
    assert architecture.draw(read(tmp_path, PLAN)) != architecture.draw(read(tmp_path, plan))


def test_an_arrow_is_its_boxes_and_what_flows():
    assert architecture.parsed("left: a -> b -$h_t$ (B, T - 1)-> c") == (
        "left",
        ["a", "b", "c"],
        ["", "$h_t$ (B, T - 1)"],
    )


@pytest.mark.parametrize(
    ("route", "corners"),
    [("", 2), ("left", 4), ("right", 4)],
)
def test_an_arrow_within_a_column_is_straight_or_goes_round(route, corners):
    below, above = (architecture.Box("words", "fixed", 2.0, y) for y in (1.0, 3.0))
    between = architecture.Box("much longer words", "fixed", 2.0, 2.0)
    points = architecture.way(below, above, route, [below, above, between])
    assert len(points) == corners
    if route:
        assert abs(points[1][0] - 2.0) > between.half


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arrows": ["x -> tabel"]}, "toy/architecture.yaml: no box 'tabel'. Did you mean 'table'"),
        ({"arrows": ["x"]}, "leads nowhere"),
        ({"frames": {"N": ["tabel"]}}, "no box 'tabel'"),
        ({"boxes": {"x": [0, 0, "x", "blue"]}}, "boxes.x.3: input should be 'learned'"),
        ({"letters": None}, "letters: input should be a valid string"),
        ({"colour": "red"}, "colour: extra inputs are not permitted"),
    ],
)
def test_a_slip_is_named(tmp_path, change, said):
    with pytest.raises(UserError, match=re.escape(said)):
        read(tmp_path, {**PLAN, **change})


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ([0.1, 1.4, "too near", "fixed"], "the boxes 'table' and 'more' overlap"),
        ([1, 0, "words " * 12, "fixed"], "the box 'more' is too wide"),
    ],
)
def test_what_could_not_be_read_is_refused(tmp_path, box, said):
    drawing = read(tmp_path, {**PLAN, "boxes": {**PLAN["boxes"], "more": box}})
    with pytest.raises(UserError, match=said):
        architecture.draw(drawing)


def test_reports_write_the_figure_and_notice_when_it_is_out_of_date(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "numbers", store.frames)  # without the tracking store: seconds
    root = make_room(tmp_path, "alpha", ("version1",))
    plan = root / "papers" / "alpha" / architecture.FILE
    plan.write_text(yaml.safe_dump(PLAN), encoding="utf-8")
    render.write_paper(root, "alpha")
    figure = root / "reports" / "figures" / "alpha-architecture.svg"
    assert figure.read_bytes() == architecture.draw(architecture.read(plan))
    plan.write_text(plan.read_text().replace("A table", "Another table"), encoding="utf-8")
    assert [problem for problem in render.check(root) if figure.name in problem]


@pytest.mark.parametrize("room", rooms().values(), ids=lambda room: room.name)
def test_the_committed_figure_is_what_the_room_says(room):
    if not list(room.folder.glob("runs/*/*.json")):
        pytest.skip(f"{room.name} was never run: papers reproduce {room.name}")
    drawn = architecture.draw(architecture.read(room.path(architecture.FILE)))
    path = find_root() / "reports" / "figures" / f"{room.name}-architecture.svg"
    assert path.read_bytes() == drawn, "`papers report` draws it anew"
