"""How many searches a second `fsim serve` answers, with micro-batching and with one query at a time.

    python scripts/bench/serving.py [--images 50000] [--searches 2000] [--clients 20] [--rounds 2]

A ResNet-18 at 64 px with 128 dimensions (trained for a moment: the weights change no time) and an index `exact` of
made-up embeddings. Each client sends a photograph-like JPEG of 400 x 300, waits for 24 answers, and sends the next.
Servers are fresh processes on the same machine as the clients, so that these take a part of the cores. The first line
is of one client alone.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
from PIL import Image

from fsim import __version__
from fsim.evaluation.trained_run import TrainedRun
from fsim.functional.labels.catalog_table import catalog_table
from fsim.interfaces import Catalog
from fsim.search.index_folder import IndexFolder
from fsim.search.index_tuning import make_index
from fsim.search.indexed_images import NO_IMAGES
from fsim.search.passport import Passport
from fsim.search.query_embedder import RunEmbedder
from fsim.search.search_index import SearchIndex
from fsim.store.run_folder import RunFolder

RECIPE = """
name: serving
data: {{dataset: {{name: csv, file: {table}}}, image_size: 64, augmentation: {{name: none}}}}
model: {{backbone: {{name: resnet18}}, head: {{name: siam_cat_cos, embedding_dim: 128}}}}
sampler: {{name: shuffled, batch_size: 8}}
losses: [{{name: cross_entropy}}]
train: {{epochs: 1}}
trackers: []
evaluation: {{evaluators: [{{name: exact, k: [1]}}]}}
"""
WARM = 100  # searches before the clock starts, where as many follow
NUM_PICTURES = 50


def jpeg(seed: int, width: int = 400, height: int = 300) -> bytes:
    """Soft blots, which compress as photographs do."""
    coarse = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def fsim(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "fsim", *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def make_run(folder: Path) -> Path:
    pictures = [folder / f"{number}.jpg" for number in range(16)]
    with (folder / "metadata.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["image", "split", "category"])
        for number, file in enumerate(pictures):
            file.write_bytes(jpeg(number))
            table.writerow([file, ["train", "val"][number // 8], ["hat", "shoe"][number % 2]])
    (folder / "serving.yaml").write_text(RECIPE.format(table=folder / "metadata.csv"))
    fsim("run", folder / "serving.yaml", "--out", folder / "runs")
    (run,) = (folder / "runs" / "serving").iterdir()
    return run


def write_index(run: Path, num_images: int) -> Path:
    embedder = RunEmbedder(TrainedRun.open(RunFolder.open(run)))
    embedding = np.random.default_rng(0).standard_normal((num_images, 128)).astype(np.float32)
    rows = np.arange(num_images)
    columns = {
        "image": [f"/nowhere/{row}.jpg" for row in rows],
        "split": ["gallery"] * num_images,
        "category": [f"category {row % 40}" for row in rows],
        "item": [f"item {row // 4}" for row in rows],
        "attributes": [{"colour": f"colour {row % 11}"} for row in rows],
    }
    catalog = Catalog.of(columns, Path("/"))
    images = NO_IMAGES.with_more(
        pd.DataFrame(catalog_table(catalog.frame)).assign(**columns, box=None), [jpeg(0, 96, 96)] * num_images
    )
    index = make_index("exact", {})
    index.build(embedding, embedder.distance)
    passport = Passport(embedder.source, "exact", {}, num_images, "made up", "-", 1.0, 10, __version__)
    place = run / "indexes" / "default"
    folder = IndexFolder(place)
    with folder.locked():
        folder.replace(SearchIndex(place, passport, images, embedding, index).write)
    return place


@contextmanager
def serving(place: Path, max_batch: int) -> Iterator[tuple[str, int]]:
    words = ["serve", place, "--port", 0, "--max-batch", max_batch]
    command = [sys.executable, "-m", "fsim", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        address = next(line.split()[1] for line in process.stdout if line.startswith("ready: "))
        parts = urlsplit(address)
        yield str(parts.hostname), int(parts.port or 0)
        process.terminate()


def request(picture: bytes) -> bytes:
    body = b"".join(
        b'--frontier\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value + b"\r\n"
        for name, value in ((b"k", b"24"), (b'image"; filename="a.jpg', picture))
    )
    body += b"--frontier--\r\n"
    kind = "multipart/form-data; boundary=frontier"
    head = (
        f"POST /api/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def client(host: str, port: int, todo: Iterator[bytes], seconds: list[float], failures: list[str]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for one in todo:
        begin = time.perf_counter()
        writer.write(one)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        seconds.append(time.perf_counter() - begin)
        if not head.startswith(b"HTTP/1.1 200") or len(json.loads(body)["results"]) != 24:
            failures.append(head.decode())
    writer.close()


async def load(host: str, port: int, searches: int, clients: int) -> tuple[list[float], list[str], float]:
    """Seconds of each search, failures, and searches a second."""
    requests = [request(jpeg(seed)) for seed in range(NUM_PICTURES)]
    for count in (min(WARM, searches), searches):
        seconds: list[float] = []
        failures: list[str] = []
        todo = iter([requests[at % NUM_PICTURES] for at in range(count)])
        begin = time.perf_counter()
        await asyncio.gather(*(client(host, port, todo, seconds, failures) for _ in range(clients)))
        whole = time.perf_counter() - begin
    return seconds, failures, searches / whole


def measure(place: Path, max_batch: int, clients: int, searches: int) -> float:
    """Searches a second, and prints a line."""
    with serving(place, max_batch) as (host, port):
        seconds, failures, rate = asyncio.run(load(host, port, searches, clients))
    if len(failures) == len(seconds):
        sys.exit(f"no search went well: {failures[0]}")
    p50, p99, most = (1000 * np.quantile(seconds, at) for at in (0.5, 0.99, 1))
    print(f"{clients:7}  {max_batch:9}  {rate:10.1f}  {p50:7.1f}  {p99:7.1f}  {most:7.1f}  {len(failures)}", flush=True)
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--searches", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2, help="of each server, in turns")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run = make_run(Path(name))
        place = write_index(run, args.images)
        print(f"{args.images:,} x 128 by exact, {args.searches:,} searches, {os.cpu_count()} cores")
        print("clients  max batch  searches/s   p50 ms   p99 ms  slowest  failures")
        measure(place, 32, 1, args.searches // 10)
        rates: dict[int, list[float]] = {32: [], 1: []}
        for _ in range(args.rounds):
            for max_batch, found in rates.items():
                found.append(measure(place, max_batch, args.clients, args.searches))
        print(f"micro-batching: {np.mean(rates[32]) / np.mean(rates[1]):.2f} times as many")


if __name__ == "__main__":
    main()
