"""The arrows of the architecture, held by reading the imports."""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = sorted((ROOT / "fsim").rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))
OPEN_TO_PLUGINS = ("fsim.interfaces", "fsim.functional", "fsim.errors")


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
    "file", [file for file in CORE if file.parent.name == "functional"], ids=lambda file: file.name
)
def test_functional_stands_alone(file: Path) -> None:
    core = {name for name in imports(file) if name.startswith("fsim.")}
    assert not [name for name in core if not name.startswith(OPEN_TO_PLUGINS)]


def test_packages_of_the_core_stand_on_each_other_without_a_circle() -> None:
    packages = {file.parent.name for file in (ROOT / "fsim").glob("*/__init__.py")} - {"functional", "interfaces"}
    arrows: dict[str, set[str]] = {package: set() for package in packages}
    for file in CORE:
        package = file.relative_to(ROOT / "fsim").parts[0]
        if package in packages:
            named = {name.split(".")[1] for name in imports(file) if name.startswith("fsim.")}
            arrows[package] |= named & packages - {package}
    TopologicalSorter(arrows).prepare()  # raises CycleError, which names the circle
    assert not any("commands" in named for named in arrows.values())


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
