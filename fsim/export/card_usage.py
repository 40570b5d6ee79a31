"""A few lines of Python that use an export, for its model card. They run in the export's folder."""

from __future__ import annotations

import math

from fsim.export.exported_run import ExportedRun, WrittenModel
from fsim.images.preparation import Preparation

SQUARES = {
    "squash": "square = image.resize(({size}, {size}), {method})",
    "pad": 'square = ImageOps.pad(image, ({size}, {size}), {method}, color="white")',
    "crop": "square = ImageOps.fit(image, ({size}, {size}), {method})",
}
SIDES = {  # of the resized picture, of which the square is the middle
    "squash": "({side}, {side})",
    "pad": "[max(1, round(length * {side} / max(image.size))) for length in image.size]",
    "crop": "[int(length * {side} / min(image.size)) for length in image.size]",
}
MIDDLE = """\
resized = image.resize({sides}, {method})
square = Image.new("RGB", ({size}, {size}), "white")
square.paste(resized, tuple(-round((length - {size}) / 2) for length in resized.size))"""
WITH_PILLOW = """\
import numpy as np
import {package}
from PIL import Image, ImageOps

model = {model}
image = ImageOps.exif_transpose(Image.open("query.jpg")).convert("RGB")
{square}
pixels = np.array(square)[None]  # uint8 [1, {size}, {size}, 3]
embedding = {call}  # float32 [1, {width}]
"""
WITH_FSIM = """\
from pathlib import Path

import torch
from safetensors.torch import load_file

{imported}from fsim.images.normalise import Normalise
from fsim.images.preparation import Preparation
from fsim.model.network import build_network
from fsim.recipe.validate import check_recipe

checked = check_recipe(Path("recipe.yaml"))
{words}network = build_network(checked, {num_categories}, {num_attributes}{vocabulary}).eval()
network.load_state_dict(load_file("model.safetensors"))
preparation = Preparation.from_recipe(checked.recipe)
square = preparation.apply(Path("query.jpg").read_bytes())  # uint8 [{size}, {size}, 3]
pixels = torch.from_numpy(square).permute(2, 0, 1)[None]
images = Normalise.from_preparation(preparation)(pixels)  # float32 [1, 3, {size}, {size}]
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


def usage(exported: ExportedRun, written: WrittenModel) -> str:
    """Write code, and below it what a person must know who runs it, as Markdown."""
    size, width = exported.preparation.size, written.widths["embedding"]
    text = exported.trained.network.text
    words = None if text is None else text.vocabulary
    if written.name in CALLS:
        package, model, call = CALLS[written.name]
        square = _square(exported.preparation)
        code = WITH_PILLOW.format(package=package, model=model, call=call, square=square, size=size, width=width)
    else:
        code = WITH_FSIM.format(
            num_categories=len(exported.trained.category_names),
            num_attributes=len(exported.attribute_names),
            size=size,
            width=width,
            imported="" if words is None else IMPORT_VOCABULARY,
            words="" if words is None else READ_WORDS,
            vocabulary="" if words is None else f", Vocabulary(words, {words.max_length})",
        )
        if text is not None:
            code += OF_TEXT.format(width=width)
    return f"```python\n{code}```\n\n{_notes(exported, written)}"


def _square(preparation: Preparation) -> str:
    """Write code by Pillow that makes `square` of `image`."""
    method, size = f"Image.Resampling.{preparation.interpolation.upper()}", preparation.size
    if preparation.crop_share is None:
        return SQUARES[preparation.resize].format(size=size, method=method)
    sides = SIDES[preparation.resize].format(side=math.floor(size / preparation.crop_share))
    return MIDDLE.format(sides=sides, size=size, method=method)


def _notes(exported: ExportedRun, written: WrittenModel) -> str:
    preparation, distance = exported.preparation, exported.trained.network.distance
    if distance == "euclidean":
        notes = ["Compare embeddings by their Euclidean distance: the smaller, the more alike."]
    elif written.unit_length:
        notes = ["Compare embeddings by their cosine: the larger, the more alike. They have length one: it is `a @ b`."]
    else:
        notes = ["Compare embeddings by their cosine: the larger, the more alike. They do not have length one."]
    if written.name == "onnx":
        notes.append(
            "`fsim.export.onnx_network.OnnxNetwork(folder)` does the same without importing torch, with the very "
            f"pixels that the run saw. {PILLOW}"
        )
    elif written.name == "torchscript":
        notes.append(PILLOW)
    if exported.trained.network.text is not None and written.format.TAKES_PIXELS:
        notes.append("This is the part of the network for pictures; the part that reads is in the safetensors export.")
    if preparation.box == "crop" and exported.catalog.catalog.frame["box"].notna().any():
        padding = f", with {preparation.padding} pixels of the square around it" if preparation.padding else ""
        notes.append(f"Where the garment's box is known, cut the picture by it first{padding}: so the run saw it.")
    if preparation.flip:
        notes.append(
            "The model takes the mean of a picture and its mirror image itself."
            if written.format.TAKES_PIXELS
            else "The run took the mean of the embeddings of a picture and its mirror image: do so too."
        )
    notes.append("`preprocessing.json` has all of this for programs.")
    return " ".join(notes)
