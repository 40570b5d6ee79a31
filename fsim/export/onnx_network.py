"""What `fsim export --to onnx` wrote, run by onnxruntime: nothing here imports torch.

Shape legend: B batch, S image size, D embedding.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fsim.errors import FsimError
from fsim.images.preparation import Preparation
from fsim.images.resample import bilinear_by_numpy

if TYPE_CHECKING:
    from fsim.images.resample import Pixels
    from fsim.images.resize import Box
    from fsim.interfaces import Distance, Vectors

FORMAT = 1  # of preprocessing.json


class OnnxNetwork:
    """An exported network on the CPU, with the recipe's own view of an image.

    about           preprocessing.json: what was exported, and how images are prepared
    preparation     the latter
    size            S, in pixels
    dimensions      D
    distance        how the embeddings are compared
    category_names  what its logits are of; none where it gives no logits

    Args:
        folder: what the export wrote: model.onnx and preprocessing.json.
        threads: of onnxruntime, for each call; None: as many as there are cores.

    Raises:
        FsimError: there is no such export, it is of another fsim, or onnxruntime is not installed or refuses it.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        about = self.about = read_preprocessing(folder)
        self.preparation = preparation_of(about)
        self.size = self.preparation.size
        self.names = list(about["outputs"])
        self.dimensions: int = about["outputs"]["embedding"]["size"]
        self.distance: Distance = about["outputs"]["embedding"]["distance"]
        self.category_names: list[str] = about["outputs"].get("logits", {}).get("names", [])
        self._session = session_of(folder / about["model"], threads)

    def image(self, source: bytes | Pixels, box: Box | None = None) -> Pixels:
        """Prepare the bytes of a file, or uint8 [H, W, 3], as the run saw its images -> uint8 [S, S, 3].

        Args:
            box: the part to look at, (x1, y1, x2, y2) in pixels of the upright picture; padded as the recipe pads the
                garments' boxes, where it cuts by them.

        Raises:
            DamagedImageError: with the cause.
        """
        return self.preparation.apply(source, box, bilinear_by_numpy)

    def embed(self, images: Pixels) -> Vectors:
        """Embed uint8 [B, S, S, 3] as the run indexes them -> float32 [B, D]; B may be 0."""
        return self.outputs(images, ["embedding"])["embedding"]

    def outputs(self, images: Pixels, names: Sequence[str] | None = None) -> dict[str, Vectors]:
        """Run the network on uint8 [B, S, S, 3] -> {name: float32 [B, ...]}: the embedding, and any logits."""
        if images.dtype != np.uint8 or images.shape[1:] != (self.size, self.size, 3):
            raise FsimError(
                f"images are {images.dtype} {list(images.shape)}, and must be uint8 [B, {self.size}, {self.size}, 3]: "
                f"make them by OnnxNetwork.image"
            )
        wanted = list(names or self.names)
        if not len(images):  # which some operators refuse
            of_one = self.outputs(np.zeros((1, *images.shape[1:]), np.uint8), wanted)
            return {name: values[:0] for name, values in of_one.items()}
        return dict(zip(wanted, self._session.run(wanted, {"images": images}), strict=True))


def read_preprocessing(folder: Path) -> dict[str, Any]:
    """Read preprocessing.json of an ONNX export.

    Raises:
        FsimError: it is not there, damaged, or of another format.
    """
    file = folder / "preprocessing.json"
    try:
        about: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        kind, number = about["format"], about["format_version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FsimError(f"{folder} is no export of a run; make one: fsim export RUN --to onnx --out DIR") from error
    if (kind, number) != ("onnx", FORMAT):
        raise FsimError(
            f"{folder} is an export to {kind} in format {number}; make one that onnxruntime reads: "
            f"fsim export RUN --to onnx"
        )
    return about


def preparation_of(about: Mapping[str, Any]) -> Preparation:
    """Return how the pictures of an export are prepared, from its preprocessing.json.

    Raises:
        FsimError: that is damaged.
    """
    try:
        image = dict(about["image"])
        # A whole sentence in exports made before there was a choice; it begins with the word.
        interpolation = str(image.pop("interpolation", "bilinear")).split(maxsplit=1)[0]
        flip = about["flip"]["mean_with_mirror_image"]
        return Preparation.from_json({**image, "interpolation": interpolation, **about["normalisation"], "flip": flip})
    except (LookupError, ValueError, TypeError) as error:
        raise FsimError(f"preprocessing.json is damaged ({error!r}): export the run again") from error


def session_of(file: Path, threads: int | None = None) -> Any:
    """Open an onnxruntime session on the CPU.

    Raises:
        FsimError: onnxruntime is not installed, or can't read the file.
    """
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError as error:
        raise FsimError(f"an ONNX model needs the package onnxruntime ({error}): pip install 'fsim[onnx]'") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has exceptions of its own
        raise FsimError(f"cannot read {file}: {str(error).splitlines()[0]}; export the run again") from error
