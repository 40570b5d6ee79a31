"""The arrows of the architecture, held by reading the imports."""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = sorted((ROOT / "fsim").rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))
OPEN_TO_PLUGINS = ("fsim.interfaces", "fsim.functional", "fsim.kit", "fsim.errors")

# From the top down: a module imports only from its own package and from those behind it. Those of one tuple share their
# types, and may import each other.
ORDER: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("commands",),
    ("testing",),
    ("serving",),
    ("search",),
    ("tuning",),
    ("report",),
    ("export",),
    ("backup",),
    ("history",),
    ("run",),
    ("evaluation",),
    ("training",),
    ("model",),
    ("store",),
    ("catalog",),
    ("pages",),
    ("images",),
    ("recipe",),
    ("plugin",),
    ("runtime",),
    ("kit",),
    ("interfaces", "functional"),
    ("errors",),
)
LARGEST_PACKAGE = 20  # modules, without those of its sub-packages


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("file", CORE, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_core_never_imports_a_plugin(file: Path) -> None:
    assert not [name for name in imports(file) if name.split(".")[0] in ("fsim_plugins", "fsim_example")]


@pytest.mark.parametrize("file", PLUGINS, ids=lambda file: str(file.relative_to(ROOT)))
def test_plugins_know_only_the_contracts(file: Path) -> None:
    core = {name for name in imports(file) if name == "fsim" or name.startswith("fsim.")}
    assert not [name for name in core if not name.startswith(OPEN_TO_PLUGINS) and name != "fsim"]


@pytest.mark.parametrize(
    "file",
    [file for file in CORE if file.relative_to(ROOT).parts[1] in ("functional", "interfaces")],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_functional_and_interfaces_stand_alone(file: Path) -> None:
    core = {name for name in imports(file) if name.startswith("fsim.")}
    assert not [name for name in core if not name.startswith(("fsim.interfaces", "fsim.functional", "fsim.errors"))]


def arrows_up() -> list[str]:
    """`fsim/run/keeper.py -> fsim.report`: imports against the order."""
    level = {package: number for number, packages in enumerate(ORDER) for package in packages}
    found = []
    for file in CORE:
        own = file.relative_to(ROOT / "fsim").parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for name in imports(file):
            parts = name.split(".")
            if parts[0] == "fsim" and len(parts) > 1 and parts[1] in level and level[parts[1]] < level[own]:
                found.append(f"{file.relative_to(ROOT)} -> fsim.{parts[1]}")
    return sorted(set(found))


def test_every_module_belongs_to_a_package_of_the_order() -> None:
    known = {name for packages in ORDER for name in packages} | {"__init__"}
    assert {file.relative_to(ROOT / "fsim").parts[0].removesuffix(".py") for file in CORE} <= known


def test_packages_import_only_those_below_them() -> None:
    assert arrows_up() == []


def test_no_package_is_larger_than_a_screen() -> None:
    sizes = Counter(file.parent for file in CORE if file.name != "__init__.py")
    large = {str(folder.relative_to(ROOT)): size for folder, size in sizes.items() if size > LARGEST_PACKAGE}
    assert not large


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Whichever module is imported first."""
    modules = {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in CORE}
    arrows: dict[str, set[str]] = {}
    for module, file in modules.items():
        top = [node for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
        named = {str(node.module) for node in top}
        named |= {f"{node.module}.{alias.name}" for node in top for alias in node.names}
        arrows[module] = named & set(modules) - {module, "fsim"}
    TopologicalSorter(arrows).prepare()  # raises CycleError, which names the circle


def test_only_one_module_knows_the_package_entrypoints() -> None:
    assert [file.name for file in CORE if "entrypoints" in imports(file)] == ["discovery.py"]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["list-plugins"], ["list-plugins", "--json"]], ids=str
)
def test_quick_commands_never_import_torch(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom fsim.cli import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "slow = {'torch', 'torchvision', 'ignite', 'pandas', 'sklearn', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'imported {slow}' if slow else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_setup_cfg_lists_every_package() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    folders = [ROOT / "fsim", ROOT / "plugins" / "fsim_plugins"]
    there = {
        ".".join(file.parent.relative_to(folder.parent).parts)
        for folder in folders
        for file in folder.rglob("__init__.py")
    }
    assert listed == there
