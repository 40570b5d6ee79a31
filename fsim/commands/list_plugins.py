"""fsim list-plugins [--kind K] [--json] [--check]"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from fsim.errors import FsimError
from fsim.plugin.kinds import KINDS
from fsim.plugin.registry import Offer, find, load, offers, unreadable_distributions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", metavar="K", help=f"list only this kind: {', '.join(KINDS)}")
    parser.add_argument("--json", action="store_true", help="print the list as JSON, for programs")
    parser.add_argument("--check", action="store_true", help="import each one and show which are broken, and why")


def execute(args: argparse.Namespace) -> int:
    rows = [asdict(offer) | ({"problem": _problem(offer)} if args.check else {}) for offer in offers(args.kind)]
    for broken in unreadable_distributions():
        row = {
            "kind": "",
            "name": "",
            "target": "",
            "distribution": broken.distribution,
            "version": broken.version,
        }
        rows.append(row | {"problem": f"its entry points cannot be read: {broken.cause}"})
    problems = sum(bool(row.get("problem")) for row in rows)
    if args.json:
        print(json.dumps(rows, indent=2))
    else:
        _print_table(rows)
        if args.check:
            print(f"{len(rows)} components, {problems} broken")
    return 2 if problems and args.check else 0


def _problem(offer: Offer) -> str | None:
    from fsim.plugin.parameters import parameter_model

    try:
        find(offer.kind, offer.name)  # nobody else offers it
        parameter_model(offer.kind, load(offer.kind, offer.name))
    except FsimError as error:
        return str(error)
    return None


def _print_table(rows: list[dict[str, str | None]]) -> None:
    columns = ("kind", "name", "distribution", "version", "target")
    widths = {column: max([len(column), *(len(row[column] or "") for row in rows)]) for column in columns}
    print("  ".join(column.ljust(widths[column]) for column in columns).rstrip())
    for row in rows:
        print("  ".join((row[column] or "").ljust(widths[column]) for column in columns).rstrip())
        if row.get("problem"):
            print(f"    broken: {row['problem']}")
