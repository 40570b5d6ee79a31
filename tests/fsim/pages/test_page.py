"""A page says what it is given, whatever characters that has, and asks for nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fsim.errors import FsimError
from fsim.interfaces import Catalog
from fsim.pages.page import Page, Picture, Section, Table, reject_page_file, thumbnail


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.sources: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]


def test_all_of_it_is_there_and_escaped(pictures: Path, tmp_path: Path) -> None:
    evil = "<script>alert('ä')</script>"
    catalog = Catalog.of({"image": ["train/hat/0.jpg", "missing.jpg"]}, pictures)
    shown = [Picture(thumbnail(catalog, 0), evil, note="odd & even"), Picture(thumbnail(catalog, 1), "gone")]
    section = Section(evil, "why", [Table(["name", "count"], [[evil, 3]])], [("row", shown)])
    Page(evil, "sub", {"images": "2"}, [section]).write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script" not in text
    parser = _Texts()
    parser.feed(text)
    assert parser.texts.count(evil) == 5 and "odd & even" in parser.texts and "not readable" in parser.texts
    assert len(parser.sources) == 1 and parser.sources[0].startswith("data:image/jpeg;base64,")
    assert not re.search(r"https?://|@import|url\(", text)


def test_sentences_are_broken_into_lines_and_numbers_are_not(tmp_path: Path) -> None:
    table = Table(
        ["name", "count", "why"], [["a", 1, "short"], ["b", 2, "a sentence that is longer than a line of it"]]
    )
    assert table.long == [False, False, True] and Table(["name"], []).long == [False]
    Page("page", "", {}, [Section("section", tables=[table])]).write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.count(' class="long"') == 3 and '<td class="long">short</td>' in text


def test_only_a_page_may_be_written_over(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    reject_page_file(file)
    Page("page", "").write(file)
    reject_page_file(file)
    file.write_text("<html>mine</html>")
    for other in (file, tmp_path):
        with pytest.raises(FsimError, match=r"name another file"):
            reject_page_file(other)
    with pytest.raises(FsimError, match="there is no folder"):
        reject_page_file(tmp_path / "none" / "page.html")


def test_a_chart_is_wide_and_has_its_caption(tmp_path: Path) -> None:
    chart = Picture("data:image/svg+xml;base64,AAAA", "speed & recall")
    Page("page", "", {}, [Section("section", charts=[chart])]).write(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert '<figure class="chart"><img src="data:image/svg+xml;base64,AAAA" alt="speed &amp; recall">' in text
    assert "<figcaption>speed &amp; recall</figcaption>" in text
