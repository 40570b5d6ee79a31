"""Every built-in component is put through the suite of its kind.

Held by reading the tests: a class `Test...` that inherits a suite of `fsim.testing` runs it on the components that it
names, in its own body or in that of a base in the same file.
"""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from fsim.plugin.kinds import KINDS
from fsim.plugin.registry import Offer

CONTRACTS = {kind.name: kind.contract for kind in KINDS.values()}

ROOT = Path(__file__).resolve().parents[2]


def built_in() -> list[Offer]:
    """What setup.cfg offers."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    offered = config["options.entry_points"]
    return [
        Offer(kind.name, name, target, "fsim", config["metadata"]["version"])
        for kind in KINDS.values()
        for name, target in (line.split(" = ") for line in offered[kind.group].strip().splitlines())
    ]


def suite_runs(source: str) -> Iterator[tuple[str, str]]:
    """The runs of suites in a file of tests: (suite, component) as `module:name` each."""
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    named: dict[str, set[str]] = {}  # class -> what it and its bases name
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            named[node.name] = {imported[name] for name in names if name in imported}
            named[node.name] |= {component for name in names for component in named.get(name, ())}
            if node.name.startswith("Test"):
                suites = named[node.name] & {*CONTRACTS.values()}
                yield from ((suite, component) for suite in suites for component in named[node.name])


def untested(offers: Iterable[Offer]) -> list[str]:
    """Those that no suite is run on."""
    files = (file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    tested = {pair for source in files if "_contract import" in source for pair in suite_runs(source)}
    return [str(offer) for offer in offers if (CONTRACTS[offer.kind], offer.target) not in tested]


def test_every_kind_has_a_suite() -> None:
    assert CONTRACTS.keys() == KINDS.keys()
    for name in CONTRACTS.values():
        module, _, suite = name.partition(":")
        assert any(member.startswith("test_") for member in vars(getattr(import_module(module), suite)))


def test_a_suite_is_run_on_every_component() -> None:
    assert untested(built_in()) == []


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("loss", "fsim_plugins.losses.made_up:MadeUp"),
        ("loss", "fsim_plugins.losses.triplet:MadeUp"),
        ("evaluator", "fsim_plugins.indexes.exact:Exact"),  # another suite is run on it
    ],
)
def test_a_component_without_one_is_found(kind: str, target: str) -> None:
    made_up = Offer(kind, "made_up", target, "fsim", "0.1.0")
    assert untested([made_up]) == [str(made_up)]


IMPORTS = """
from fsim.testing.loss_contract import LossContract
from fsim_plugins.losses.clip import Clip
from fsim_plugins.losses.vse import Vse
"""


@pytest.mark.parametrize(
    ("classes", "found"),
    [
        ("class TestClip(LossContract):\n def make(self): return Clip()", {"clip:Clip"}),
        ("class TestBoth(LossContract):\n params=[Clip, Vse]", {"clip:Clip", "vse:Vse"}),
        ("class Of(LossContract):\n def make(self): return Vse()\nclass TestVse(Of): pass", {"vse:Vse"}),
        ("class Clips(LossContract):\n def make(self): return Clip()", set()),  # pytest does not collect it
        ("class TestClip:\n def test(self): Clip()", set()),
        ("class TestClip(LossContract):\n pass\ndef test(): Clip()", set()),
    ],
)
def test_a_suite_is_run_by_a_class_of_tests_that_inherits_it(classes: str, found: set[str]) -> None:
    components = {component for _, component in suite_runs(IMPORTS + classes)} - {CONTRACTS["loss"]}
    assert components == {f"fsim_plugins.losses.{name}" for name in found}
