"""YAML with positions: what a recipe file says, and where. Reads data only; no tag or alias runs code.

Numbers are read as people write them (YAML 1.2: `1e-3` is a float; `yes`, `1:30` and `0o7` are text), duplicate keys
are errors, and every value knows its file, line and column.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fsim.errors import FsimError

Key = tuple[str | int, ...]  # the path of a value: ("losses", 0, "margin")

MAX_VALUES = 100_000  # aliases of aliases multiply; a recipe has some dozens of values
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = {".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}
_PLAIN = {"": None, "~": None, "null": None, "true": True, "false": False}
_OVERRIDE = re.compile(r"[^=\s]+=.*", re.DOTALL)


@dataclass(frozen=True)
class Problem:
    """One mistake: where it stands, what it concerns, and what is wrong."""

    where: str  # file:line:column
    key: Key
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {dotted(self.key)}{': ' if self.key else ''}{self.message}"


class RecipeError(FsimError):
    """Everything that is wrong with a recipe, all at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        count = len(self.problems)
        super().__init__(
            "\n".join(["  " + str(problem) for problem in self.problems])
            + f"\n{count} mistake{'s' if count != 1 else ''}; nothing was run"
        )


def dotted(key: Key) -> str:
    """("losses", 0, "margin") -> losses.0.margin"""
    return ".".join(map(str, key))


