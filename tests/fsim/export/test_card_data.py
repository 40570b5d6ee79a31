"""Tables and names in Markdown, and licences."""

from __future__ import annotations

from fsim.catalog.licence import NOT_STATED, licence_of
from fsim.export.card_data import cell, table
from fsim.plugin.registry import load


def test_names_cannot_break_a_table() -> None:
    assert table(["a"], [["x|y\nz"]]) == "| a |\n| --- |\n| x\\|y z |"
    assert cell("<script>") == "\\<script>" and cell("t_shirt") == "t\\_shirt" and cell(1234) == "1,234"


def test_licences_are_stated_where_they_are_known() -> None:
    assert licence_of(load("dataset", "fashion_mnist")) == "MIT"
    assert "non-commercial" in licence_of(load("dataset", "deepfashion_inshop"))
    assert "fsim draws them" in licence_of(load("dataset", "garments"))
    assert licence_of(load("dataset", "folder")) == NOT_STATED
