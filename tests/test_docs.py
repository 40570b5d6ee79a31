"""README and the pages of docs/ name what there is, and what they name is there."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

from fsim.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
ALL = "\n".join(TEXTS.values())
LINK = re.compile(r"\]\(([^)\s]+)\)")
FOR_DEVELOPERS = {"test", "check"}


def heading_anchors(text: str) -> set[str]:
    """As GitHub makes them: lower case, no punctuation, hyphens for blanks."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(TEXTS[page]):
        if link.startswith(("http://", "https://")):
            continue
        target, _, anchor = link.partition("#")
        file = page.parent / target if target else page
        assert file.is_file(), link
        assert not anchor or anchor in heading_anchors(file.read_text(encoding="utf-8")), link


def test_every_page_is_linked_from_the_readme() -> None:
    linked = {link.partition("#")[0] for link in LINK.findall(TEXTS[README])}
    assert linked >= {name(page) for page in PAGES if page != README}


@pytest.mark.parametrize("recipe", RECIPES, ids=name)
def test_every_recipe_is_named(recipe: Path) -> None:
    by_folder = (f"{name(recipe.parent)}/`" in text and f"`{recipe.name}`" in text for text in TEXTS.values())
    assert name(recipe) in ALL or any(by_folder)


def test_every_recipe_that_is_named_is_there() -> None:
    named = set(re.findall(r"recipes/[\w/]+\.yaml", ALL))
    assert named
    assert not [recipe for recipe in named if not (ROOT / recipe).is_file()]


def test_every_script_that_is_named_is_there() -> None:
    named = set(re.findall(r"scripts/[\w/]+(?:\.\w+)?", ALL))
    assert named
    assert not [script for script in named if not (ROOT / script).exists()]


def test_every_module_that_is_named_is_there() -> None:
    named = set(re.findall(r"(?<![\w/])(?:fsim|tests)/[\w/]+(?:\.\w+)?", ALL))
    assert named
    assert not [module for module in named if not (ROOT / module).exists()]


def test_commands_are_named_and_exist() -> None:
    code = "\n".join(re.findall(r"```.*?```|`[^`]+`", ALL, re.DOTALL))
    named = set(re.findall(r"(?:`|-m |^)fsim ([a-z]+(?:-[a-z]+)*)", code, re.MULTILINE))
    assert named == set(COMMANDS)


def test_every_extra_is_named() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    extras = set(config["options.extras_require"]) - FOR_DEVELOPERS
    named = {extra for group in re.findall(r"'\.\[([\w,-]+)\]'", ALL) for extra in group.split(",")}
    assert named <= extras
    assert [extra for extra in extras - named if f"`{extra}`" not in ALL] == []
