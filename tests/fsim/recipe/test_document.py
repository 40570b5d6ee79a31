from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fsim.recipe.document import parse, yaml_text
from fsim.recipe.mistake import RecipeError

text = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=8)  # PyYAML loses line breaks
plain = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False) | text
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.", 1.0),
        (".5", 0.5),
        ("-3", -3),
        ("+3", 3),
        ("010", 10),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("null", None),
        (".inf", float("inf")),
        ("1e400", float("inf")),
        ("2024-01-01", "2024-01-01"),
        ("'1'", "1"),
        ('"true"', "true"),
    ],
)
def test_scalars_are_read_as_people_write_them(text: str, value: object) -> None:
    read = parse(f"x: {text}", "f").value["x"]
    assert read == value
    assert type(read) is type(value)


@given(st.dictionaries(text, values, max_size=4))
@example({"": "0E0", "1e3": "1e-3"})
def test_what_yaml_writes_is_read_back(value: dict[str, object]) -> None:
    assert parse(yaml_text(value), "f").value == value


@given(st.text(max_size=60))
def test_no_text_is_a_crash(text: str) -> None:
    try:
        parse(text, "f")
    except RecipeError as error:
        assert str(error).startswith("  f")


def test_every_value_knows_its_place() -> None:
    document = parse("a: 1\nb:\n  - {c: 2}\n  - 3\n", "f")
    assert document.where(("a",)) == "f:1:1"
    assert document.where(("b", 0, "c")) == "f:3:6"
    assert document.where(("b", 1)) == "f:4:5"
    assert document.where(("b", 1, "missing")) == "f:4:5"


def test_duplicate_keys_are_problems_that_name_both_places() -> None:
    document = parse("a: 1\nb: 2\na: 3\n", "f")
    assert [str(mistake) for mistake in document.mistakes] == ["f:3:1: a: is given twice (first at f:1:1)"]
    assert document.value["a"] == 1


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\t- x", "- 1\n- 2", "just text"])
def test_what_is_not_a_mapping_of_yaml_is_told_with_its_place(text: str) -> None:
    with pytest.raises(RecipeError, match=r"f:1:|f:2:"):
        parse(text, "f")


def test_tags_run_no_code() -> None:
    document = parse("a: !!python/name:os.system x\nb: !own 3", "f")
    assert "tags such as" in document.mistakes[0].message


def test_aliases_of_aliases_do_not_explode() -> None:
    bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
    )
    with pytest.raises(RecipeError, match="aliases"):
        parse(bomb, "f")
    with pytest.raises(RecipeError, match=r"aliases|deeply"):
        parse("a: &a [*a]", "f")
