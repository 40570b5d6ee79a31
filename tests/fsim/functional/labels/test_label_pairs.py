from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from fsim.functional.labels.label_pairs import label_pairs


@given(st.lists(st.integers(-1, 3), max_size=8))
def test_equals_a_double_loop(labels: list[int]) -> None:
    positive, negative = label_pairs(torch.tensor(labels, dtype=torch.int64))
    assert positive.dtype == negative.dtype == torch.bool
    assert positive.shape == negative.shape == (len(labels), len(labels))
    for i, first in enumerate(labels):
        for j, second in enumerate(labels):
            known = first != -1 and second != -1
            assert bool(positive[i, j]) == (known and i != j and first == second)
            assert bool(negative[i, j]) == (known and first != second)
