"""fsim data download NAME"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from fsim.errors import FsimError

PARAMETER = "parameter_"  # before the names of a download's own options


class InterruptedDownloadError(FsimError):
    """Ctrl-C; what was fetched is kept."""

    exit_code = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    import inspect

    from fsim.plugin.interface_check import class_member
    from fsim.plugin.parameters import parameter_model
    from fsim.plugin.registry import load, offers

    names = parser.add_subparsers(dest="name", metavar="DATASET", required=True)
    for name in dict.fromkeys(offer.name for offer in offers("download")):
        try:
            component: Any = load("download", name)
            model = parameter_model("download", component)
        except FsimError as error:  # the others can be used; this one says why not when it is asked for
            names.add_parser(name, help="not usable").set_defaults(broken=str(error))
            continue
        about = " ".join((inspect.getdoc(component) or "").partition("\n\n")[0].split())
        one = names.add_parser(name, help=about.partition(". ")[0], description=about)
        for field in model.model_fields.values():
            one.add_argument(
                f"--{str(field.alias).replace('_', '-')}",
                dest=f"{PARAMETER}{field.alias}",
                required=field.is_required(),
                choices=get_args(field.annotation) if get_origin(field.annotation) is Literal else None,
                default=argparse.SUPPRESS,
                help=field.description,
            )
        if class_member("download", component, "terms"):
            one.add_argument("--accept-terms", action="store_true", help="accept the terms that are shown")
        one.add_argument("--to", type=Path, default=Path("data"), help="the folder that it is put into (default: data)")


def execute(args: argparse.Namespace) -> int:
    try:
        return _download(args)
    except KeyboardInterrupt as error:
        raise InterruptedDownloadError(
            "interrupted; what was fetched is kept, run the same command again to go on"
        ) from error


def _download(args: argparse.Namespace) -> int:
    from pydantic import ValidationError

    from fsim.interfaces import Download
    from fsim.plugin.build import CheckedComponent
    from fsim.plugin.parameters import parameter_model
    from fsim.plugin.registry import load
    from fsim.runtime.display import Display

    if hasattr(args, "broken"):
        raise FsimError(args.broken)
    component: Any = load("download", args.name)
    model = parameter_model("download", component)
    given = {name.removeprefix(PARAMETER): text for name, text in vars(args).items() if name.startswith(PARAMETER)}
    annotations = {field.alias: field.annotation for field in model.model_fields.values()}
    try:
        settings = model.model_validate({name: _value(annotations[name], text) for name, text in given.items()})
    except ValidationError as error:
        first = error.errors()[0]
        raise FsimError(f"--{str(first['loc'][0]).replace('_', '-')}: {first['msg']}") from error
    download: Download = CheckedComponent("download", args.name, component, settings).build()
    with Display() as display:
        if download.terms:
            ask_consent(download.terms, args.accept_terms, display.say)
        folder = download.fetch(args.to.expanduser(), display)
        for line in download.next_steps(folder):
            display.say(line)
    return 0


def _value(annotation: Any, text: str) -> Any:
    """The text of an option, read as YAML unless its parameter takes text."""
    from fsim.recipe.document import scalar

    takes_text = annotation is str or str in get_args(annotation) or get_origin(annotation) is Literal
    return text if takes_text else scalar(text)


def ask_consent(terms: str, accepted: bool, say: Callable[[str], None]) -> None:
    """Show terms, and return only if they are accepted, by `accepted` or by typing yes in the terminal.

    Raises:
        FsimError: they are not accepted, or nobody is there to ask.
    """
    say(terms)
    if accepted:
        say("You accepted these terms by --accept-terms.")
        return
    if not sys.stdin.isatty():
        raise FsimError("there is no terminal to accept these terms in; if you accept them, add --accept-terms")
    try:
        answer = input("Type yes to accept: ")
    except EOFError:
        answer = ""
    if answer.strip().lower() != "yes":
        raise FsimError(
            "the terms were not accepted, so nothing was downloaded; run the command again and type yes to accept them"
        )
