"""Read YAML with the position of every value. It holds data only: no tag or alias runs code.

Numbers are read as people write them (YAML 1.2: `1e-3` is a float; `yes`, `1:30` and `0o7` are text), duplicate keys
are errors, and every value knows its file, line and column.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from fsim.recipe.mistake import Key, Mistake, RecipeError

MAX_VALUES = 100_000  # aliases of aliases multiply; a recipe has some dozens of values
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = {".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}
_PLAIN = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass
class Document:
    """A mapping read from YAML, with the position of every value in it."""

    value: dict[str, Any]
    marks: dict[Key, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def where(self, key: Key) -> str:
        """Return the position of a value, or of the nearest enclosing one where it is missing."""
        while key and key not in self.marks:
            key = key[:-1]
        return self.marks.get(key, "")


def parse(text: str, name: str) -> Document:
    """Read YAML text; its positions are `name:line:column`."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise RecipeError([Mistake(place, (), f"not valid YAML: {error.problem or error.context}")]) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise RecipeError([Mistake(name, (), f"not valid YAML: {' '.join(str(error).split())[:200]}")]) from error
    document = Document({}, {(): f"{name}:1:1"})
    if node is None:
        return document
    try:
        value = _Walk(document, name).value(node, ())
    except RecursionError as error:
        raise RecipeError([Mistake(name, (), "values are nested too deeply")]) from error
    if not isinstance(value, dict):
        raise RecipeError([Mistake(f"{name}:1:1", (), "a recipe is a mapping of keys to values, such as `name: mine`")])
    document.value = value
    return document


class _Walk:
    """Turns YAML nodes into plain values and notes where each stands."""

    def __init__(self, document: Document, name: str) -> None:
        self.document, self.name, self.count = document, name, 0

    def value(self, node: yaml.Node, key: Key) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise RecipeError([Mistake(self.name, (), f"more than {MAX_VALUES} values; are there aliases of aliases?")])
        self.document.marks[key] = self._place(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*key, position)) for position, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        if node.style is None and node.tag.startswith("tag:yaml.org,2002:"):
            return scalar(node.value)
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self._mistake(node, key, f"tags such as {node.tag} are not read; write the plain value")
        return node.value

    def _mapping(self, node: yaml.MappingNode, key: Key) -> dict[str, Any]:
        result: dict[str, Any] = {}
        first: dict[str, str] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._mistake(key_node, key, "a key must be a word")
                continue
            name = str(key_node.value)
            if name in result:
                self._mistake(key_node, (*key, name), f"is given twice (first at {first[name]})")
                continue
            first[name] = self._place(key_node)
            result[name] = self.value(value_node, (*key, name))
            self.document.marks[(*key, name)] = self._place(key_node)
        return result

    def _place(self, node: yaml.Node) -> str:
        return f"{self.name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"

    def _mistake(self, node: yaml.Node, key: Key, message: str) -> None:
        self.document.mistakes.append(Mistake(self._place(node), key, message))


def scalar(text: str) -> Any:
    """Read a plain scalar by YAML 1.2's core schema: null, true/false, int, float, or text."""
    lowered = text.lower()
    if lowered in _PLAIN:
        return _PLAIN[lowered]
    if lowered in _SPECIAL:
        return _SPECIAL[lowered]
    if _INT.fullmatch(text) and len(text) < 1000:
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Writer(yaml.SafeDumper):
    """Quotes what `parse` would otherwise read as a number, such as the name `1e3`."""


def _quoted(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(scalar(text), str) else "'"
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _quoted)


def yaml_text(value: Any, short: bool = False) -> str:
    """Write plain data as YAML that `parse` reads as it was; `short` puts what has nothing nested in it on one line."""
    more: dict[str, Any] = {"default_flow_style": None, "width": 120} if short else {}
    return str(yaml.dump(value, Dumper=_Writer, sort_keys=False, allow_unicode=True, **more))


def flow_text(value: Any) -> str:
    """Write plain data on one line: {name: adamw, lr: 0.001}"""
    line: dict[str, Any] = {"default_flow_style": True, "width": math.inf}
    text = str(yaml.dump(value, Dumper=_Writer, sort_keys=False, allow_unicode=True, **line))
    return text.removesuffix("\n").removesuffix("\n...")
