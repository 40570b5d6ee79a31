"""Tables and names in Markdown, and licences."""

from __future__ import annotations

from fsim.export.card_sections import cell, table
from fsim.interfaces import Dataset
from fsim.plugin.interface_check import class_member
from fsim.plugin.registry import load


def test_names_cannot_break_a_table() -> None:
    assert table(["a"], [["x|y\nz"]]) == "| a |\n| --- |\n| x\\|y z |"
    assert cell("<script>") == "\\<script>" and cell("t_shirt") == "t\\_shirt" and cell(1234) == "1,234"


def test_licences_are_stated_where_they_are_known() -> None:
    def licence(dataset: str) -> str:
        return str(class_member("dataset", load("dataset", dataset), "licence"))

    assert licence("fashion_mnist") == "MIT"
    assert "non-commercial" in licence("deepfashion_inshop")
    assert "fsim draws them" in licence("garments")
    assert licence("folder") == Dataset.licence
