from __future__ import annotations

import types
import typing
from typing import Any

import pytest

from fsim.plugin.kinds import KINDS, Kind, Slot, imported, slots
from fsim.recipe.schema import Recipe


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_a_kind_names_is_there(kind: Kind) -> None:
    assert kind.interface_class.__doc__
    assert imported(kind.contract)
    assert kind.settings_class.model_fields.keys() >= {"name"}


@pytest.mark.parametrize(("slot", "kind"), slots(), ids=lambda one: ".".join(getattr(one, "path", ())))
def test_a_slot_is_a_key_of_the_recipe(slot: Slot, kind: Kind) -> None:
    model: Any = Recipe
    for name in slot.path[:-1]:
        model = model.model_fields[name].annotation
    annotation = model.model_fields[slot.path[-1]].annotation
    expected = list[kind.settings_class] if slot.is_list else kind.settings_class  # type: ignore[name-defined]
    assert annotation == (expected | None if slot.may_be_null else expected)


def test_every_component_of_the_recipe_has_a_slot() -> None:
    def places(model: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        found = []
        for name, field in model.model_fields.items():
            types_ = [field.annotation, *typing.get_args(field.annotation)]
            for one in (one for one in types_ if isinstance(one, type) and not isinstance(one, types.GenericAlias)):
                if issubclass(one, imported("fsim.plugin.settings:ComponentSettings")):
                    found.append((*path, name))
                elif hasattr(one, "model_fields") and typing.get_origin(field.annotation) is not list:
                    found += places(one, (*path, name))
        return found

    assert sorted(places(Recipe)) == sorted(slot.path for slot, _ in slots())
