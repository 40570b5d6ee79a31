from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fsim.catalog.audit.duplicates import alike, connected

COUNT = 12
PAIRS = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)))


def flooded(pairs: list[tuple[int, int]]) -> list[list[int]]:
    """From each number in turn, wherever pairs lead."""
    groups, seen = [], set()
    for start in range(COUNT):
        reached = {start}
        while True:
            more = {b for pair in pairs for a, b in (pair, pair[::-1]) if a in reached} - reached
            if not more:
                break
            reached |= more
        if len(reached) > 1 and start not in seen:
            groups.append(sorted(reached))
        seen |= reached
    return groups


@given(PAIRS)
def test_groups_are_what_pairs_reach(pairs: list[tuple[int, int]]) -> None:
    assert [group.tolist() for group in connected(COUNT, pairs)] == flooded(pairs)


@given(PAIRS, st.randoms())
def test_their_order_does_not_matter(pairs: list[tuple[int, int]], rng: object) -> None:
    shuffled = [pair[::-1] for pair in pairs]
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    ours, theirs = connected(COUNT, pairs), connected(COUNT, shuffled)
    assert [group.tolist() for group in ours] == [group.tolist() for group in theirs]


@given(st.lists(st.sampled_from(["a", "b", "c", None])))
def test_places_of_equal_keys(keys: list[str | None]) -> None:
    groups = [group.tolist() for group in alike(keys)]
    expected = {key: [place for place, one in enumerate(keys) if one == key] for key in keys if key is not None}
    assert groups == [places for places in expected.values() if len(places) > 1]


def test_nothing_hangs_together() -> None:
    assert connected(0, []) == connected(3, []) == connected(3, [(1, 1)]) == alike([None, None]) == []
