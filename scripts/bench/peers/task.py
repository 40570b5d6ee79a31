"""The training that all peers do: its arguments, photographs and transforms, and how the result is reported.

Importing this makes torchvision importable, so a peer imports it first. It needs nothing of fsim: the peers run in an
environment of their own.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType

STARTED = time.perf_counter()  # before torch, whose import is part of what a user waits for

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
EMBEDDING_DIM = 256
NUM_WORKERS = 2
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 0.05  # AdamW, annealed by half a cosine: as recipes/clothing/
IMAGES_PER_CATEGORY = 8  # of a batch


def import_torchvision() -> ModuleType:
    """torchvision, also beside a torch that its wheel was not built for.

    There its compiled operators cannot be loaded, and the import dies when it describes two of them to torch. With
    these two declared it succeeds; nothing here calls them.
    """
    try:
        return import_module("torchvision")
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
    import torch

    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    for operator in ("nms", "qnms"):
        signature = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        torch.library.define(f"torchvision::{operator}", signature)
    return import_module("torchvision")


torchvision = import_torchvision()


def parse_arguments(description: str | None, losses: list[str]) -> argparse.Namespace:
    """The arguments of a peer; the first of `losses` is the default."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="folder of train/<category>/*.jpg and validation/<category>/*.jpg")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=94, help="optimizer steps (default: 94)")
    length.add_argument("--epochs", type=int, help="instead of --steps: so many times as the training images fill")
    parser.add_argument("--loss", choices=losses, default=losses[0], help=f"default: {losses[0]}")
    parser.add_argument("--size", type=int, default=64, help="pixels, the side of an image (default: 64)")
    parser.add_argument("--batch", type=int, default=64, help=f"a multiple of {IMAGES_PER_CATEGORY} (default: 64)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--train-gallery",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also search the training images with the validation images (default: yes)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    arguments = parser.parse_args()
    if arguments.batch % IMAGES_PER_CATEGORY:
        parser.error(f"--batch must be a multiple of {IMAGES_PER_CATEGORY}")
    if not (arguments.root / "train").is_dir() or not (arguments.root / "validation").is_dir():
        parser.error(f"{arguments.root} has no folders train and validation")
    return arguments


def training_transform(size: int) -> object:
    """What the augmentation `standard` does, by torchvision v1 on a PIL image."""
    v1 = torchvision.transforms
    return v1.Compose(
        [
            v1.RandomResizedCrop(size, scale=(0.5, 1)),
            v1.RandomHorizontalFlip(),
            v1.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2),
            v1.ToTensor(),
            v1.Normalize(MEAN, STD),
            v1.RandomErasing(p=0.25, scale=(0.02, 0.2), value="random"),
        ]
    )


def plain_transform(size: int) -> object:
    v1 = torchvision.transforms
    return v1.Compose([v1.Resize((size, size)), v1.ToTensor(), v1.Normalize(MEAN, STD)])


def report(peer: str, arguments: argparse.Namespace, steps: int, trained: float, recalls: dict[str, float]) -> None:
    """Print what came out: recall@1 by protocol, and seconds since the program began.

    Args:
        trained: `time.perf_counter()` when the training had ended.
    """
    result = {
        "peer": peer,
        "loss": arguments.loss,
        "steps": steps,
        "seconds": round(time.perf_counter() - STARTED, 2),
        "training_seconds": round(trained - STARTED, 2),
        "recall@1": recalls,
    }
    if arguments.json:
        print(json.dumps(result))
        return
    print(f"{peer}, {arguments.loss}: {steps} steps of {arguments.batch} images of {arguments.size} px")
    for protocol, recall in recalls.items():
        print(f"category recall@1, {protocol:<26} {recall:.3f}")
    print(f"seconds {result['seconds']} (to the end of training {result['training_seconds']})")
