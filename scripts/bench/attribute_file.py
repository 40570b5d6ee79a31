"""Seconds and memory to read DeepFashion's attribute file at its full size, beside pandas in the same run.

    python scripts/bench/attribute_file.py [--rows 289222] [--attributes 1000] [--rounds 2]

The file is generated, in the official format: a count, the names of the columns, and rows of a path and labels of 1, -1
and 0 padded by blanks, 890 MB. Each reader is a process of its own, so that its memory is its own: fsim's, and
pandas.read_csv with the labels as int8 (without that it needs 2.3 GB for them). Memory is the most that was resident.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

REPORT = """
import resource, sys
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(seconds, memory, labels.shape, labels.dtype, "sum", int(labels.sum(dtype="int64")))
"""
READERS = {
    "fsim": """
import sys, time
from pathlib import Path
from fsim_plugins.deepfashion.attribute_file import read_attribute_file
start = time.perf_counter()
names, labels = read_attribute_file(Path(sys.argv[1]), int(sys.argv[2]))
seconds = time.perf_counter() - start
""",
    "pandas.read_csv": """
import sys, time
import pandas as pd
start = time.perf_counter()
columns = range(1, int(sys.argv[2]) + 1)
types = {0: str, **dict.fromkeys(columns, "int8")}
frame = pd.read_csv(sys.argv[1], sep=r"\\s+", header=None, skiprows=2, dtype=types, engine="c")
labels = frame[list(columns)].to_numpy()
seconds = time.perf_counter() - start
""",
}


def generate(file: Path, rows: int, attributes: int) -> None:
    """Write labels of which 0.35 % are 1 and as many unknown, as in the benchmark about three of a thousand are."""
    rng = np.random.default_rng(0)
    words = np.array([b"-1 ", b" 1 ", b" 0 "], dtype="S3")
    with file.open("wb") as stream:
        stream.write(f"{rows}\nimage_name  attribute_labels\n".encode())
        for start in range(0, rows, 1000):
            labels = words[rng.choice(3, size=(min(1000, rows - start), attributes), p=[0.993, 0.0035, 0.0035])]
            for number, row in enumerate(labels, start=start):
                name = f"img/Sheer_Pleated-Front_Blouse_{number // 60}/img_{number:08d}.jpg"
                stream.write(name.ljust(70).encode() + b" " + row.tobytes() + b"\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=289_222)
    parser.add_argument("--attributes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "list_attr_img.txt"
        generate(file, arguments.rows, arguments.attributes)
        print(f"{arguments.rows} rows x {arguments.attributes} attributes, {file.stat().st_size / 1e6:.0f} MB")
        print(f"{'reader':<20}{'seconds':>10}{'GB':>8}  labels")
        best: dict[str, float] = {}
        for _ in range(arguments.rounds):
            for name, code in READERS.items():
                command = [sys.executable, "-c", code + REPORT, str(file), str(arguments.attributes)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                seconds, memory, labels = done.stdout.split(maxsplit=2)
                print(f"{name:<20}{float(seconds):>10.1f}{float(memory):>8.2f}  {labels.strip()}")
                best[name] = min(best.get(name, float("inf")), float(seconds))
        print(f"fsim takes {best['fsim'] / best['pandas.read_csv']:.2f} of pandas's time (best of {arguments.rounds})")


if __name__ == "__main__":
    main()
