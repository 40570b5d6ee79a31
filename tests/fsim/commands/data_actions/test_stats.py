"""What `fsim data stats` prints and refuses."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fsim.commands.data_actions import stats
from fsim.errors import FsimError


def execute(*words: object) -> None:
    parser = argparse.ArgumentParser()
    stats.add_arguments(parser)
    assert stats.execute(parser.parse_args([str(word) for word in words])) == 0


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A table of 40 categories."""
    Image.new("RGB", (4, 4)).save(tmp_path / "black.png")
    rows = [f"{'./' * number}black.png,category{number:02}" for number in range(40)]
    (tmp_path / "metadata.csv").write_text("\n".join(["image,category", *rows]))
    return tmp_path


def test_long_tails_are_cut_in_the_terminal_only(many: Path, capsys: pytest.CaptureFixture[Any]) -> None:
    execute(many, "--split", "all")
    said = capsys.readouterr().out
    assert "category23" in said and "category25" not in said
    assert "and 16 more" in said and "and 15 more" in said  # below a row for all, and without one
    execute(many, "--json")
    assert len(json.loads(capsys.readouterr().out)["categories"]) == 40


def test_sizes_out_of_range_are_refused(many: Path) -> None:
    with pytest.raises(FsimError, match="--size 3: give 8 to 2048 pixels"):
        execute(many, "--size", 3)


def test_a_page_without_a_folder_is_told_before_the_work(many: Path) -> None:
    with pytest.raises(FsimError, match="there is no folder"):
        execute("nothing that is there", "--html", many / "nowhere" / "page.html")
