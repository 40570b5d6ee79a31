"""The model card of an export, written from the run. Mitchell et al., "Model cards for model reporting", FAT* 2019."""

from __future__ import annotations

from typing import Any

from fsim import __version__
from fsim.export.card_sections import cell, limits, protocols, results, table, training_data
from fsim.export.card_usage import usage
from fsim.export.exported_run import ExportedRun, WrittenModel
from fsim.store.environment import Environment

FACTORS = (
    "The results are of the pictures below as a whole, and of their categories under Limits. The run measured nothing "
    "by light, camera, background, or who wears a garment."
)
ETHICS = (
    "Pictures of garments may show people. The run did not measure whether answers depend on them, and nothing is "
    "known of that. The licence of the pictures may bind the use of the model too."
)


def model_card(exported: ExportedRun, written: WrittenModel) -> str:
    """Write the card as Markdown. It says what the run shows, and nothing that nobody measured."""
    recipe = exported.trained.recipe
    sections = {
        "Model details": _details(exported, written),
        "How to use it": usage(exported, written),
        "Intended use": _intended_use(exported),
        "Factors": FACTORS,
        "Training and evaluation data": training_data(exported),
        "Evaluation protocol": protocols(exported),
        "Results": results(exported),
        "Exactness of the export": _exactness(written),
        "Limits": limits(exported),
        "Ethical considerations": ETHICS,
        "Recipe and environment": _environment(exported),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items() if text)
    return f"# {cell(recipe.name)}\n\n{body}\n"


def _details(exported: ExportedRun, written: WrittenModel) -> str:
    trained, recipe = exported.trained, exported.trained.recipe
    text = None if written.format.TAKES_PIXELS else recipe.model.text_encoder
    outputs = ", ".join(f"`{name}` [batch, {width}]" for name, width in written.widths.items())
    size, width = exported.preparation.size, written.widths["embedding"]
    pixels, normalised = f"uint8 [batch, {size}, {size}, 3]", f"float32 [batch, 3, {size}, {size}]"
    taken = pixels if written.format.TAKES_PIXELS else normalised
    rows = [
        ["what it does", f"a picture of a garment becomes {width} numbers; similar garments are near"],
        ["network", f"{recipe.model.backbone.name}, head {recipe.model.head.name}"],
        *([] if text is None else [["words", f"text encoder {text.name}, for captions in the same space"]]),
        ["file", f"{written.format.FILE}, {written.name}, fp32, {written.num_bytes / 1e6:.1f} MB"],
        ["run", trained.folder.name],
        [
            "checkpoint",
            f"{trained.checkpoint_name}, epoch {trained.epoch:g} of {recipe.train.epochs}",
        ],
        ["written by", f"fsim {__version__}"],
    ]
    return f"{table(['', ''], rows)}\n\nTakes {taken}, any batch. Gives {outputs}."


def _intended_use(exported: ExportedRun) -> str:
    relevant = exported.trained.recipe.evaluation.relevant
    purpose = "other pictures of the same garment" if relevant == "item" else "garments of the same category"
    return (
        f"To find {purpose} among pictures like those that it was measured on. Before it is used on others, measure it "
        f"on them: `fsim evaluate RUN data.dataset.root=DIR`."
    )


def _exactness(written: WrittenModel) -> str:
    text = (
        f"On {written.num_images} pictures of `{written.split}`, asked in batches of different sizes, against the "
        f"run's network in fp32: {written.parity}. Tolerated: {written.tolerance:g}."
    )
    precision, parity = written.evaluation_precision, written.parity_with_evaluation
    if parity is None:
        return f"{text} The run was evaluated in fp32 too."
    return f"{text} Against {precision}, in which the run was evaluated: {parity}."


def _environment(exported: ExportedRun) -> str:
    recipe, environment = exported.trained.recipe, exported.trained.folder.read_environment() or Environment({})
    train = recipe.train
    rows = [
        ["losses", ", ".join(f"{loss.name} (weight {loss.weight:g})" for loss in recipe.losses)],
        ["sampler", recipe.sampler.name],
        ["optimizer", _settings(train.optimizer.model_dump())],
        ["augmentation", recipe.data.augmentation.name],
        ["epochs", str(train.epochs)],
        ["seed", str(recipe.seed)],
        ["trained on", environment.hardware or "unknown"],
        ["precision", environment.precision or "unknown"],
        ["python", environment.python or "unknown"],
        *([name, version] for name, version in environment.packages.items() if version),
    ]
    note = "`recipe.yaml` is the recipe of the run, with the paths of the machine that it ran on."
    return f"{note}\n\n{table(['', ''], rows)}"


def _settings(values: dict[str, Any]) -> str:
    """Write a component and its parameters, without those that are off."""
    parameters = [f"{name} {value}" for name, value in values.items() if name != "name" and value not in (None, False)]
    return ", ".join([str(values["name"]), *parameters])
