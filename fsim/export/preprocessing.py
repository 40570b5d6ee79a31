"""preprocessing.json of an export: what a program must know to use the model."""

from __future__ import annotations

from typing import Any

from fsim import __version__
from fsim.export.exported_run import ExportedRun, WrittenModel
from fsim.export.onnx_network import FORMAT
from fsim.export.parity import BATCH_SIZES


def preprocessing_json(exported: ExportedRun, written: WrittenModel) -> dict[str, Any]:
    """Return the content of preprocessing.json."""
    pixels, preparation = written.format.TAKES_PIXELS, exported.preparation
    size, prepared = preparation.size, preparation.to_json()
    normalisation = {name: prepared.pop(name) for name in ("mean", "std")}
    flip = prepared.pop("flip")
    return {
        "format": written.name,
        "format_version": FORMAT,
        "model": written.format.FILE,
        "input": {
            "name": "images",
            "type": "uint8" if pixels else "float32",
            "shape": ["batch", size, size, 3] if pixels else ["batch", 3, size, size],
            "channels": ["red", "green", "blue"],
            "colour_space": "sRGB; colour profiles of files are not applied",
            "range": [0, 255] if pixels else "normalised",
        },
        "image": {
            "upright": "turned as its EXIF orientation says; clear parts are white",
            **prepared,
            **preparation.rules(),
        },
        "normalisation": {
            "formula": "(pixel / 255 - mean) / std",
            **normalisation,
            "within_model": pixels,
        },
        "flip": {
            "mean_with_mirror_image": flip,
            "within_model": flip and pixels,
        },
        "precision": "fp32",
        "outputs": {name: _output(name, exported, written) for name in written.widths},
        "parity": {
            "num_images": written.num_images,
            "split": written.split,
            "batch_sizes": list(BATCH_SIZES),
            "tolerance": written.tolerance,
            "fp32": written.parity.as_json(),
            "precision_of_evaluation": written.evaluation_precision,
            "in_that_precision": (written.parity_with_evaluation or written.parity).as_json(),
        },
        "run": {
            "name": exported.trained.folder.name,
            "id": exported.trained.folder.run_id(),
            "checkpoint": exported.trained.checkpoint_name,
            "epoch": exported.trained.epoch,
            "weights": exported.trained.weights,
            "fingerprints": {one.split: one.fingerprint for one in exported.evaluations},
            "fsim": __version__,
        },
    }


def _output(name: str, exported: ExportedRun, written: WrittenModel) -> dict[str, Any]:
    width = written.widths[name]
    about: dict[str, Any] = {"type": "float32", "shape": ["batch", width], "size": width}
    if name == "embedding":
        return {**about, "distance": exported.trained.network.distance, "unit_length": written.unit_length}
    names = {"logits": exported.trained.category_names, "attribute_logits": exported.attribute_names}.get(name, [])
    return {**about, "names": names} if len(names) == width else about
