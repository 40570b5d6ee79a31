"""preprocessing.json of an export: what a program must know to use the model."""

from __future__ import annotations

from typing import Any

from fsim import __version__
from fsim.evaluation.stored_embeddings import weights_hash
from fsim.export.onnx_network import FORMAT
from fsim.export.parity import BATCH_SIZES
from fsim.export.subject import Subject, Written

RESIZE_RULES = {
    "squash": "both sides to size, whatever the shape was",
    "pad": "the longer side to size, the shape kept, the rest of the square white",
    "crop": "the shorter side to size, the shape kept, the middle of the longer side taken",
}
BOX_RULES = {
    "crop": "where the garment's box is known, only what is in it is taken, with box_padding pixels of the resized "
    "image around it on each side as far as the picture goes; else the whole picture",
    "ignore": "the whole picture, whatever boxes are known",
}


def preprocessing(subject: Subject, written: Written) -> dict[str, Any]:
    """All of it as plain data."""
    recipe, pixels = subject.trained.recipe, written.format.TAKES_PIXELS
    data, size = recipe.data, recipe.data.image_size
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
            "box": data.box,
            "box_padding": data.box_padding,
            "box_rule": BOX_RULES[data.box],
            "size": size,
            "resize": data.resize,
            "resize_rule": RESIZE_RULES[data.resize],
            "interpolation": "bilinear with antialiasing; JPEGs may be decoded smaller, at twice size or more",
        },
        "normalisation": {
            "formula": "(pixel / 255 - mean) / std",
            "mean": list(data.mean),
            "std": list(data.std),
            "within_model": pixels,
        },
        "flip": {
            "mean_with_mirror_image": recipe.evaluation.flip,
            "within_model": recipe.evaluation.flip and pixels,
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
