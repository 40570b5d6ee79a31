"""fsim schema: a JSON Schema of recipes with all installed components."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "A JSON Schema of recipes, for editors. Save it as recipe.schema.json and put "
        "'# yaml-language-server: $schema=recipe.schema.json' at the head of a recipe."
    )


def execute(args: argparse.Namespace) -> int:
    print(json.dumps(recipe_schema(), indent=2))
    return 0


def recipe_schema() -> dict[str, Any]:
    """Return the schema of `Recipe`, with the components that are installed in each slot."""
    from fsim.plugin.kinds import slots
    from fsim.recipe.schema import Recipe

    schema = Recipe.model_json_schema(by_alias=True)
    definitions = schema.setdefault("$defs", {})
    schema["properties"]["extends"] = {"type": "string", "description": "the path of a base recipe"}
    schema["required"] = []  # a recipe that extends another may leave out anything
    for definition in definitions.values():
        definition.pop("required", None)
    for slot, kind in slots():
        section = schema
        for name in slot.path[:-1]:
            field = section["properties"][name]
            reference = field.get("$ref") or field["allOf"][0]["$ref"]
            section = definitions[reference.rpartition("/")[2]]
        component = _reference(kind.name, definitions)
        component = {"type": "array", "items": component} if slot.is_list else component
        if slot.may_be_null:
            component = {"anyOf": [component, {"type": "null"}], "default": None}
        section["properties"][slot.path[-1]] = component
    return schema


def _options(kind: str, definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Describe each component of a kind."""
    from fsim.errors import FsimError
    from fsim.plugin.kinds import kind_of
    from fsim.plugin.parameters import parameter_model, part_kinds
    from fsim.plugin.registry import find, load, offers

    beside = kind_of(kind).settings_class.model_json_schema()
    definitions.update(beside.pop("$defs", {}))
    for offer in offers(kind):
        try:
            find(kind, offer.name)
            component = load(kind, offer.name)
            parameters = parameter_model(kind, component).model_json_schema(by_alias=True)
        except FsimError:  # broken plugins are list-plugins' matter
            continue
        definitions.update(parameters.pop("$defs", {}))
        properties = {**beside["properties"], "name": {"const": offer.name}, **parameters.get("properties", {})}
        for parameter, part_kind in part_kinds(kind, component).items():
            part = _reference(part_kind, definitions)
            may_be_null = parameter not in parameters.get("required", ())
            properties[parameter] = {"anyOf": [part, {"type": "null"}], "default": None} if may_be_null else part
        yield {
            "type": "object",
            "properties": properties,
            "required": ["name", *parameters.get("required", [])],
            "additionalProperties": False,
        }


def _reference(kind: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Refer to the components of a kind, which are added to the definitions where they are not there yet."""
    name = f"component_{kind}"
    if name not in definitions:
        definitions[name] = {}  # a component may be made of another of its own kind
        definitions[name] = {"oneOf": list(_options(kind, definitions))}
    return {"$ref": f"#/$defs/{name}"}
