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
from fsim.export.exported_run import ExportedRun, WrittenModel
from fsim.export.formats import Format, format_named
from fsim.export.model_card import model_card
from fsim.export.parity import BATCH_SIZES, MOST_IMAGES, compare_outputs, run_in_batches
from fsim.export.pixel_network import PixelNetwork
from fsim.export.preprocessing import preprocessing_json
from fsim.functional.draws import keyed_generator
from fsim.functional.labels.subsets import stratified_subset
from fsim.images.image_cache import CachedImages
from fsim.interfaces import IntArray
from fsim.kit.files import atomic_folder, write_json, write_text, write_with
from fsim.model.network import Network
from fsim.run.policy import monitored_protocol
from fsim.runtime.display import Display
from fsim.training.training_data import learned_attributes

if TYPE_CHECKING:
    from torch import Tensor

    from fsim.interfaces import Vectors

PREPROCESSING, CARD, RECIPE, VOCABULARY = "preprocessing.json", "README.md", "recipe.yaml", "vocabulary.txt"
UNIT = 1e-5  # how far from 1 the length of an embedding of unit length may be


def export_run(trained: TrainedRun, name: str, out: Path, tolerance: float, display: Display) -> WrittenModel:
    """Write an export into the folder `out`, which is there whole or not at all.

    Args:
        trained: on the CPU in fp32, in which exports compute.
        name: of the format.
        tolerance: the most that any output may differ from that of the run's network in fp32.

    Raises:
        FsimError: a package is missing, `out` holds something else, or the model differs by more.
    """
    model_format = format_named(name)
    catalog, images = trained.open_data(display)
    attributes = learned_attributes(trained.checked, catalog, catalog.rows("train"))
    evaluation = Evaluation(trained.checked, catalog, trained.embedder(images))
    exported = ExportedRun(
        trained,
        catalog,
        monitored_protocol(evaluation.protocols),
        [f"{kind}: {name}" for kind, name in zip(attributes.types, attributes.names, strict=True)]
        if attributes
        else [],
    )
    network = trained.network
    if model_format.TAKES_PIXELS:
        network = Network(network.backbone, network.head)  # without what reads texts
    pixel_network = PixelNetwork(network, trained.forward.normalise, trained.forward.flip)
    with atomic_folder(out) as beside:
        file = beside / model_format.FILE
        written = _write_model(exported, pixel_network, name, model_format, file, images, tolerance)
        display.say(_parity_text(written))
        if not written.parity.within(tolerance):
            raise FsimError(
                f"the exported model differs from the run by more than {tolerance:g}: {written.parity}. Nothing was "
                f"written. Where that is little beside the values, give another --tolerance; else take another --to"
            )
        write_json(beside / PREPROCESSING, preprocessing_json(exported, written))
        write_text(beside / CARD, model_card(exported, written))
        shutil.copyfile(trained.folder.recipe, beside / RECIPE)
        if network.text is not None and network.text.vocabulary is not None:
            write_text(beside / VOCABULARY, "".join(f"{word}\n" for word in network.text.vocabulary.words))
    return written


def reject_folder(out: Path) -> None:
    """Reject a folder that holds something else than an export, before the work: it would be replaced.

    Raises:
        FsimError: it does.
    """
    if out.is_dir() and ((out / PREPROCESSING).is_file() or not any(out.iterdir())):
        return
    if out.exists():
        raise FsimError(f"{out} is there already, and no export of fsim's; name another --out, or move it away")


def _write_model(
    exported: ExportedRun,
    network: PixelNetwork,
    name: str,
    model_format: Format,
    file: Path,
    images: CachedImages,
    tolerance: float,
) -> WrittenModel:
    """Write the model, read it again, and hold it against the run."""
    trained, protocol = exported.trained, exported.monitored
    categories = exported.catalog.categories[protocol.query_rows]
    chosen = stratified_subset(categories, MOST_IMAGES, keyed_generator(trained.recipe.seed, "export"))
    rows = protocol.query_rows[chosen]
    pixels = images.gather(rows).permute(0, 2, 3, 1).contiguous()  # uint8 [N, S, S, 3]
    content = model_bytes(model_format, name, network, pixels[np.resize(np.arange(len(rows)), 2)])
    write_with(file, lambda stream: stream.write(content))
    outputs = run_in_batches(model_format.open_model(file, network), pixels.numpy())
    environment = trained.folder.read_environment()
    precision = environment.precision if environment and environment.precision else "fp32"
    as_evaluated = replace(trained, machine=replace(trained.machine, precision=precision))
    parity = compare_outputs(_outputs_of_run(trained, images, network, rows), outputs)
    lengths = np.linalg.norm(outputs["embedding"], axis=1)
    return WrittenModel(
        name=name,
        format=model_format,
        num_bytes=len(content),
        num_images=len(rows),
        split=protocol.query,
        widths={output: values.shape[1] for output, values in outputs.items()},
        unit_length=bool((np.abs(lengths - 1) < UNIT).all()),
        tolerance=tolerance,
        parity=parity,
        evaluation_precision=precision,
        parity_with_evaluation=None
        if precision == "fp32"
        else compare_outputs(_outputs_of_run(as_evaluated, images, network, rows), outputs),
    )


def model_bytes(model_format: Format, name: str, network: PixelNetwork, example: Tensor) -> bytes:
    """Return the file of a format.

    Raises:
        FsimError: the network does what the format cannot say.
    """
    try:
        return model_format.model_bytes(network, example)
    except Exception as error:  # the exporters have many of their own
        first: BaseException = error
        while first.__cause__ is not None:
            first = first.__cause__
        cause = (str(first).strip().splitlines() or [type(first).__name__])[0]
        raise FsimError(
            f"this network cannot be written as {name}: {cause}; take another --to, or ask the author of its backbone "
            f"and head"
        ) from error


def _outputs_of_run(
    trained: TrainedRun, images: CachedImages, network: PixelNetwork, rows: IntArray
) -> dict[str, Vectors]:
    """What the run's own network gives for the same images."""
    outputs = trained.embedder(images)(network.network, rows, network.names)
    return {name: values.numpy() for name, values in outputs.items()}


def _parity_text(written: WrittenModel) -> str:
    sizes = ", ".join(map(str, BATCH_SIZES))
    text = (
        f"held against the run on {written.num_images} images of {written.split}, in batches of {sizes}: "
        f"{written.parity}"
    )
    if written.parity_with_evaluation is None:
        return text
    return (
        f"{text}; from {written.evaluation_precision}, in which the run was evaluated: {written.parity_with_evaluation}"
    )
