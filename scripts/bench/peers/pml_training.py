"""A training by pytorch-metric-learning as its examples show it: MetricLossOnly, MPerClassSampler, AccuracyCalculator.

    python scripts/bench/peers/pml_training.py ROOT [--steps 94 | --epochs 20] [--loss supcon] [--json]

ResNet18 from scratch and a linear embedder, in float32, which is its default; images are decoded by Pillow and
transformed by torchvision in two worker processes. Needs pytorch-metric-learning 2.9, and not fsim.
"""

from __future__ import annotations

import time

from task import (
    EMBEDDING_DIM,
    IMAGES_PER_CATEGORY,
    LEARNING_RATE,
    NUM_WORKERS,
    WEIGHT_DECAY,
    parse_arguments,
    plain_transform,
    report,
    torchvision,
    training_transform,
)

# isort: split
import torch
from pytorch_metric_learning import distances, losses, miners, samplers, testers, trainers
from pytorch_metric_learning.utils import common_functions
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN

LOSSES = {
    "supcon": (losses.SupConLoss(temperature=0.1), None),
    "triplet": (losses.TripletMarginLoss(margin=0.2), miners.BatchHardMiner()),
    "contrastive": (losses.ContrastiveLoss(), None),
    "multi_similarity": (losses.MultiSimilarityLoss(), miners.MultiSimilarityMiner()),
}


def main() -> None:
    arguments = parse_arguments(__doc__, list(LOSSES))
    torch.manual_seed(arguments.seed)
    common_functions.NUMPY_RANDOM.seed(arguments.seed)  # its samplers draw from this

    folder = torchvision.datasets.ImageFolder
    train = folder(arguments.root / "train", training_transform(arguments.size))
    sampler = samplers.MPerClassSampler(
        train.targets, m=IMAGES_PER_CATEGORY, batch_size=arguments.batch, length_before_new_iter=len(train)
    )
    epochs = arguments.epochs or 1
    steps_per_epoch = len(train) // arguments.batch if arguments.epochs else arguments.steps

    trunk = torchvision.models.resnet18(weights=None)
    embedder = torch.nn.Linear(trunk.fc.in_features, EMBEDDING_DIM)
    trunk.fc = torch.nn.Identity()
    models = {"trunk": trunk, "embedder": embedder}
    optimizers = {
        f"{name}_optimizer": torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        for name, model in models.items()
    }
    schedulers = {
        f"{name}_scheduler_by_iteration": torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizers[f"{name}_optimizer"], epochs * steps_per_epoch
        )
        for name in models
    }
    loss, miner = LOSSES[arguments.loss]
    trainer = trainers.MetricLossOnly(
        models,
        optimizers,
        arguments.batch,
        {"metric_loss": loss},
        train,
        mining_funcs={} if miner is None else {"tuple_miner": miner},
        iterations_per_epoch=steps_per_epoch,
        sampler=sampler,
        lr_schedulers=schedulers,
        dataloader_num_workers=NUM_WORKERS,
    )
    trainer.train(num_epochs=epochs)
    trained = time.perf_counter()

    # its k-NN by default is faiss's; its own gives the same neighbours and needs no further package
    calculator = AccuracyCalculator(include=("precision_at_1",), k=1, knn_func=CustomKNN(distances.CosineSimilarity()))
    tester = testers.GlobalEmbeddingSpaceTester(
        batch_size=arguments.batch, dataloader_num_workers=NUM_WORKERS, accuracy_calculator=calculator
    )
    query = embed(tester, models, folder(arguments.root / "validation", plain_transform(arguments.size)))
    recalls = {"leave-one-out": calculator.get_accuracy(*query, *query, ref_includes_query=True)["precision_at_1"]}
    if arguments.train_gallery:
        gallery = embed(tester, models, folder(arguments.root / "train", plain_transform(arguments.size)))
        recalls["against train"] = calculator.get_accuracy(*query, *gallery)["precision_at_1"]
    report("pytorch-metric-learning", arguments, epochs * steps_per_epoch, trained, recalls)


def embed(tester, models, dataset):  # type: ignore[no-untyped-def]
    """-> embeddings [N, D] and labels [N]."""
    embeddings, labels = tester.get_all_embeddings(dataset, models["trunk"], models["embedder"])
    return embeddings, labels.squeeze(1)


if __name__ == "__main__":
    main()
