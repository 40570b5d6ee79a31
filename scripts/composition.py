"""Whether a network composes words: does "red dress" find red dresses that it has not seen, where it learned from red
things and from dresses, but from no red dress?

    python scripts/composition.py RUN [RUN ...] [--pictures 400] [--checkpoint best]

The gallery is a sample of the pictures of val and test (or query and gallery), whose items were not learned from. Each
query is a colour and a category that some picture of it has. A picture fits where its attributes say so, whatever item
it shows. `unseen` are the combinations that no training picture has: those that the data set keeps away (garments:
held_out), and those that chance kept away.

R@10 is the share of queries with a fitting picture among the first 10, and chance what a random order would give: 1 -
C(G - r, 10) / C(G, 10) for the r of G pictures that fit.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np
import torch

from fsim.catalog.encoded_catalog import EncodedCatalog
from fsim.errors import FsimError
from fsim.evaluation.trained_run import TrainedRun
from fsim.functional.draws import keyed_generator
from fsim.functional.retrieval.topk import topk
from fsim.interfaces import IntArray
from fsim.runtime.display import Display
from fsim.store.run_folder import RunFolder

K = 10


def measured(run: Path, pictures: int, which: str | None, seed: int) -> list[list[str]]:
    """Rows of the table: seen, unseen."""
    trained = TrainedRun.open(RunFolder.open(run), which)
    catalog, images = trained.open_data(Display())
    there = [split for split in ("val", "test", "query", "gallery") if split in set(catalog.catalog.frame["split"])]
    gallery = catalog.rows("+".join(there))
    if len(gallery) > pictures:
        gallery = np.sort(keyed_generator(seed, "pictures").permutation(gallery)[:pictures])
    if len(gallery) <= K:
        raise FsimError(f"{len(gallery)} pictures are too few to find {K} among: give more --pictures")
    learned = set(combinations(catalog, catalog.rows("train")))
    of_gallery = combinations(catalog, gallery)
    asked = sorted(set(of_gallery))
    embedding = trained.embedder(images)(trained.network, gallery, ("embedding",))["embedding"]
    texts = torch.from_numpy(trained.embed_text([" ".join(one) for one in asked]))
    found = topk(texts, embedding, K, trained.distance).index.tolist()
    rows = []
    for name, is_seen in (("seen", True), ("unseen", False)):
        hits, chances, fitting = [], [], []
        for combination, answers in zip(asked, found, strict=True):
            if (combination in learned) == is_seen:
                fits = of_gallery.count(combination)
                hits.append(any(of_gallery[answer] == combination for answer in answers))
                chances.append(1 - math.comb(len(gallery) - fits, K) / math.comb(len(gallery), K))
                fitting.append(fits)
        if not hits:
            rows.append([name, "0", *["-"] * 4])
            continue
        recall, chance = np.mean(hits), np.mean(chances)
        rows.append(
            [
                name,
                f"{len(hits)}",
                f"{np.mean(fitting):.1f}",
                f"{recall:.3f}",
                f"{chance:.3f}",
                f"{recall / chance:.1f}",
            ]
        )
    return rows


def combinations(catalog: EncodedCatalog, rows: IntArray) -> list[tuple[str, str]]:
    """(colour, category) of each.

    Raises:
        FsimError: an image has no attribute `colour`, or several.
    """
    frame = catalog.catalog.frame
    found = [(frame["attributes"].iloc[row].get("colour"), frame["category"].iloc[row]) for row in rows]
    if not all(isinstance(colour, str) for colour, _ in found):
        raise FsimError("images lack an attribute 'colour': take a data set that has it, such as garments")
    return found


def main(runs: list[Path], pictures: int, which: str | None, seed: int) -> None:
    print(f"{'run':<40}{'':<10}{'queries':>9}{'fitting':>9}{'R@10':>9}{'chance':>9}{'times':>9}")
    for run in runs:
        for name, *values in measured(run, pictures, which, seed):
            print(f"{RunFolder.open(run).name:<40}{name:<10}" + "".join(f"{value:>9}" for value in values))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--checkpoint", help="best, last or a file (default: best)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample of pictures")
    given = parser.parse_args()
    torch.set_grad_enabled(False)
    try:
        main(given.runs, given.pictures, given.checkpoint, given.seed)
    except FsimError as error:
        sys.exit(f"{error}")
