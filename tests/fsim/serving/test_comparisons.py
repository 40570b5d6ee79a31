from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fsim.errors import FsimError, WriteError
from fsim.serving.comparisons import HEADER, MAX_COMPARISONS, ComparedSide, Comparison, Comparisons, Vote, VoteFile
from fsim.serving.loaded_index import LoadedIndex
from fsim.serving.request_error import RequestError

VOTE = Vote("2026-01-01T00:00:00Z", "id:3", "", "category=hat", 12, "a/b/default", "a/c/default", "left", "a/b/default")


def lines(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_votes_of_many_threads_and_files_are_all_there(tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    writers = [VoteFile(file), VoteFile(file)]

    def write(number: int) -> None:
        writers[number % 2].append(replace(VOTE, query=f"id:{number}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    header, *votes = lines(file)
    assert header == HEADER and {vote[1] for vote in votes} == {f"id:{number}" for number in range(20)}
    assert VoteFile(file) and all(len(vote) == len(HEADER) for vote in votes)


def test_no_cell_is_a_formula_or_breaks_its_line(tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    VoteFile(file).append(replace(VOTE, filters='=HYPERLINK("x")', left='@b\n"c'))
    (vote,) = lines(file)[1:]
    assert vote[3].startswith("'=") and vote[5].startswith("'@") and len(vote) == len(HEADER)


def test_what_is_no_table_of_votes_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "metadata.csv"
    file.write_text("image,split\n", encoding="utf-8")
    with pytest.raises(FsimError, match="no table of votes"):
        VoteFile(file)
    with pytest.raises(FsimError, match="no folder"):
        VoteFile(tmp_path / "nowhere" / "votes.csv")


def test_a_vote_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    votes = VoteFile(file)
    file.mkdir()
    with pytest.raises(WriteError, match="cannot write"):
        votes.append(VOTE)


def test_comparisons_are_blind_kept_for_a_while_and_bounded(make_loaded: Callable[..., LoadedIndex]) -> None:
    kept, loaded = Comparisons(), make_loaded()
    sides = {"left": ComparedSide("a", loaded, [3, 4]), "right": ComparedSide("b", loaded, [])}
    tokens = [kept.add(Comparison(str(at), "", "", 2, sides)) for at in range(MAX_COMPARISONS + 1)]
    assert kept.image(tokens[-1], "left", 1) == (loaded, 4) and len(kept._comparisons) == MAX_COMPARISONS
    for token, side, position in ((tokens[0], "left", 0), (tokens[-1], "left", 2), (tokens[-1], "middle", 0)):
        with pytest.raises(RequestError):
            kept.image(token, side, position)
    queries = [f"id:{at}" for at in range(200)]
    swapped = [kept.is_swapped(query) for query in queries]
    assert swapped == [kept.is_swapped(query) for query in queries] and 50 < sum(swapped) < 150
