"""The model card of an export, written from the run. Mitchell et al., "Model cards for model reporting", FAT* 2019."""

from __future__ import annotations

from typing import Any

from fsim import __version__
from fsim.export.card_data import cell, table, training_data
from fsim.export.card_results import limits, protocols, results
from fsim.export.subject import Subject, Written
from fsim.export.usage import usage

FACTORS = (
    "The results are of the pictures below as a whole, and of their categories under Limits. The run measured nothing "
    "by light, camera, background, or who wears a garment."
)
ETHICS = (
    "Pictures of garments may show people. The run did not measure whether answers depend on them, and nothing is "
    "known of that. The licence of the pictures may bind the use of the model too."
)


def model_card(subject: Subject, written: Written) -> str:
    """Markdown. It says what the run shows, and nothing that nobody measured."""
    recipe = subject.trained.recipe
    sections = {
        "Model details": _details(subject, written),
        "How to use it": usage(subject, written),
        "Intended use": _intended_use(subject),
        "Factors": FACTORS,
        "Training and evaluation data": training_data(subject),
        "Evaluation protocol": protocols(subject),
        "Results": results(subject),
        "Exactness of the export": _exactness(written),
        "Limits": limits(subject),
        "Ethical considerations": ETHICS,
        "Recipe and environment": _environment(subject),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items() if text)
    return f"# {cell(recipe.name)}\n\n{body}\n"


def _details(subject: Subject, written: Written) -> str:
    recipe = subject.trained.recipe
    text = None if written.format.TAKES_PIXELS else recipe.model.text_encoder
    outputs = ", ".join(f"`{name}` [batch, {width}]" for name, width in written.widths.items())
    size, width = subject.preparation.size, written.widths["embedding"]
    pixels, normalised = f"uint8 [batch, {size}, {size}, 3]", f"float32 [batch, 3, {size}, {size}]"
    taken = pixels if written.format.TAKES_PIXELS else normalised
    rows = [
        ["what it does", f"a picture of a garment becomes {width} numbers; similar garments are near"],
        ["network", f"{recipe.model.backbone.name}, head {recipe.model.head.name}"],
        *([] if text is None else [["words", f"text encoder {text.name}, for captions in the same space"]]),
        ["file", f"{written.format.FILE}, {written.name}, fp32, {written.num_bytes / 1e6:.1f} MB"],
        ["run", subject.trained.folder.name],
        ["checkpoint", f"{subject.trained.checkpoint_name}, epoch {subject.trained.epoch:g} of {recipe.train.epochs}"],
        ["written by", f"fsim {__version__}"],
    ]
    return f"{table(['', ''], rows)}\n\nTakes {taken}, any batch. Gives {outputs}."


def _intended_use(subject: Subject) -> str:
    relevant = subject.trained.recipe.evaluation.relevant
    found = "other pictures of the same garment" if relevant == "item" else "garments of the same category"
    return (
        f"To find {found} among pictures like those that it was measured on. Before it is used on others, measure it "
        f"on them: `fsim evaluate RUN data.dataset.root=DIR`."
    )


def _exactness(written: Written) -> str:
    told = (
        f"On {written.num_images} pictures of `{written.split}`, asked in batches of different sizes, against the "
        f"run's network in fp32: {written.fp32}. Tolerated: {written.tolerance:g}."
    )
    if written.evaluated is None:
        return f"{told} The run was evaluated in fp32 too."
    return f"{told} Against {written.precision}, in which the run was evaluated: {written.evaluated}."


def _environment(subject: Subject) -> str:
    recipe, environment = subject.trained.recipe, subject.trained.folder.read_environment() or {}
    train = recipe.train
    rows = [
        ["losses", ", ".join(f"{one.name} (weight {one.weight:g})" for one in recipe.losses)],
        ["sampler", recipe.sampler.name],
        ["optimizer", _settings(train.optimizer.model_dump())],
        ["augmentation", recipe.data.augmentation.name],
        ["epochs", str(train.epochs)],
        ["seed", str(recipe.seed)],
        ["trained on", str(environment.get("gpu") or environment.get("processor", "unknown"))],
        ["precision", str(environment.get("precision", "unknown"))],
        ["python", str(environment.get("python", "unknown"))],
        *([name, str(version)] for name, version in environment.get("packages", {}).items() if version),
    ]
    told = "`recipe.yaml` is the recipe of the run, with the paths of the machine that it ran on."
    return f"{told}\n\n{table(['', ''], rows)}"


def _settings(values: dict[str, Any]) -> str:
    """A component and its parameters, without those that are off."""
    told = [f"{name} {value}" for name, value in values.items() if name != "name" and value not in (None, False)]
    return ", ".join([str(values["name"]), *told])
