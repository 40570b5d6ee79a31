"""The files that TensorBoard's embedding projector reads: https://www.tensorflow.org/tensorboard/tensorboard_projector_plugin

Shape legend: N images, D embedding, T thumbnail, side = ceil(sqrt(N)).
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from fsim.interfaces import EmbeddedImages

FOLDER = "projector"
MOST_PIXELS = 8192  # the side of a sprite: browsers take no larger texture


def write_projector(log_folder: Path, images: EmbeddedImages) -> None:
    """Write `projector_config.pbtxt` and, in the folder `projector`, `tensors.tsv`, `metadata.tsv` and `sprite.png`.

    The configuration names the others and is put in place last, so TensorBoard finds all of them or none. Thumbnails
    are made smaller where the sprite would be larger than 8192 pixels, which takes more than 16,384 images of 64.
    """
    from google.protobuf import text_format
    from tensorboard.plugins.projector import ProjectorConfig

    folder = log_folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    np.savetxt(folder / "tensors.tsv", images.embedding, fmt="%.6g", delimiter="\t")
    (folder / "metadata.tsv").write_text(metadata(images), encoding="utf-8")
    sprite, size = sprite_of(images.thumbnails)
    sprite.save(folder / "sprite.png")
    config = ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = images.split
    embedding.tensor_path = f"{FOLDER}/tensors.tsv"
    embedding.metadata_path = f"{FOLDER}/metadata.tsv"
    embedding.sprite.image_path = f"{FOLDER}/sprite.png"
    embedding.sprite.single_image_dim.extend([size, size])
    written = log_folder / f".{FOLDER}_config.pbtxt"
    written.write_text(text_format.MessageToString(config), encoding="utf-8")
    written.replace(log_folder / f"{FOLDER}_config.pbtxt")


def metadata(images: EmbeddedImages) -> str:
    """A line an image: its name, and its category and item where any are known. TensorBoard takes the first line for a
    header if there is more than one column, and for an image if there is one."""
    columns = {"category": images.categories, "item": images.items}
    known = {"image": images.names, **{name: values for name, values in columns.items() if any(values)}}
    rows = [*([tuple(known)] if len(known) > 1 else []), *zip(*known.values(), strict=True)]
    return "".join("\t".join(" ".join(cell.split()) for cell in row) + "\n" for row in rows)


def sprite_of(thumbnails: npt.NDArray[np.uint8]) -> tuple[Image.Image, int]:
    """Thumbnails uint8 [N, T, T, 3] row by row in one square of side x side, the rest of it white; and their size in
    it: T, or less where the square would be larger than 8192 pixels."""
    side = math.ceil(math.sqrt(len(thumbnails)))
    size = min(thumbnails.shape[1], MOST_PIXELS // side)
    sprite = Image.new("RGB", (side * size, side * size), "white")
    for place, pixels in enumerate(thumbnails):
        small = Image.fromarray(pixels)
        if size < thumbnails.shape[1]:
            small = small.resize((size, size), Image.Resampling.LANCZOS)
        sprite.paste(small, (place % side * size, place // side * size))
    return sprite, size
