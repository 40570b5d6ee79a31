"""Take into a recipe what its backbone states of its pictures, where the recipe says nothing itself.

The one rule: key by key, what the recipe gives holds; else what the backbone states as its attribute `preparation`;
else fsim's default. It is applied once, when a run begins and its backbone is built; recipe.yaml of the run then gives
every key, and whoever reopens the run asks no backbone.
"""

from __future__ import annotations

import inspect
import json
from dataclasses import replace

from pydantic import ValidationError

from fsim.errors import FsimError
from fsim.interfaces import BackbonePreparation
from fsim.recipe.checked_recipe import PREPARATION_KEYS, CheckedRecipe
from fsim.recipe.document import flow_text
from fsim.recipe.schema import DataSettings


def statement(backbone: object) -> BackbonePreparation | None:
    """Return what a backbone states, or its class or function, which may have it before anything is built.

    Raises:
        FsimError: it states it in another form.
    """
    stated = getattr(backbone, "preparation", None)
    if stated is None or isinstance(stated, BackbonePreparation):
        return stated
    if isinstance(backbone, type) or inspect.isroutine(backbone):  # a property, which only the built backbone answers
        return None
    raise FsimError(
        f"the backbone's `preparation` is {stated!r}, and must be an fsim.interfaces.BackbonePreparation; ask its "
        f"author to correct it"
    )


def with_preparation(checked: CheckedRecipe, backbone: object) -> CheckedRecipe:
    """Give every key of how a picture is prepared a value; what the recipe itself gives stays.

    Raises:
        FsimError: the backbone states what no recipe may say.
    """
    data, stated = checked.recipe.data, statement(backbone)
    open_keys = [key for key in PREPARATION_KEYS if key not in data.model_fields_set]
    if not open_keys:
        return checked
    values = {key: getattr(stated, PREPARATION_KEYS[key], None) for key in open_keys}
    taken = {key: value for key, value in values.items() if value is not None}
    try:
        found = DataSettings.model_validate_json(json.dumps({"dataset": {"name": "any"}, **taken}, default=float))
    except (ValidationError, TypeError) as error:
        details = error.errors() if isinstance(error, ValidationError) else []
        wrong = "; ".join(f"data.{one['loc'][0]}={one['input']} ({one['msg']})" for one in details) or str(taken)
        raise FsimError(
            f"backbone '{checked['model.backbone'].name}' states what no recipe may have: {wrong}; give these keys in "
            f"the recipe, or ask its author to correct it"
        ) from error
    update = {key: getattr(found, key) for key in open_keys}
    recipe = checked.recipe.model_copy(update={"data": data.model_copy(update=update)})
    return replace(checked, recipe=recipe, from_backbone=frozenset(taken))


def stated_keys(checked: CheckedRecipe) -> str:
    """Name what a recipe has from its backbone: `image_size 224, interpolation bicubic`; empty for nothing."""
    data = checked.recipe.data
    keys = [key for key in PREPARATION_KEYS if key in checked.from_backbone]
    return ", ".join(f"{key} {flow_text(getattr(data, key))}" for key in keys)
