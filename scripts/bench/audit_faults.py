"""What `fsim data audit` finds of faults that were put into a data set, and what it finds beside them.

    python scripts/bench/audit_faults.py data/clothing [--seed 0]

FOLDER (`train/<category>/*.jpg`, `validation/<category>/*.jpg`) is copied to a temporary folder, and pictures chosen by
the seed get 50 copies in their own folder (10 of the same bytes, 20 re-encoded, 20 resized), 20 copies under another
category (10 of the same bytes, 10 re-encoded), 30 re-encoded copies of train pictures in validation, and 20 damaged
copies (cut off anywhere, the last bytes gone, empty, not an image). A fault is found where the audit names it under its
own kind: copy and original in one group of duplicates, one conflict, one leak.

What the audit finds in FOLDER as it is stands below the table: only a look at the pictures (`fsim data audit FOLDER
--html page.html`) tells whether that is right. A false alarm is what it finds beyond that and beyond the faults.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

from PIL import Image

Pair = frozenset[str]


def reencoded(data: bytes, rng: random.Random) -> bytes:
    return _jpeg(Image.open(io.BytesIO(data)), rng.randint(30, 95))


def resized(data: bytes, rng: random.Random) -> bytes:
    image = Image.open(io.BytesIO(data))
    scale = rng.choice([0.25, 0.4, 0.5, 0.75, 1.5])
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return _jpeg(image.resize(size, rng.choice(list(Image.Resampling))), rng.randint(50, 95))


def damaged(data: bytes, rng: random.Random) -> bytes:
    png = io.BytesIO()
    Image.open(io.BytesIO(data)).save(png, "PNG")
    return rng.choice(
        [
            data[: rng.randint(2, len(data) - 1)],
            data[:-2],
            data[: len(data) // 2],
            b"",
            b"<html>not found</html>",
            rng.randbytes(5000),
            png.getvalue()[: len(png.getvalue()) // 2],
        ]
    )


def same_bytes(data: bytes, rng: random.Random) -> bytes:
    return data


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


class Seeder:
    """Puts faults into a folder; each takes a picture that no other fault took."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.rng = root, random.Random(seed)
        files = sorted(path.relative_to(root).as_posix() for path in root.glob("*/*/*.jpg"))
        self.rng.shuffle(files)
        self.files = iter(files)
        self.categories = sorted({Path(file).parts[1] for file in files})
        self.number = 0

    def seed(self, change: Callable[[bytes, random.Random], bytes], where: str) -> tuple[str, str]:
        """One fault -> (original, copy). `where`: here, another category, or validation."""
        original = next(file for file in self.files if where != "validation" or file.startswith("train/"))
        split, category, _ = Path(original).parts
        if where == "another category":
            category = self.rng.choice([one for one in self.categories if one != category])
        if where == "validation":
            split = "validation"
        self.number += 1
        copy = f"{split}/{category}/seeded-{self.number:03}.jpg"
        (self.root / copy).write_bytes(change((self.root / original).read_bytes(), self.rng))
        return original, copy


def audit(folder: Path) -> dict:
    command = [sys.executable, "-m", "fsim", "data", "audit", str(folder), "--json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def pairs(groups: list[list[str]]) -> Iterator[Pair]:
    for group in groups:
        yield from map(frozenset, combinations(group, 2))


def findings(found: dict) -> dict[str, set[Pair]]:
    """kind -> pairs of images, or single ones, that the audit names."""
    return {
        "copies": set(pairs(found["exact_duplicates"] + found["near_duplicates"])),
        "label conflicts": set(pairs([one["images"] for one in found["label_conflicts"]])),
        "leaks": set(pairs([one["images"] for one in found["leaks"]])),
        "damaged": {frozenset([image]) for image in found["damaged"]},
        "others": {
            frozenset([one["image"] if "image" in one else one["category"]])
            for key in ("extreme_sizes", "tiny_categories", "one_split_categories")
            for one in found[key]
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "pictures"
        shutil.copytree(arguments.folder, root)
        before = findings(audit(root))
        seeder = Seeder(root, arguments.seed)
        plan = {
            "copies": [(same_bytes, "here")] * 10 + [(reencoded, "here")] * 20 + [(resized, "here")] * 20,
            "label conflicts": [(same_bytes, "another category")] * 10 + [(reencoded, "another category")] * 10,
            "leaks": [(reencoded, "validation")] * 30,
            "damaged": [(damaged, "here")] * 20,
        }
        seeded = {kind: [seeder.seed(change, where) for change, where in faults] for kind, faults in plan.items()}
        after = findings(audit(root))
    expected = {kind: {frozenset(pair) for pair in of} for kind, of in seeded.items()}
    expected["damaged"] = {frozenset([copy]) for _, copy in seeded["damaged"]}
    true_pairs = set().union(*expected.values(), *before.values())
    print(f"seed {arguments.seed}\n{'fault':<18}{'seeded':>8}{'found':>8}{'missed':>8}{'false alarms':>14}")
    for kind, found in after.items():
        wanted = expected.get(kind, set())
        alarms = found - true_pairs
        print(f"{kind:<18}{len(wanted):>8}{len(wanted & found):>8}{len(wanted - found):>8}{len(alarms):>14}")
        for name, which in (("missed", wanted - found), ("false alarm", alarms)):
            for one in which:
                print(f"  {name}: {', '.join(sorted(one))}")
    for kind, found in before.items():
        for one in found:
            print(f"in {arguments.folder} as it is, {kind}: {', '.join(sorted(one))}")


if __name__ == "__main__":
    main()
