"""Read the entry points of the installed distributions; no plugin is imported.

The only module that knows the package `entrypoints`, so that it can be swapped for another reader.
"""

from __future__ import annotations

import configparser
import importlib.metadata
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import entrypoints

GROUP_PREFIX = "fsim."


@dataclass(frozen=True)
class EntryPoint:
    """One line of a distribution's entry_points.txt."""

    group: str
    name: str
    target: str  # module:object
    distribution: str
    version: str


@dataclass(frozen=True)
class Unreadable:
    """A distribution whose entry points cannot be read."""

    distribution: str
    version: str
    cause: str


def find_entry_points(path: Sequence[str] | None = None) -> tuple[list[EntryPoint], list[Unreadable]]:
    """Return the `fsim.*` entry points on `path` (default: sys.path).

    A distribution that is seen twice (an egg-info in the tree beside a dist-info, a folder twice on the path) counts
    once: the first on the path is the one that Python would import.
    """
    found: list[EntryPoint] = []
    unreadable: list[Unreadable] = []
    seen: set[str] = set()
    for folder in dict.fromkeys(sys.path if path is None else path):
        for name, version, parser in _distributions(folder):
            key = re.sub(r"[-_.]+", "-", name).lower()
            if key in seen:
                continue
            seen.add(key)
            if isinstance(parser, Exception):
                unreadable.append(Unreadable(name, version, str(parser).replace("\n", " ")))
            else:
                found += _entry_points(name, version or _version(name), parser)
    return found, unreadable


def _version(distribution: str) -> str:
    """Return a version that a folder's name lacks: an egg-info in the tree has it inside."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _entry_points(distribution: str, version: str, parser: configparser.ConfigParser) -> Iterator[EntryPoint]:
    for group in parser.sections():
        if group.startswith(GROUP_PREFIX):
            for name, target in parser.items(group, raw=True):
                yield EntryPoint(group, name, target.strip(), distribution, version)


def _distributions(folder: str) -> Iterator[tuple[str, str, configparser.ConfigParser | Exception]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for parser, distribution in list(entrypoints.iter_files_distros([folder])):
                assert distribution is not None
                yield distribution.name, distribution.version or "", parser
    except (configparser.Error, UnicodeDecodeError):
        yield from _distributions_one_by_one(folder)


def _distributions_one_by_one(
    folder: str,
) -> Iterator[tuple[str, str, configparser.ConfigParser | Exception]]:
    """Read the distributions of a folder in which one unreadable file would hide all the others."""
    for pattern in ("*.dist-info/entry_points.txt", "*.egg-info/entry_points.txt"):
        for file in sorted(Path(folder).glob(pattern)):
            distribution = entrypoints.Distribution.from_name_version(file.parent.stem)
            parser = entrypoints.CaseSensitiveConfigParser(delimiters=("=",))
            try:
                parser.read([str(file)], encoding="utf-8")
            except (configparser.Error, UnicodeDecodeError) as error:
                yield distribution.name, distribution.version or "", error
            else:
                yield distribution.name, distribution.version or "", parser
