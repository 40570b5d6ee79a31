"""fsim schema: a JSON Schema of recipes with all installed components."""

from __future__ import annotations

import argparse
import json
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
    """The schema of `Recipe`, each component slot narrowed to the components that are installed."""
    from fsim.errors import FsimError
    from fsim.plugin.parameters import parameter_model
    from fsim.plugin.registry import find, load, offers
    from fsim.recipe.schema import SETTINGS, SLOTS, ComponentSettings, Recipe

    schema = Recipe.model_json_schema(by_alias=True)
    definitions = schema.setdefault("$defs", {})
    schema["properties"]["extends"] = {"type": "string", "description": "the path of a base recipe"}
    schema["required"] = []  # a recipe that extends another may leave out anything
    for definition in definitions.values():
        definition.pop("required", None)
    for kind in sorted({kind for _, kind, _ in SLOTS}):
        options = []
        for offer in offers(kind):
            try:
                find(kind, offer.name)
                parameters = parameter_model(kind, load(kind, offer.name)).model_json_schema(by_alias=True)
            except FsimError:  # broken plugins are list-plugins' matter
                continue
            definitions.update(parameters.pop("$defs", {}))
            beside = SETTINGS.get(kind, ComponentSettings).model_json_schema()["properties"]
            properties = {**beside, "name": {"const": offer.name}, **parameters.get("properties", {})}
            required = ["name", *parameters.get("required", [])]
            options.append(
                {
                    "type": "object",
                    "properties": properties,
                    "required": required,
                    "additionalProperties": False,
                }
            )
        definitions[f"component_{kind}"] = {"oneOf": options}
    for path, kind, many in SLOTS:
        section = schema
        for name in path[:-1]:
            field = section["properties"][name]
            reference = field.get("$ref") or field["allOf"][0]["$ref"]
            section = definitions[reference.rpartition("/")[2]]
        reference = {"$ref": f"#/$defs/component_{kind}"}
        slot = {"type": "array", "items": reference} if many else reference
        if section["properties"][path[-1]].get("default", ...) is None:
            slot = {"anyOf": [slot, {"type": "null"}], "default": None}
        section["properties"][path[-1]] = slot
    return schema
