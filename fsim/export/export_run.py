"""Export a network of a run: a folder with the model, what a program must know of it, and its model card."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fsim.errors import FsimError
from fsim.evaluation.evaluation import Evaluation
from fsim.evaluation.trained_run import TrainedRun
from fsim.export.formats import Format, format_of
from fsim.export.model_card import model_card
from fsim.export.parity import BATCH_SIZES, MOST_IMAGES, in_batches, parity
from fsim.export.pixel_network import PixelNetwork
from fsim.export.preprocessing import preprocessing_json
from fsim.export.subject import Subject, Written
from fsim.functional.draws import keyed_generator
from fsim.functional.labels.subsets import stratified_subset
from fsim.images.image_cache import CachedImages
from fsim.interfaces import IntArray
from fsim.kit.files import atomic_folder, write_json, write_text, write_with
from fsim.model.network import Network
from fsim.run.policy import monitored_protocol
from fsim.runtime.display import Display
from fsim.training.training_data import attributes_asked_for

if TYPE_CHECKING:
    from torch import Tensor

    from fsim.interfaces import Vectors

PREPROCESSING, CARD, RECIPE, VOCABULARY = "preprocessing.json", "README.md", "recipe.yaml", "vocabulary.txt"
UNIT = 1e-5  # how far from 1 the length of an embedding of unit length may be


def export_run(trained: TrainedRun, name: str, out: Path, tolerance: float, display: Display) -> Written:
    """Write an export into the folder `out`, which is there whole or not at all.

    Args:
        trained: on the CPU in fp32, in which exports compute.
        name: of the format.
        tolerance: the most that any output may differ from that of the run's network in fp32.

    Raises:
        FsimError: a package is missing, `out` holds something else, or the model differs by more.
    """
    form = format_of(name)
    catalog, images = trained.open_data(display)
    attributes = attributes_asked_for(trained.checked, catalog, catalog.rows("train"))
    subject = Subject(
        trained,
        catalog,
        Evaluation(trained.checked, catalog, trained.embedder(images)),
        [f"{of}: {one}" for of, one in zip(attributes.types, attributes.names, strict=True)] if attributes else [],
    )
    whole = trained.network
    exported = Network(whole.backbone, whole.head) if form.TAKES_PIXELS else whole  # what takes pixels does not read
    network = PixelNetwork(exported, trained.forward.normalise, trained.forward.flip)
    with atomic_folder(out) as beside:
        written = _write_model(subject, network, name, form, beside / form.FILE, images, tolerance)
        display.say(_checked_on(written))
        if not written.fp32.within(tolerance):
            raise FsimError(
                f"the exported model differs from the run by more than {tolerance:g}: {written.fp32}. Nothing was "
                f"written. Where that is little beside the values, give another --tolerance; else take another --to"
            )
        write_json(beside / PREPROCESSING, preprocessing_json(subject, written))
        write_text(beside / CARD, model_card(subject, written))
        shutil.copyfile(trained.folder.recipe, beside / RECIPE)
        if exported.text is not None and exported.text.vocabulary is not None:
            write_text(beside / VOCABULARY, "".join(f"{word}\n" for word in exported.text.vocabulary.words))
    return written


def refuse_folder(out: Path) -> None:
    """Tell, before the work, that a folder holds something that is no export, which must not be replaced.

    Raises:
        FsimError: it does.
    """
    if out.is_dir() and ((out / PREPROCESSING).is_file() or not any(out.iterdir())):
        return
    if out.exists():
        raise FsimError(f"{out} is there already, and no export of fsim's; name another --out, or move it away")


def _write_model(
    subject: Subject,
    network: PixelNetwork,
    name: str,
    form: Format,
    file: Path,
    images: CachedImages,
    tolerance: float,
) -> Written:
    """Write the model, read it again, and hold it against the run."""
    protocol = monitored_protocol(subject.evaluation.protocols)
    chosen = stratified_subset(
        subject.catalog.categories[protocol.query_rows],
        MOST_IMAGES,
        keyed_generator(subject.trained.recipe.seed, "export"),
    )
    rows = protocol.query_rows[chosen]
    pixels = images.gather(rows).permute(0, 2, 3, 1).contiguous()  # uint8 [N, S, S, 3]
    content = content_of(form, name, network, pixels[np.resize(np.arange(len(rows)), 2)])
    write_with(file, lambda stream: stream.write(content))
    found = in_batches(form.opened(file, network), pixels.numpy())
    fp32 = _asked(subject.trained, images, network, rows)
    precision = (subject.trained.folder.read_environment() or {}).get("precision", "fp32")
    evaluated = replace(subject.trained, machine=replace(subject.trained.machine, precision=precision))
    lengths = np.linalg.norm(found["embedding"], axis=1)
    return Written(
        name=name,
        format=form,
        num_bytes=len(content),
        num_images=len(rows),
        split=protocol.query,
        widths={output: values.shape[1] for output, values in found.items()},
        unit_length=bool((np.abs(lengths - 1) < UNIT).all()),
        tolerance=tolerance,
        fp32=parity(fp32, found),
        precision=precision,
        evaluated=None if precision == "fp32" else parity(_asked(evaluated, images, network, rows), found),
    )


def content_of(form: Format, name: str, network: PixelNetwork, example: Tensor) -> bytes:
    """The file of a format.

    Raises:
        FsimError: the network does what the format cannot say.
    """
    try:
        return form.content(network, example)
    except Exception as error:  # the exporters have many of their own
        first: BaseException = error
        while first.__cause__ is not None:
            first = first.__cause__
        cause = (str(first).strip().splitlines() or [type(first).__name__])[0]
        raise FsimError(
            f"this network cannot be written as {name}: {cause}; take another --to, or ask the author of its backbone "
            f"and head"
        ) from error


def _asked(trained: TrainedRun, images: CachedImages, network: PixelNetwork, rows: IntArray) -> dict[str, Vectors]:
    """What the run's own network gives for the same images."""
    outputs = trained.embedder(images)(network.network, rows, network.names)
    return {name: values.numpy() for name, values in outputs.items()}


def _checked_on(written: Written) -> str:
    sizes = ", ".join(map(str, BATCH_SIZES))
    told = (
        f"held against the run on {written.num_images} images of {written.split}, in batches of {sizes}: {written.fp32}"
    )
    if written.evaluated is None:
        return told
    return f"{told}; from {written.precision}, in which the run was evaluated: {written.evaluated}"
