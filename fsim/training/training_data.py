"""Prepares what a recipe learns from: the catalog of its dataset, the decoded images, and the sampler over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fsim.catalog.encoded_catalog import EncodedCatalog, encode, load_catalog
from fsim.catalog.statistics.channel_statistics import cached_channel_sums
from fsim.errors import FsimError
from fsim.functional.labels.attribute_labels import AttributeLabels
from fsim.functional.text.vocabulary import Vocabulary
from fsim.images.image_cache import CachedImages, open_image_cache
from fsim.images.preparation import Preparation
from fsim.interfaces import Catalog, IntArray, Sampler
from fsim.kit.files import cache_dir
from fsim.plugin.parameters import injected_names, needs
from fsim.recipe.checked_recipe import CheckedRecipe
from fsim.recipe.schema import AUTO
from fsim.runtime.display import Display, number
from fsim.runtime.processes import ALONE, Processes
from fsim.training.batches import TrainingBatches
from fsim.training.losses import LossTerms
from fsim.training.overfit import overfit_catalog


def prepare_data(
    checked: CheckedRecipe, display: Display, processes: Processes = ALONE
) -> tuple[EncodedCatalog, CachedImages]:
    """Return the catalog of the recipe's dataset and its decoded images."""
    return prepare_images(checked, dataset_catalog(checked, processes), display, processes)


def dataset_catalog(checked: CheckedRecipe, processes: Processes = ALONE) -> Catalog:
    """Return the catalog of the recipe's dataset; for `fsim run --overfit` the few images that are learned by heart. Of
    several processes rank 0 makes it, before the others open it.

    Raises:
        FsimError: there is no such data, or it does not fit the contract of a dataset.
    """
    with processes.rank0_first():
        catalog = load_catalog(checked["data.dataset"].build(cache_dir=cache_dir()))
    overfit = checked.recipe.data.overfit
    if overfit is None:
        return catalog
    return overfit_catalog(catalog, overfit, checked.recipe.evaluation.relevant, checked.recipe.seed)


def prepare_images(
    checked: CheckedRecipe, catalog: Catalog, display: Display, processes: Processes = ALONE
) -> tuple[EncodedCatalog, CachedImages]:
    """Encode a catalog, and decode its images as the network sees them. Of several processes rank 0 decodes, before the
    others open the cache."""
    with processes.rank0_first():
        images = open_image_cache(
            catalog,
            Preparation.from_recipe(checked.recipe),
            folder=cache_dir() / "images",
            max_damaged=checked.recipe.data.max_damaged,
            progress=lambda done, total: display.bar("decode images", done, total),
        )
    for image, cause in list(images.damaged.items())[:20]:
        display.warn(f"left out {image}: {cause}")
    if len(images.damaged) > 20:
        display.warn(f"left out {len(images.damaged) - 20} more damaged images")
    return encode(catalog, images.usable), images


def build_sampler(
    checked: CheckedRecipe, catalog: EncodedCatalog, rows: IntArray, processes: Processes = ALONE
) -> Sampler:
    """Build the sampler over the training images; each of several processes draws its own part.

    Raises:
        FsimError: the sampler knows no ranks and there are several, or no training image has the label it goes by.
    """
    injected = injected_names("sampler", checked["sampler"].component)
    if processes.size > 1 and not {"rank", "world_size"} <= injected:
        raise FsimError(
            f"the sampler '{checked['sampler'].name}' takes no `rank` and `world_size`, so that {processes.size} "
            f"processes would learn from the same batches; take another, or one process"
        )
    sampler: Sampler = checked["sampler"].build(
        categories=catalog.categories[rows],
        items=catalog.items[rows],
        seed=checked.recipe.seed,
        rank=processes.rank,
        world_size=processes.size,
    )
    if not (catalog.labels(sampler.label)[rows] >= 0).any():
        raise FsimError(
            f"no training image has a known {sampler.label}; set sampler.label to the other, or correct the catalog"
        )
    return sampler


