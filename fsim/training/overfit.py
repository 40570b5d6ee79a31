"""The sanity check of every practitioner: can the model learn a few fixed images by heart?"""

from __future__ import annotations

import numpy as np

from fsim.catalog.encoded_catalog import encode
from fsim.errors import FsimError
from fsim.functional.draws import keyed_generator, place_in_group
from fsim.interfaces import Catalog, Label
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.document import Document
from fsim.recipe.validate import check_document
from fsim.runtime.display import number
from fsim.store.metric_lines import EvaluationLine

EPOCHS, STEPS_PER_EPOCH = 10, 20
LEARNT = "exact/recall@1"


def overfit_recipe(checked: CheckedRecipe, num_images: int) -> CheckedRecipe:
    """Return the recipe for `num_images` training images: no augmentation, 200 steps, evaluated on these same images.

    Raises:
        FsimError: fewer than 4 images, of which no pair could be right and another wrong.
    """
    if num_images < 4:
        raise FsimError("--overfit needs at least 4 images: two that belong together and two that do not")
    recipe = checked.resolved()
    recipe["name"] += "_overfit"
    recipe["data"] |= {"augmentation": {"name": "none"}, "overfit": num_images}
    recipe["train"] |= {"epochs": EPOCHS, "early_stopping": None}
    recipe["evaluation"] |= {
        "protocols": [{"query": "train"}],
        "every": 1,
        "evaluators": [{"name": "exact", "k": [1], "map": False}],
        "monitor": LEARNT,
        "expect": None,
    }
    sampler = recipe["sampler"]
    if "batch_size" in sampler:
        sampler["batch_size"] = min(sampler["batch_size"], num_images)
    if "batches_per_epoch" in sampler:
        sampler["batches_per_epoch"] = STEPS_PER_EPOCH
    return check_document(Document(recipe))


def overfit_catalog(catalog: Catalog, num_images: int, label: Label, seed: int) -> Catalog:
    """Return `num_images` training images, two by two of the same label, of as many labels as possible.

    Raises:
        FsimError: there are fewer with a known label.
    """
    encoded = encode(catalog, np.ones(len(catalog.frame), dtype=bool))
    rows = encoded.rows("train")
    rows = rows[encoded.labels(label)[rows] >= 0]
    if len(rows) < num_images:
        raise FsimError(
            f"--overfit {num_images}: there are only {len(rows)} training images of a known {label}; ask for fewer"
        )
    rows = keyed_generator(seed, "overfit").permutation(rows)
    labels = encoded.labels(label)[rows]
    rank = place_in_group(labels)  # how many of the same label came before
    single = np.bincount(labels)[labels] < 2
    return catalog.take(np.sort(rows[np.lexsort((labels, rank // 2, single))][:num_images]))


def verdict(evaluated: EvaluationLine) -> str:
    """Say what the last evaluation of an overfit run means."""
    value, num_images = evaluated.metrics[LEARNT], evaluated.protocol.num_queries
    if value is not None and value >= 0.99:
        return f"{LEARNT} is {number(value)} on the {num_images} images that it was trained on: the model can learn"
    return (
        f"{LEARNT} is only {number(value)} on the {num_images} images that it was trained on: the model does not "
        f"learn them by heart. Look at the learning rate, the loss and its margin, and the labels, before a long run"
    )
