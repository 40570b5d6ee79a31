"""The matrix of attributes against the mappings that it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsim.errors import FsimError
from fsim.functional.labels.attribute_labels import attribute_labels

values = st.one_of(
    st.sampled_from(["red", "blue", "7", ""]),
    st.lists(st.sampled_from(["red", "blue", "green"]), max_size=3),
    st.booleans(),
    st.none(),
)
mappings = st.lists(st.dictionaries(st.sampled_from(["colour", "pattern", "lined"]), values), max_size=6)


@given(mappings)
def test_each_value_is_what_the_mapping_says(attributes: list[dict[str, Any]]) -> None:
    labels = attribute_labels(attributes)
    assert labels.values.shape == (len(attributes), len(labels.names)) and labels.values.dtype == np.int8
    assert len({*zip(labels.types, labels.names, strict=True)}) == len(labels.names)
    for mapping, row in zip(attributes, labels.values.tolist(), strict=True):
        for kind, name, found in zip(labels.types, labels.names, row, strict=True):
            value = mapping.get(kind)
            if value is None or value == "":
                expected = 0
            elif isinstance(value, bool):
                expected = 1 if value and name == kind else -1
            else:
                expected = 1 if name in (value if isinstance(value, list) else [value]) else -1
            assert found == expected


def test_a_price_for_each_image_is_refused() -> None:
    with pytest.raises(FsimError, match="prices"):
        attribute_labels([{"price": str(number)} for number in range(50_000)])