def learned_attributes(checked: CheckedRecipe, catalog: EncodedCatalog, rows: IntArray) -> AttributeLabels | None:
    """Return the attributes of the whole catalog if the head or a loss learns them, else None.

    Raises:
        FsimError: one learns them, and no training image has a known attribute.
    """
    for part in (checked["model.head"], *checked.each("losses")):
        wanted = injected_names(part.kind, part.component) | (needs(part.component) if part.kind == "loss" else set())
        if wanted & {"num_attributes", "attribute_counts", "attributes"}:
            return catalog.attributes_for(f"{part.kind} '{part.name}'", rows, "train")
    return None


def training_captions(checked: CheckedRecipe, catalog: EncodedCatalog, rows: IntArray) -> list[list[str]] | None:
    """Return the captions of the training images; None where no text encoder learns from them.

    Raises:
        FsimError: one does, and there are no captions.
    """
    if checked.recipe.model.text_encoder is None:
        return None
    return catalog.captions_for(f"text_encoder '{checked['model.text_encoder'].name}'", rows, "train")


def learned_vocabulary(checked: CheckedRecipe, captions: Sequence[Sequence[str]] | None) -> Vocabulary | None:
    """Return the words of the training images' captions; None where no text encoder learns them.

    Raises:
        FsimError: no word is frequent enough.
    """
    if captions is None or not learns_vocabulary(checked):
        return None
    settings = checked.recipe.model.vocabulary
    every_caption = (caption for of_image in captions for caption in of_image)
    vocabulary = Vocabulary.of(every_caption, settings.min_count, settings.max_words, settings.max_length)
    if not vocabulary.words:
        raise FsimError(
            f"no word is there {settings.min_count} times in the captions of 'train', so there is nothing to read: "
            f"lower model.vocabulary.min_count, or correct the captions"
        )
    return vocabulary


def learns_vocabulary(checked: CheckedRecipe) -> bool:
    """Return whether the recipe has a text encoder that learns the words of captions."""
    part = checked.components.get(("model", "text_encoder"))
    return part is not None and "vocabulary" in injected_names("text_encoder", part.component)


def measure_channels(checked: CheckedRecipe, images: CachedImages, rows: IntArray, display: Display) -> CheckedRecipe:
    """Return the recipe with numbers where its `data.mean` or `data.std` is auto: those of the training images, decoded
    and resized, before augmentation.

    Raises:
        FsimError: all pixels have the same red, green or blue, so that std is 0.
    """
    sums = cached_channel_sums(images, rows)
    data = checked.recipe.data
    measured = {name: getattr(sums, name) for name in ("mean", "std") if getattr(data, name) == AUTO}
    for channel, deviation in zip(("red", "green", "blue"), measured.get("std", ()), strict=False):
        if deviation == 0:
            raise FsimError(
                f"data.std is auto, but all pixels of the {len(rows)} training images have the same {channel}, so that "
                f"it would be 0: look at the images, or give three numbers"
            )
    text = "; ".join(f"{name} {', '.join(map(number, values))}" for name, values in measured.items())
    display.say(f"of the {len(rows)} training images: {text}")
    return replace(checked, recipe=checked.recipe.model_copy(update={"data": data.model_copy(update=measured)}))


def warn_of_missing_pairs(batches: TrainingBatches, losses: LossTerms, display: Display) -> None:
    """Warn where a loss needs pairs, or the labels that make them, and the batches have none of a sort."""
    if {"pairs", "labels"} & set().union(*losses.needs):
        for sort in batches.missing_pairs():
            labels = f"{'one' if sort == 'positive' else 'different'} {batches.drawing.sampler.label}"
            display.warn(
                f"no batch of the first epoch has a {sort} pair (two images of {labels}), so a loss of pairs has "
                f"nothing to learn from: change the sampler or its batch_size"
            )
