from __future__ import annotations

import pytest

from fsim.errors import FsimError
from fsim.recipe.document import Document
from fsim.recipe.recipe_file import override


def test_overrides() -> None:
    document = Document({"a": {"b": 1}, "l": [{"m": 1}, {"m": 2}]})
    override(document, ["a.b=1e-3", "l.1.m=[1, x]", "new.deep.key=true", "a.c={d: 1}"])
    assert document.value == {
        "a": {"b": 0.001, "c": {"d": 1}},
        "l": [{"m": 1}, {"m": [1, "x"]}],
        "new": {"deep": {"key": True}},
    }
    assert document.mistakes == []
    assert document.where(("a", "b")) == "command line: a.b=1e-3"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [("l.7=1", "not a position"), ("a.b.c=1", "cannot be set"), ("l.x=1", "not a pos")],
)
def test_overrides_of_nothing_are_problems(assignment: str, message: str) -> None:
    document = Document({"a": {"b": 1}, "l": [1]})
    override(document, [assignment])
    assert message in document.mistakes[0].message


def test_a_digit_that_is_no_number_is_a_name() -> None:
    document = Document({"losses": [{}]})
    override(document, ["losses.².margin=1"])
    assert "not a position" in document.mistakes[0].message


def test_an_override_without_equals_is_told() -> None:
    with pytest.raises(FsimError, match=r"key\.path=value"):
        override(Document({}), ["train.epochs"])