@dataclass
class Document:
    """A mapping read from YAML, with the position of every value in it."""

    value: dict[str, Any]
    marks: dict[Key, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def where(self, key: Key) -> str:
        """The position of a value; of the nearest enclosing one where it is missing."""
        while key and key not in self.marks:
            key = key[:-1]
        return self.marks.get(key, "")


def read_document(file: Path) -> Document:
    """Read a recipe file and the base recipes that it `extends`.

    Raises:
        RecipeError: the YAML cannot be read at all, or bases form a circle.
    """
    return _read(file, ())


def _read(file: Path, seen: tuple[Path, ...]) -> Document:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise FsimError(f"cannot read the recipe {file}: {cause}; give the path of a YAML file") from error
    document = parse(text, str(file))
    base = document.value.pop("extends", None)
    if base is None:
        return document
    if not isinstance(base, str):
        document.problems.append(Problem(document.where(("extends",)), ("extends",), "must be the path of one recipe"))
        return document
    target = Path(os.path.normpath(file.parent / base))
    if target.resolve() in (*seen, file.resolve()):
        raise RecipeError([Problem(document.where(("extends",)), ("extends",), f"'{base}' leads back to itself")])
    if not target.is_file():
        document.problems.append(Problem(document.where(("extends",)), ("extends",), f"there is no file {target}"))
        return document
    return _merge(_read(target, (*seen, file.resolve())), document)


def parse(text: str, name: str) -> Document:
    """Read YAML text whose positions are told as `name:line:column`."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise RecipeError([Problem(place, (), f"not valid YAML: {error.problem or error.context}")]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise RecipeError([Problem(name, (), f"not valid YAML: {' '.join(str(error).split())[:200]}")]) from error
    document = Document({}, {(): f"{name}:1:1"})
    if node is None:
        return document
    try:
        value = _Walk(document, name).value(node, ())
    except RecursionError as error:
        raise RecipeError([Problem(name, (), "values are nested too deeply")]) from error
    if not isinstance(value, dict):
        raise RecipeError([Problem(f"{name}:1:1", (), "a recipe is a mapping of keys to values, such as `name: mine`")])
    document.value = value
    return document


class _Walk:
    """Turns YAML nodes into plain values and notes where each stands."""

    def __init__(self, document: Document, name: str) -> None:
        self.document, self.name, self.count = document, name, 0

    def value(self, node: yaml.Node, key: Key) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise RecipeError([Problem(self.name, (), f"more than {MAX_VALUES} values; are there aliases of aliases?")])
        self.document.marks[key] = self._place(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*key, position)) for position, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        if node.style is None and node.tag.startswith("tag:yaml.org,2002:"):
            return scalar(node.value)
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self._problem(node, key, f"tags such as {node.tag} are not read; write the plain value")
        return node.value

    def _mapping(self, node: yaml.MappingNode, key: Key) -> dict[str, Any]:
        result: dict[str, Any] = {}
        first: dict[str, str] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(key_node, key, "a key must be a word")
                continue
            name = str(key_node.value)
            if name in result:
                self._problem(key_node, (*key, name), f"is given twice (first at {first[name]})")
                continue
            first[name] = self._place(key_node)
            result[name] = self.value(value_node, (*key, name))
            self.document.marks[(*key, name)] = self._place(key_node)
        return result

    def _place(self, node: yaml.Node) -> str:
        return f"{self.name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"

    def _problem(self, node: yaml.Node, key: Key, message: str) -> None:
        self.document.problems.append(Problem(self._place(node), key, message))


def scalar(text: str) -> Any:
    """A plain scalar by YAML 1.2's core schema: null, true/false, int, float, or text."""
    lowered = text.lower()
    if lowered in _PLAIN:
        return _PLAIN[lowered]
    if lowered in _SPECIAL:
        return _SPECIAL[lowered]
    if _INT.fullmatch(text) and len(text) < 1000:
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _merge(base: Document, top: Document) -> Document:
    """`top` over `base`: mappings join; lists, plain values and components of another name are replaced whole."""
    marks = dict(base.marks)
    merged = _merge_values(base.value, top.value, (), marks)
    marks.update(top.marks)
    return Document(merged, marks, base.problems + top.problems)


def _merge_values(base: dict[str, Any], top: dict[str, Any], key: Key, marks: dict[Key, str]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in top.items():
        old, at = base.get(name), (*key, name)
        if isinstance(old, dict) and isinstance(value, dict) and old.get("name") == value.get("name", old.get("name")):
            merged[name] = _merge_values(old, value, at, marks)
        else:
            for known in [known for known in marks if known[: len(at)] == at]:
                del marks[known]
            merged[name] = value
    return merged


def override(document: Document, assignments: Iterable[str]) -> None:
    """Apply `key.path=value` of the command line; the value is read as YAML, list items by their number."""
    for assignment in assignments:
        where = f"command line: {assignment}"
        if not _OVERRIDE.fullmatch(assignment):
            raise FsimError(f"'{assignment}' is not an override; write key.path=value, such as train.epochs=2")
        path, _, text = assignment.partition("=")
        parsed = parse("value: " + text if "\n" not in text else "value:\n" + text, where)
        key = tuple(int(part) if part.isdigit() else part for part in path.split("."))
        message = _assign(document.value, key, parsed.value.get("value"))
        document.problems += [Problem(where, key, problem.message) for problem in parsed.problems]
        if message:
            document.problems.append(Problem(where, key, message))
        for known in [known for known in document.marks if known[: len(key)] == key]:
            del document.marks[known]
        document.marks[key] = where


def _assign(value: Any, key: Key, new: Any) -> str:
    """Set value[key] = new; what is wrong with the path, or nothing."""
    for part, following in zip(key, (*key[1:], None), strict=True):
        if isinstance(value, list):
            if not isinstance(part, int) or part >= len(value):
                return f"'{part}' is not a position in this list of {len(value)} (0 is the first)"
        elif isinstance(value, dict):
            part = str(part)
        else:
            return f"'{part}' cannot be set: what stands above it is a plain value"
        if following is None:
            value[part] = new
        elif isinstance(value, dict):
            value = value.setdefault(part, {})
            if value is None:
                return f"'{part}' is empty; set it whole"
        else:
            value = value[part]
    return ""


def leaves(value: Any, key: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Every plain value of a nested structure with its path."""
    children: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    else:
        yield key, value
    for name, child in children:
        yield from leaves(child, (*key, name))
