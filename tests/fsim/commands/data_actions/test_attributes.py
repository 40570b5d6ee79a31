"""What `fsim data attributes` takes, prints and refuses."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from fsim.commands.data_actions import attributes
from fsim.errors import FsimError

SMALL = ("items=42", "views=2")


def execute(*words: object) -> None:
    parser = argparse.ArgumentParser()
    attributes.add_arguments(parser)
    assert attributes.execute(parser.parse_args([str(word) for word in words])) == 0


@pytest.mark.parametrize("source", [(), ("garments",)], ids=["by default", "named"])
def test_the_source_may_be_left_out(source: tuple[str, ...], capsys: pytest.CaptureFixture[Any]) -> None:
    execute("jeans", *source, *SMALL, "--min-count", 1, "--json")
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {
        "source",
        "min_count",
        "category",
        "num_images",
        "images_per_item",
        "marks",
        "known_here_only",
    }
    assert (found["source"], found["images_per_item"], found["num_images"]) == ("garments", 2, 6)
    denim = next(mark for mark in found["marks"] if mark["name"] == "denim")
    assert set(denim) == {"type", "name", "images", "known", "share", "others", "lift", "low", "high"}
    assert denim["images"] == denim["known"] == 6 and 1 < denim["low"] <= denim["lift"] <= denim["high"]


@pytest.mark.parametrize("option", ["--top", "--min-count"])
def test_counts_start_at_one(option: str) -> None:
    with pytest.raises(FsimError, match=f"{option} 0: give 1 or more"):
        execute("jeans", *SMALL, option, 0)


def test_a_page_without_a_folder_is_told_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(FsimError, match="there is no folder"):
        execute("jeans", "nothing that is there", "--html", tmp_path / "nowhere" / "page.html")
