"""fsim describe KIND NAME"""

from __future__ import annotations

import argparse
import inspect
from typing import Any

from fsim.plugin.kinds import KINDS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", help=", ".join(KINDS))
    parser.add_argument("name", help="as fsim list-plugins shows it")


def execute(args: argparse.Namespace) -> int:
    from fsim.plugin.parameters import injected_names, needs, parameter_model, part_kinds
    from fsim.plugin.registry import find, load
    from fsim.recipe.stated_preparation import statement

    offer = find(args.kind, args.name)
    component = load(args.kind, args.name)
    schema = parameter_model(args.kind, component).model_json_schema(by_alias=True)
    print(f"{offer.kind} {offer.name}")
    print(f"  from {offer.distribution} {offer.version}: {offer.target}".rstrip())
    if args.kind == "loss":
        print(f"  needs: {', '.join(sorted(needs(component)))}")
    if hasattr(component, "gives"):
        print(f"  gives: {', '.join(sorted(component.gives)) or 'nothing'}")
    if args.kind == "backbone" and (stated := statement(component)):
        values = {name: value for name, value in vars(stated).items() if value is not None}
        print(f"  stated preparation: {', '.join(f'{name} {_value(value)}' for name, value in values.items())}")
    injected = injected_names(args.kind, component)
    if injected:
        print(f"  set by the engine: {', '.join(sorted(injected))}")
    print("\nparameters:" if schema.get("properties") else "\nno parameters")
    parts = part_kinds(args.kind, component)
    for name, field in schema.get("properties", {}).items():
        default = "required" if name in schema.get("required", ()) else f"default {_value(field.get('default'))}"
        value = f"{{name: ..., parameter: value, ...}}, kind {parts[name]}" if name in parts else _type(field)
        print(f"  {name}: {value} ({default})")
    print("\n" + (inspect.getdoc(component) or "(no documentation)"))
    return 0


_RANGES = {
    "minimum": ">=",
    "exclusiveMinimum": ">",
    "maximum": "<=",
    "exclusiveMaximum": "<",
    "minItems": "items >=",
    "maxItems": "items <=",
}


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_type(option) for option in field["anyOf"]))
    if "enum" in field or "const" in field:
        return " | ".join(_value(option) for option in field.get("enum", [field.get("const")]))
    name = str(field.get("type", "any value"))
    if name == "array" and "items" in field:
        name = f"list of {_type(field['items'])}"
    ranges = [f"{sign} {field[key]}" for key, sign in _RANGES.items() if key in field]
    return f"{name} {', '.join(ranges)}".strip()


def _value(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
