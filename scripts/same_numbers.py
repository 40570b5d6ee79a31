"""Check that two checkouts of fsim compute the same numbers, bit for bit.

    python scripts/same_numbers.py BEFORE AFTER [key=value ...] [--recipes siam_cat ...] [--out FOLDER]

BEFORE and AFTER are folders with the code of fsim. Each trains three recipes with its own code and its own copy of the
recipe, on one CPU thread:

    siam_cat        recipes/siam_cat.yaml train.epochs=3
    siam_cat_vse    recipes/siam_cat_vse.yaml train.epochs=2 data.dataset.items=120
    clothing        recipes/clothing/siam_cat.yaml train.epochs=2, where --clothing has the photographs

Then the script compares metrics.jsonl line by line (without `timings`), and in checkpoints/last.pt and best.pt every
name, every tensor and every other value (without the recipe that a checkpoint repeats). It prints a table, and exits
with 1 where anything differs or a run fails.

A checkout runs by CHECKOUT/.venv/bin/python, or by --python where it has no environment of its own. A key=value
changes all recipes, for a shorter check. With --out the runs are kept, and finished runs of BEFORE in that folder are
used again as long as its code and the arguments are the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

RECIPES = {
    "siam_cat": ("siam_cat.yaml", "train.epochs=3"),
    "siam_cat_vse": ("siam_cat_vse.yaml", "train.epochs=2", "data.dataset.items=120"),
    "clothing": ("clothing/siam_cat.yaml", "train.epochs=2"),
}
CHECKPOINTS = ("last", "best")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class RunFailedError(Exception):
    """A run of a checkout ended with an error; the message has the last line that it printed."""


@dataclass(frozen=True)
class Checkout:
    """A folder with the code of fsim, and the Python that runs it."""

    folder: Path
    python: Path

    @classmethod
    def find(cls, folder: Path, other_python: Path | None) -> Checkout:
        """Take the checkout's own Python; where it has none, the other one."""
        own = folder / ".venv" / "bin" / "python"
        python = own if own.exists() else other_python
        if not (folder / "fsim" / "__main__.py").is_file():
            sys.exit(f"{folder} is no checkout of fsim; name the folder that has fsim/, plugins/ and recipes/")
        if python is None:
            sys.exit(f"{folder} has no .venv; make it by {folder}/scripts/setup, or name a Python by --python")
        return cls(folder.resolve(), python.absolute())

    def run(self, arguments: Sequence[str], out: Path) -> Path:
        """Run `fsim run` with these arguments into an empty folder, and return the folder of the run.

        Raises:
            RunFailedError: the run fails.
        """
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        source = os.pathsep.join([str(self.folder), str(self.folder / "plugins")])
        environment = {
            **os.environ,
            **ONE_THREAD,
            "PYTHONPATH": source,
            "FSIM_CACHE_DIR": str(out / "cache"),  # each run decodes its pictures by its own code
            "CUDA_VISIBLE_DEVICES": "",
        }
        command = [str(self.python), "-m", "fsim", "run", *arguments, "--out", str(out / "runs")]
        log = out / "log.txt"
        with log.open("w", encoding="utf-8") as output:
            done = subprocess.run(command, cwd=self.folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        shutil.rmtree(out / "cache", ignore_errors=True)
        if done.returncode != 0:
            said = log.read_text(encoding="utf-8").strip().splitlines()
            raise RunFailedError(f"{self.folder} ends with exit code {done.returncode}: {said[-1] if said else ''}")
        (out / "made_by.json").write_text(self._made_by(arguments), encoding="utf-8")
        return _run_folder(out)

    def find_run(self, arguments: Sequence[str], out: Path) -> Path | None:
        """Return the folder of a finished run that this checkout made with the same arguments; None where there is
        none."""
        made_by = out / "made_by.json"
        same = made_by.is_file() and made_by.read_text(encoding="utf-8") == self._made_by(arguments)
        return _run_folder(out) if same else None

    def _made_by(self, arguments: Sequence[str]) -> str:
        return json.dumps({"checkout": str(self.folder), "code": self._code(), "arguments": list(arguments)})

    def _code(self) -> str:
        """A hash of all files that a run is made by."""
        hashed = hashlib.sha256()
        for part in ("fsim", "plugins", "recipes"):
            for file in sorted((self.folder / part).rglob("*")):
                if file.suffix in (".py", ".yaml"):
                    hashed.update(file.relative_to(self.folder).as_posix().encode() + file.read_bytes())
        return hashed.hexdigest()


def _run_folder(out: Path) -> Path:
    (metrics,) = (out / "runs").glob("*/*/metrics.jsonl")
    return metrics.parent


@dataclass(frozen=True)
class Comparison:
    """How much of two runs is equal, and all paths at which they differ."""

    num_lines: int
    num_equal_lines: int
    num_tensors: int
    num_equal_tensors: int
    differences: list[str]


def compare_runs(before: Path, after: Path) -> Comparison:
    """Compare the metrics and the checkpoints of two runs."""
    lines = [_read_metrics(run / "metrics.jsonl") for run in (before, after)]
    found = list(differences(lines[0], lines[1], "metrics.jsonl"))
    equal_lines = sum(not any(differences(first, second)) for first, second in zip(lines[0], lines[1], strict=False))
    num_tensors = equal_tensors = 0
    for name in CHECKPOINTS:
        tensors = []
        states = []
        for run in (before, after):
            state = torch.load(run / "checkpoints" / f"{name}.pt", map_location="cpu", weights_only=True)
            state.pop("resolved", None)
            states.append(state)
            tensors.append(dict(_tensors(state)))
        found += differences(states[0], states[1], f"{name}.pt")
        names = tensors[0].keys() | tensors[1].keys()
        num_tensors += len(names)
        equal_tensors += sum(
            one in tensors[0] and one in tensors[1] and equal_bits(tensors[0][one], tensors[1][one]) for one in names
        )
    return Comparison(max(map(len, lines)), equal_lines, num_tensors, equal_tensors, found)


def _read_metrics(file: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in line.items() if key != "timings"} for line in lines]


