"""preprocessing.json of an export: what a program must know to use the model."""

from __future__ import annotations

from typing import Any

from fsim import __version__
from fsim.evaluation.storing_embedder import weights_hash
from fsim.export.onnx_network import FORMAT
from fsim.export.parity import BATCH_SIZES
from fsim.export.subject import Subject, Written


def preprocessing_json(subject: Subject, written: Written) -> dict[str, Any]:
    """All of it as plain data."""
    pixels, preparation = written.format.TAKES_PIXELS, subject.preparation
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
        "outputs": {name: _output(name, subject, written) for name in written.widths},
        "parity": {
            "num_images": written.num_images,
            "split": written.split,
            "batch_sizes": list(BATCH_SIZES),
            "tolerance": written.tolerance,
            "fp32": written.fp32.as_json(),
            "precision_of_evaluation": written.precision,
            "in_that_precision": (written.evaluated or written.fp32).as_json(),
        },
        "run": {
            "name": subject.trained.folder.name,
            "id": subject.trained.folder.run_id(),
            "checkpoint": subject.trained.checkpoint_name,
            "epoch": subject.trained.epoch,
            "weights": weights_hash(subject.trained.network),
            "fingerprints": {one.split: one.fingerprint for one in subject.evaluations},
            "fsim": __version__,
        },
    }


def _output(name: str, subject: Subject, written: Written) -> dict[str, Any]:
    width = written.widths[name]
    about: dict[str, Any] = {"type": "float32", "shape": ["batch", width], "size": width}
    if name == "embedding":
        return {**about, "distance": subject.trained.network.distance, "unit_length": written.unit_length}
    names = {"logits": subject.trained.category_names, "attribute_logits": subject.attribute_names}.get(name, [])
    return {**about, "names": names} if len(names) == width else about
