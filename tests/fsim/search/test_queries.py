from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.search.queries import read_text, weighted_query


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
def test_a_picture_and_a_text_are_summed_as_directions(weight: float) -> None:
    draw = np.random.default_rng(0)
    pictures, text = draw.standard_normal((3, 4)).astype(np.float32), draw.standard_normal(4).astype(np.float32)
    found = weighted_query(100 * pictures, 0.01 * text, weight)
    for picture, one in zip(pictures, found, strict=True):
        expected = (1 - weight) * picture / np.linalg.norm(picture) + weight * text / np.linalg.norm(text)
        np.testing.assert_allclose(one, expected, atol=1e-6)
        np.testing.assert_array_equal(one, weighted_query(100 * picture, 0.01 * text, weight))
    assert found.dtype == np.float32 and not np.isnan(weighted_query(0 * pictures, 0 * text, weight)).any()


@hypothesis.given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_one_line_or_refused(text: str) -> None:
    try:
        found = read_text(text)
    except FsimError as error:
        assert "red striped dress" in str(error)
        return
    assert found == " ".join(found.split()) == read_text(found) and len(found) <= len(text)
    found.encode()
    assert not {chr(number) for number in (*range(32), 127)} & set(found)


def test_a_text_keeps_what_joins_letters() -> None:
    assert read_text("  red\tstriped \n dress\x00 ") == "red striped dress"
    joined = "\u0645\u06cc\u200c\u062e\u0648 \U0001f469\u200d\U0001f3a4"
    assert read_text(joined) == joined
