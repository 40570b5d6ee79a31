"""A few lines of Python that use an export, for its model card. They run in the export's folder."""

from __future__ import annotations

from fsim.export.subject import Subject, Written

SQUARES = {
    "squash": "image.resize(({size}, {size}), Image.Resampling.BILINEAR)",
    "pad": 'ImageOps.pad(image, ({size}, {size}), Image.Resampling.BILINEAR, color="white")',
    "crop": "ImageOps.fit(image, ({size}, {size}), Image.Resampling.BILINEAR)",
}
WITH_PILLOW = """\
import numpy as np
import {package}
from PIL import Image, ImageOps

model = {model}
image = ImageOps.exif_transpose(Image.open("query.jpg")).convert("RGB")
pixels = np.array({square})[None]  # uint8 [1, {size}, {size}, 3]
embedding = {call}  # float32 [1, {width}]
"""
WITH_FSIM = """\
from pathlib import Path

import torch
from safetensors.torch import load_file

from fsim.images.decode import decode
{imported}from fsim.model.network import build_network
from fsim.images.normalise import Normalise
from fsim.recipe.validate import check_recipe

{words}network = build_network(check_recipe(Path("recipe.yaml")), {num_categories}, {num_attributes}{vocabulary}).eval()
network.load_state_dict(load_file("model.safetensors"))
square = decode(Path("query.jpg").read_bytes(), size={size}, resize="{resize}")  # uint8 [{size}, {size}, 3]
pixels = torch.from_numpy(square).permute(2, 0, 1)[None]
images = Normalise({mean}, {std})(pixels)  # float32 [1, 3, {size}, {size}]
with torch.inference_mode():
    embedding = network(images)["embedding"]  # float32 [1, {width}]
"""
IMPORT_VOCABULARY = "from fsim.functional.text.vocabulary import Vocabulary\n"
READ_WORDS = 'words = Path("vocabulary.txt").read_text(encoding="utf-8").splitlines()\n'
OF_TEXT = """\
of_text = network.text.embed(["a red dress"])  # float32 [1, {width}], in the same space
"""
PILLOW = "Pillow's pixels differ a little from those that the run saw, which decodes large JPEGs smaller."
CALLS = {
    "onnx": (
        "onnxruntime",
        'onnxruntime.InferenceSession("model.onnx")',
        'model.run(["embedding"], {"images": pixels})[0]',
    ),
    "torchscript": ("torch", 'torch.jit.load("model.pt")', 'model(torch.from_numpy(pixels))["embedding"]'),
}


def usage(subject: Subject, written: Written) -> str:
    """Code, and below it what must be known of it, as Markdown."""
    data, width = subject.trained.recipe.data, written.widths["embedding"]
    text = subject.trained.network.text
    words = None if text is None else text.vocabulary
    if written.name in CALLS:
        package, model, call = CALLS[written.name]
        square = SQUARES[data.resize].format(size=data.image_size)
        code = WITH_PILLOW.format(
            package=package, model=model, call=call, square=square, size=data.image_size, width=width
        )
    else:
        code = WITH_FSIM.format(
            num_categories=len(subject.trained.category_names),
            num_attributes=len(subject.attribute_names),
            size=data.image_size,
            resize=data.resize,
            mean=[float(value) for value in data.mean],
            std=[float(value) for value in data.std],
            width=width,
            imported="" if words is None else IMPORT_VOCABULARY,
            words="" if words is None else READ_WORDS,
            vocabulary="" if words is None else f", Vocabulary(words, {words.max_length})",
        )
        if text is not None:
            code += OF_TEXT.format(width=width)
    return f"```python\n{code}```\n\n{_to_know(subject, written)}"


def _to_know(subject: Subject, written: Written) -> str:
    recipe, distance = subject.trained.recipe, subject.trained.network.distance
    if distance == "euclidean":
        told = ["Compare embeddings by their Euclidean distance: the smaller, the more alike."]
    elif written.unit_length:
        told = ["Compare embeddings by their cosine: the larger, the more alike. They have length one: it is `a @ b`."]
    else:
        told = ["Compare embeddings by their cosine: the larger, the more alike. They do not have length one."]
    if written.name == "onnx":
        told.append(
            "`fsim.export.onnx_network.OnnxNetwork(folder)` does the same without importing torch, with the very "
            f"pixels that the run saw. {PILLOW}"
        )
    elif written.name == "torchscript":
        told.append(PILLOW)
    if subject.trained.network.text is not None and written.format.TAKES_PIXELS:
        told.append("This is the part of the network for pictures; the part that reads is in the safetensors export.")
    if recipe.data.box == "crop" and subject.catalog.catalog.frame["box"].notna().any():
        padding = f", with {recipe.data.box_padding} pixels of the square around it" if recipe.data.box_padding else ""
        told.append(f"Where the garment's box is known, cut the picture by it first{padding}: so the run saw it.")
    if recipe.evaluation.flip:
        told.append(
            "The model takes the mean of a picture and its mirror image itself."
            if written.format.TAKES_PIXELS
            else "The run took the mean of the embeddings of a picture and its mirror image: do so too."
        )
    told.append("`preprocessing.json` has all of this for programs.")
    return " ".join(told)
