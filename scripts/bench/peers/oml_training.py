"""A training by open-metric-learning as its README shows it: BalanceSampler, ResnetExtractor, TripletLossWithMiner.

    python scripts/bench/peers/oml_training.py ROOT [--steps 94 | --epochs 20] [--loss triplet] [--json]

ResNet18 from scratch with a linear layer, embeddings of length one, in float32; images are decoded by Pillow and
transformed by torchvision in two worker processes. Needs open-metric-learning 4.0 (it imports omegaconf, which only its
extra `pipelines` installs), and not fsim. `--loss supcon` takes pytorch-metric-learning's loss, as its documentation
shows. Recall is its cmc@1; its map@k and precision@k are defined in another way than elsewhere.
"""

from __future__ import annotations

import time
from pathlib import Path

from task import (
    EMBEDDING_DIM,
    IMAGES_PER_CATEGORY,
    LEARNING_RATE,
    NUM_WORKERS,
    WEIGHT_DECAY,
    parse_arguments,
    plain_transform,
    report,
    training_transform,
)

# isort: split
import pandas as pd
import torch
from oml import datasets
from oml.inference import inference
from oml.losses import TripletLossWithMiner
from oml.metrics import calc_retrieval_metrics_rr
from oml.miners import AllTripletsMiner, HardTripletsMiner
from oml.models import ResnetExtractor
from oml.retrieval import RetrievalResults
from oml.samplers import BalanceSampler
from oml.utils.misc import set_global_seed
from torch.utils.data import DataLoader

LOSSES = ["triplet", "triplet_all", "supcon"]


def main() -> None:
    arguments = parse_arguments(__doc__, LOSSES)
    set_global_seed(arguments.seed)

    train_frame, val_frame = (frame_of(arguments.root / split) for split in ("train", "validation"))
    val_frame = val_frame.assign(is_query=True, is_gallery=True)  # leave-one-out
    train = datasets.ImageLabeledDataset(train_frame, transform=training_transform(arguments.size))
    steps = arguments.epochs * (len(train) // arguments.batch) if arguments.epochs else arguments.steps
    sampler = BalanceSampler(
        train.get_labels(), n_labels=arguments.batch // IMAGES_PER_CATEGORY, n_instances=IMAGES_PER_CATEGORY
    )
    # An epoch of this sampler ends with the labels, so for ten categories it is one batch. Joined, the epochs let
    # both workers decode ahead.
    batches = [batch for _ in range(-(-steps // len(sampler))) for batch in sampler][:steps]

    model = ResnetExtractor(weights=None, arch="resnet18", gem_p=None, remove_fc=False, normalise_features=True)
    model.model.fc = torch.nn.Linear(model.model.fc.in_features, EMBEDDING_DIM)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    criterion = criterion_of(arguments.loss)
    for batch in DataLoader(train, batch_sampler=batches, num_workers=NUM_WORKERS):
        loss = criterion(model(batch["input_tensors"]), batch["labels"])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        scheduler.step()
    trained = time.perf_counter()

    transform = plain_transform(arguments.size)
    val = datasets.ImageQueryGalleryLabeledDataset(val_frame, transform=transform)
    query = inference(model, val, batch_size=arguments.batch, num_workers=NUM_WORKERS)
    recalls = {"leave-one-out": cmc_at_1(RetrievalResults.from_embeddings(query, val, n_items=1))}
    if arguments.train_gallery:
        queries = datasets.ImageLabeledDataset(val_frame, transform=transform)
        galleries = datasets.ImageLabeledDataset(train_frame, transform=transform)
        gallery = inference(model, galleries, batch_size=arguments.batch, num_workers=NUM_WORKERS)
        results = RetrievalResults.from_embeddings_qg(query, gallery, queries, galleries, n_items=1)
        recalls["against train"] = cmc_at_1(results)
    report("open-metric-learning", arguments, steps, trained, recalls)


def frame_of(folder: Path) -> pd.DataFrame:
    """`<folder>/<category>/*` as the table that its datasets read; labels are the ranks of the sorted categories."""
    categories = sorted(path.name for path in folder.iterdir() if path.is_dir())
    rows = [
        {"path": str(path), "label": label}
        for label, category in enumerate(categories)
        for path in sorted((folder / category).iterdir())
    ]
    return pd.DataFrame(rows)


def criterion_of(name: str) -> torch.nn.Module:
    if name == "supcon":
        from pytorch_metric_learning.losses import SupConLoss

        return SupConLoss(temperature=0.1)
    return TripletLossWithMiner(0.2, HardTripletsMiner() if name == "triplet" else AllTripletsMiner())


def cmc_at_1(results: RetrievalResults) -> float:
    metrics = calc_retrieval_metrics_rr(results, cmc_top_k=(1,), precision_top_k=(), map_top_k=(), verbose=False)
    return float(metrics["cmc"][1])


if __name__ == "__main__":
    main()