def _tensors(value: Any, path: str = "") -> Iterator[tuple[str, Tensor]]:
    """All tensors of nested dicts and lists, each with its path."""
    if isinstance(value, Tensor):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _tensors(inner, f"{path}/{key}")
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            yield from _tensors(inner, f"{path}/{position}")


def differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield each path at which two nested values differ, and how. Dicts are compared as sets of keys."""
    if isinstance(before, Tensor) and isinstance(after, Tensor):
        if not equal_bits(before, after):
            yield f"{path}: {_tensor_difference(before, after)}"
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            place = f"{path} {key}".strip()
            if key not in after:
                yield f"{place}: only before"
            elif key not in before:
                yield f"{place}: only after"
            else:
                yield from differences(before[key], after[key], place)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        for position, (first, second) in enumerate(zip(before, after, strict=False), 1):
            yield from differences(first, second, f"{path} {position}".strip())
        if len(before) != len(after):
            yield f"{path}: {len(before)} values before, {len(after)} after"
    elif type(before) is not type(after) or (before != after and not (before != before and after != after)):
        yield f"{path}: {before!r} before, {after!r} after"


def equal_bits(first: Tensor, second: Tensor) -> bool:
    """Whether two tensors have the same type, shape and bits: NaN equals NaN, and 0 does not equal -0."""
    if first.dtype != second.dtype or first.shape != second.shape:
        return False
    bits = [tensor.detach().contiguous().reshape(-1).view(torch.uint8) for tensor in (first, second)]
    return torch.equal(bits[0], bits[1])


def _tensor_difference(before: Tensor, after: Tensor) -> str:
    if before.dtype != after.dtype or before.shape != after.shape:
        kinds = [f"{tensor.dtype} of {tuple(tensor.shape)}" for tensor in (before, after)]
        return f"{kinds[0]} before, {kinds[1]} after"
    return f"up to {(before.double() - after.double()).abs().max().item():.3g} apart"


def arguments_of(recipe: str, checkout: Path, clothing: Path, overrides: Sequence[str]) -> list[str]:
    """The arguments of `fsim run` for one of RECIPES, by the checkout's own copy of the recipe."""
    file, *changes = RECIPES[recipe]
    root = [f"data.dataset.root={clothing.resolve()}"] if recipe == "clothing" else []
    return [str(checkout / "recipes" / file), *changes, *root, *overrides]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="a checkout of fsim")
    parser.add_argument("after", type=Path, help="another one; the same is fine too: are its numbers repeatable?")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="change all recipes: train.epochs=1")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES), help="run only these")
    parser.add_argument("--clothing", type=Path, help="photographs (default: AFTER/../shared/data/clothing)")
    parser.add_argument("--python", type=Path, help="runs a checkout that has no .venv")
    parser.add_argument("--out", type=Path, help="keep the runs in OUT/before and OUT/after (default: remove them)")
    given = parser.parse_args()
    before, after = (Checkout.find(folder, given.python) for folder in (given.before, given.after))
    clothing = given.clothing or after.folder.parent / "shared" / "data" / "clothing"
    with tempfile.TemporaryDirectory() as temporary:
        out = (given.out or Path(temporary)).resolve()
        rows, equal = [], True
        for recipe in given.recipes:
            if recipe == "clothing" and not clothing.is_dir():
                print(f"clothing: left out, because there are no photographs in {clothing}; see --clothing", flush=True)
                continue
            try:
                runs = _run_both(recipe, before, after, clothing, given.overrides, out)
            except RunFailedError as error:
                rows.append((recipe, "-", "-", str(error)))
                equal = False
                continue
            found = compare_runs(*runs)
            equal &= not found.differences
            rows.append(
                (
                    recipe,
                    f"{found.num_equal_lines} of {found.num_lines}",
                    f"{found.num_equal_tensors} of {found.num_tensors}",
                    found.differences[0] if found.differences else "none",
                )
            )
    print(f"{'recipe':<14}{'equal lines':>14}{'equal tensors':>16}  first difference")
    for recipe, lines, tensors, difference in rows:
        print(f"{recipe:<14}{lines:>14}{tensors:>16}  {difference}")
    sys.exit(0 if equal else 1)


def _run_both(
    recipe: str, before: Checkout, after: Checkout, clothing: Path, overrides: Sequence[str], out: Path
) -> tuple[Path, Path]:
    """Train the recipe by both checkouts, and return the folders of the two runs.

    Raises:
        RunFailedError: one of them fails.
    """
    arguments = [arguments_of(recipe, one.folder, clothing, overrides) for one in (before, after)]
    first = before.find_run(arguments[0], out / "before" / recipe)
    if first is None:
        print(f"{recipe}: {before.folder}", flush=True)
        first = before.run(arguments[0], out / "before" / recipe)
    else:
        print(f"{recipe}: {before.folder} (as found in {out / 'before' / recipe})", flush=True)
    print(f"{recipe}: {after.folder}", flush=True)
    return first, after.run(arguments[1], out / "after" / recipe)


if __name__ == "__main__":
    main()
