"""A recipe without mistakes, with its components."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from fsim.plugin.build import CheckedComponent
from fsim.recipe.mistake import Key
from fsim.recipe.schema import Recipe

# The keys of `data` that a backbone may state -> the fields of `fsim.interfaces.BackbonePreparation`.
PREPARATION_KEYS = {
    "image_size": "size",
    "resize": "resize",
    "crop_share": "crop_share",
    "interpolation": "interpolation",
    "mean": "mean",
    "std": "std",
}


@dataclass(frozen=True)
class CheckedRecipe:
    """A recipe without mistakes, and its components by their place in it: ("losses", 0) -> contrastive.

    from_backbone  the keys of `data` that the backbone stated, and the recipe did not
    """

    recipe: Recipe
    components: dict[Key, CheckedComponent]
    from_backbone: frozenset[str] = frozenset()

    def __getitem__(self, path: str) -> CheckedComponent:
        return self.components[tuple(path.split("."))]

    def each(self, path: str) -> list[CheckedComponent]:
        """Return the components of a list, such as `losses`, in order."""
        at = tuple(path.split("."))
        return [part for key, part in self.components.items() if key[:-1] == at]

    def missing_data(self) -> dict[str, Path]:
        """Find the paths that the dataset is given and that are not there: data.dataset.root -> the path. That is no
        mistake: the data may be fetched later."""
        values = self["data.dataset"].parameters.items()
        paths = {name: value.expanduser().absolute() for name, value in values if isinstance(value, Path)}
        return {f"data.dataset.{parameter}": path for parameter, path in paths.items() if not path.exists()}

    def resolved(self) -> dict[str, Any]:
        """Write the recipe as plain data, with every default, and with paths that hold in every folder. A run searches
        nothing, so `search` is left out; so are keys that the backbone may state, until it is asked."""
        value: dict[str, Any] = _with_absolute_paths(self.recipe).model_dump(mode="json", exclude={"search"})
        for unknown in PREPARATION_KEYS.keys() - self.recipe.data.model_fields_set:
            del value["data"][unknown]
        for key, part in self.components.items():
            at: Any = value
            for name in key:
                at = at[name]
            at.update(part.written_out(absolute_paths=True))
        return value


def _with_absolute_paths(value: Any) -> Any:
    """Return settings, or what stands in them, with every path absolute."""
    if isinstance(value, Path):
        return value.expanduser().absolute()
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: _with_absolute_paths(inner) for name, inner in value})
    if isinstance(value, list):
        return [_with_absolute_paths(inner) for inner in value]
    return {name: _with_absolute_paths(inner) for name, inner in value.items()} if isinstance(value, dict) else value
