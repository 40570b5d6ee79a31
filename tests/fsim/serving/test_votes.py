from __future__ import annotations

import csv
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from fsim.errors import FsimError, WriteError
from fsim.serving.votes import HEADER, Vote, VoteFile

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
